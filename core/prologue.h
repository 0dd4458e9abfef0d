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

#define DISPATCH_MAX (4 * STILE_ABI_COUNT + 7) /* instructions */
#define BOUNDS_LENGTH 3

/* From this number up to the next segment's, calls get this answer. */
struct segment {
	uint32_t from;
	uint32_t answer; /* SECCOMP_RET_* with its data */
};

/* What the kernel is told for an action. */
uint32_t action_answer(struct stile_action action);

/*
 * Writes what finds the ABI of a call: starts[i] is how far behind the dispatch the instructions
 * for the policy's ABI i begin. Answers other ABIs, and x86's number -1, whose decision may have no
 * rules. Returns how many.
 */
size_t dispatch_write(const struct policy *policy, const size_t starts[STILE_ABI_COUNT],
		      struct sock_filter to[DISPATCH_MAX]);

/* Writes what answers numbers above the ABI's last one; all others go on behind it. */
void bounds_write(const struct policy *policy, const struct policy_abi *abi,
		  struct sock_filter to[BOUNDS_LENGTH]);

/* The length of what epilogue_write() writes for so many segments, at most. */
size_t epilogue_max(size_t segment_count);

/*
 * Writes a search for the segment in which a call's number lies; the segments, at least one,
 * ascend from 0. Nothing follows. Returns the number of instructions.
 */
size_t epilogue_write(const struct segment *segments, size_t count, struct sock_filter *to);

#endif
