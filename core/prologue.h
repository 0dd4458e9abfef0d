/* SPDX-License-Identifier: MIT */
#ifndef CORE_PROLOGUE_H
#define CORE_PROLOGUE_H

/*
 * Our own instructions around a program of libseccomp: in front what is judged by ABI and number
 * alone, behind it what libseccomp cannot say.
 */

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

#define PROLOGUE_MAX 9 /* instructions */

/* From this number up to the next segment's, calls get this answer. */
struct segment {
	uint32_t from;
	uint32_t answer; /* SECCOMP_RET_* with its data */
};

/* What the kernel is told for an action. */
uint32_t action_answer(struct stile_action action);

/*
 * Writes the instructions that answer other ABIs and numbers above the table's last one; all
 * others go on behind them. Returns how many.
 */
size_t prologue_write(const struct policy *policy, struct sock_filter to[PROLOGUE_MAX]);

/* The length of what epilogue_write() writes for so many segments, at most. */
size_t epilogue_max(size_t segment_count);

/*
 * Writes a search for the segment in which a call's number lies; the segments, at least one,
 * ascend from 0. Nothing follows. Returns the number of instructions.
 */
size_t epilogue_write(const struct segment *segments, size_t count, struct sock_filter *to);

#endif
