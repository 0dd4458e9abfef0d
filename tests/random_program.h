/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RANDOM_PROGRAM_H
#define TESTS_RANDOM_PROGRAM_H

/* Classic BPF at random, mostly such as the kernel takes. */

#include <linux/filter.h>
#include <stddef.h>

#include "random.h"

#define RANDOM_PROGRAM_MAX 24 /* instructions */

/* An operand that means something somewhere: small, at an edge, or any. */
uint32_t random_operand(struct random *r);

/*
 * Writes a program and returns its length. It ends in an errno that shows 11 bits of A, so that
 * answers can be compared, and does not read the instruction pointer.
 */
size_t random_program(struct random *r, struct sock_filter program[RANDOM_PROGRAM_MAX]);

#endif
