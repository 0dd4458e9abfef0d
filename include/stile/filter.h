/* SPDX-License-Identifier: MIT */
#ifndef STILE_FILTER_H
#define STILE_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

struct stile;

/*
 * Compiles the context for the native ABI into a program for seccomp(2) with
 * SECCOMP_SET_MODE_FILTER. *instructions is allocated and freed by the caller.
 */
int stile_compile(struct stile *s, struct sock_filter **instructions, size_t *count);

/*
 * What the kernel would answer to a call by this filter: a SECCOMP_RET_* value with its
 * data in *answer. -EINVAL for a program that the kernel would not load.
 */
int stile_simulate(const struct sock_filter *instructions, size_t count,
		   const struct seccomp_data *data, uint32_t *answer);

#endif
