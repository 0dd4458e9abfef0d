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
 * Compiles a policy. 0 and a filter that the caller frees with free(filter->instructions); or
 * a negative error with its sentence, and no filter.
 */
int backend_libseccomp(const struct policy *policy, struct filter *filter, struct message *message);

#endif
