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

#ifdef __cplusplus
extern "C" {
#endif

struct stile;

#define STILE_COMPILED_VERSION 1

struct stile_compiled {
	uint32_t version; /* STILE_COMPILED_VERSION */
	uint32_t abis;	  /* bit 1 << enum stile_abi: by which calls may be made */
	const struct sock_filter *instructions;
	size_t count;
	uint64_t policy_hash; /* what it was compiled from and proved against: for the reader, not
			       * looked at when it is loaded */
	uint64_t filter_hash; /* of the instructions: stile_filter_hash() */
};

/*
 * Enforces a compiled filter on all threads of the process, as stile_apply_to_all_threads() does;
 * no_new_privs is set first. 0; -EINVAL: the filter is not for calls by the ABI of this library, or
 * not as it was compiled; -ESRCH: a thread has a filter of its own; -EALREADY: a filter that is on
 * already answers in the kernel's place; else what prctl(2) or seccomp(2) answered, negative.
 * Whoever gets an error must not go on.
 */
int stile_load_compiled(const struct stile_compiled *compiled);

/*
 * What a context says, as a number: equal for the same grants in any order, on every machine; it
 * differs when anything else is granted, or another version of this library means something else by
 * a grant. It ties a filter to its policy and does not authenticate it: whoever wants two policies
 * with one number can make them.
 */
int stile_policy_hash(struct stile *s, uint64_t *hash);

/* The same of a filter: stile_load_compiled() refuses instructions with another number. */
uint64_t stile_filter_hash(const struct sock_filter *instructions, size_t count);

#ifdef __cplusplus
}
#endif

#endif
