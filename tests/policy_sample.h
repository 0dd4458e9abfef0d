/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POLICY_SAMPLE_H
#define TESTS_POLICY_SAMPLE_H

/* Policies made at random over the real table, and what a filter must answer for them. */

#include "backend.h"
#include "random.h"
#include "value_set.h"

#define MOST_CALLS 1024
#define MOST_RULES 1024
#define MOST_CONDITIONS 2048

/* A policy made by hand, with room for it. */
struct sample {
	struct policy policy;
	struct decision decisions[MOST_CALLS];
	struct rule rules[MOST_RULES];
	struct stile_table_condition conditions[MOST_CONDITIONS];
	uint32_t condition_count;
	uint64_t seed;
};

/* A policy that seed stands for: about a dozen calls, now and then the whole table. */
void sample_draw(struct sample *s, uint64_t seed);

/* The same with rules that no context would hold: they overlap, and the first that matches
 * decides; up to two dozen for a call, comparisons of every kind. */
void sample_draw_wild(struct sample *s, uint64_t seed);

/*
 * A policy of the whole table in which the first calls have one rule, on argument 0: for the call
 * with index i it is != 5 + i. (libseccomp would share the instructions of equal rules.)
 */
void sample_make(struct sample *s, uint32_t conditional, unsigned int bits);

#define MOST_MARKS 64

/* Values of each argument of a call at which something may change. */
struct marks {
	uint64_t values[6][MOST_MARKS];
	unsigned int counts[6];
};

void sample_find_marks(const struct sample *s, const struct decision *d, struct marks *marks);

/* Arguments near them, with single bits turned and anything in the upper halves. */
void sample_draw_words(const struct marks *marks, struct random *r, uint64_t words[6]);

/*
 * Compare policy_decide() with the filter; a difference fails the test and names the call. Words:
 * near those of the rules of a call, with single bits turned and anything in the upper halves.
 * Numbers: all of the table and around it, of every ABI.
 */
void sample_check_rules(const struct sample *s, const struct filter *filter,
			const struct decision *d, struct random *r);
void sample_check_numbers(const struct sample *s, const struct filter *filter, struct random *r);

#endif
