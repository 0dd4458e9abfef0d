/* SPDX-License-Identifier: MIT */
#ifndef STILE_COMPILED_H
#define STILE_COMPILED_H

/*
 * Filters that were compiled and proved ahead of time ("stile compile --format c" writes a header
 * with one). Loading needs no allocation, no context, and nothing else of this library.
 */

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define STILE_COMPILED_VERSION 1

struct stile_compiled {
	uint32_t version;    /* STILE_COMPILED_VERSION */
	uint32_t audit_arch; /* AUDIT_ARCH_* of the machine that it is for (linux/audit.h) */
	const struct sock_filter *instructions;
	size_t count;
	uint64_t policy_hash; /* what it was compiled from and proved against */
	uint64_t filter_hash; /* of the instructions */
};

/*
 * Enforces a compiled filter on all threads of the process, as stile_apply_to_all_threads() does;
 * no_new_privs is set first. 0; -EINVAL: the filter is for another machine, or not as it was
 * compiled; -ESRCH: a thread has a filter of its own; else what seccomp(2) or prctl(2) answered,
 * negative. Whoever gets an error must not go on.
 */
int stile_load_compiled(const struct stile_compiled *compiled);

#endif
