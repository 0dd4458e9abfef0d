/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SMALL_WORLD_H
#define TESTS_SMALL_WORLD_H

/*
 * Policies of so few values that all that can make a difference are tried, and right filters for
 * them in which ways meet that know different things of a call.
 */

#include <linux/seccomp.h>

#include "backend.h"
#include "random.h"

#define SMALL_WORLD_LENGTH 480
#define SMALL_WORLD_NUMBERS 2 /* calls 1 and 2 have rules */
#define SMALL_WORLD_RULES 6
#define SMALL_WORLD_CONDITIONS 3

struct small_world {
	uint64_t seed;
	struct random r;
	struct policy policy;
	struct decision decisions[SMALL_WORLD_NUMBERS];
	struct rule rules[SMALL_WORLD_NUMBERS * SMALL_WORLD_RULES];
	struct stile_table_condition
		conditions[SMALL_WORLD_NUMBERS * SMALL_WORLD_RULES * SMALL_WORLD_CONDITIONS];
	unsigned int arguments; /* that conditions are on, from the first */
	bool is_wide;		/* conditions see the upper word of argument 0 */
	uint32_t narrow;	/* bit 1 << argument of which they see only 16 bits */
	struct sock_filter program[SMALL_WORLD_LENGTH];
	struct filter filter;
};

/* A policy and a filter for it that seed stands for; false: none. */
bool small_world_draw(struct small_world *w, uint64_t seed);

/* Leads a jump of the filter to another place, or spoils a comparison. */
void small_world_mutate(struct small_world *w);

/* Whether filter and policy differ on some call of this number; then *data is one. */
bool small_world_search(const struct small_world *w, int number, struct seccomp_data *data);

#endif
