/* SPDX-License-Identifier: MIT */
#ifndef CORE_INTERPRETER_H
#define CORE_INTERPRETER_H

/* seccomp's classic BPF as the kernel checks and runs it: stile_simulate() (stile/filter.h). */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * 0 if the kernel would load the program, else -EINVAL with the index of the instruction that it
 * would refuse and the reason (static memory); where and why may be NULL.
 */
int filter_check(const struct sock_filter *instructions, size_t count, size_t *where,
		 const char **why);

/* What a program that filter_check() accepts answers: a SECCOMP_RET_* value with its data. */
uint32_t filter_run(const struct sock_filter *instructions, const struct seccomp_data *data);

/*
 * What the kernel makes of a filter's answer: unknown actions kill the process, an errno over 4095
 * is 4095, and data that nobody sees is gone (seccomp(2); kernel/seccomp.c: __seccomp_filter).
 */
uint32_t effective_answer(uint32_t answer);

#endif
