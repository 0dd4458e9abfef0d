/* SPDX-License-Identifier: MIT */
#ifndef CORE_BACKEND_H
#define CORE_BACKEND_H

/* Policy to classic BPF: one function for each back end. */

#include <linux/filter.h>
#include <stddef.h>

#include "message.h"
#include "policy.h"

struct filter {
	struct sock_filter *instructions; /* allocated */
	size_t count;
};

#define FILTER_INSTRUCTIONS_MAX 4096 /* BPF_MAXINSNS, linux/bpf_common.h */

/*
 * Each compiles a policy. 0 and a filter that the caller frees with free(filter->instructions); or
 * a negative error with its sentence, and no filter. weights: how often each syscall of the
 * table is made, NULL: not known.
 */
int backend_own(const struct policy *policy, const uint64_t *weights, struct filter *filter,
		struct message *message);
int backend_libseccomp(const struct policy *policy, struct filter *filter, struct message *message);

#endif
