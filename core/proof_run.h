/* SPDX-License-Identifier: MIT */
#ifndef CORE_PROOF_RUN_H
#define CORE_PROOF_RUN_H

/* What the parts of the proof share while a filter is followed. */

#include <errno.h>

#include "interpreter.h"
#include "proof.h"
#include "proof_policy.h"
#include "word_value.h"

struct filter_paths;

struct proof_run {
	const struct policy *policy;
	const struct filter *filter;
	struct stile_proof *proof;
	struct proof_policy view;

	/* The calls that come to the place at hand: for each word a set, and all combinations. */
	struct word_set sets[DATA_WORDS];
	struct word_pool pool;
	struct word_values values;

	/*
	 * Why more calls are in the sets than come here: a jump before, of which it cannot be said
	 * what it asks; NULL: exactly those come. What holds for all calls in the sets holds
	 * for those that come, too; but one that is found wrong need not be one that comes.
	 */
	const char *doubt;
	size_t doubt_where;

	/* Not NULL: no proof, all ways are wanted (core/filter_paths.h). */
	struct filter_paths *paths;

	size_t where;	      /* the instruction at hand */
	uint32_t *candidates; /* room for the boxes of any decision */
	uint64_t steps;
};

/* Bounds steps and pieces of sets that are looked at: a second or two, and some ten megabytes. */
#define PROOF_WORK_MAX (UINT64_C(1) << 26)

/* False: the work is over the limit, which is an error of the pool from now on. */
static inline bool proof_may_go_on(struct proof_run *run)
{
	if (run->steps + run->pool.work_done > PROOF_WORK_MAX && !run->pool.error)
		run->pool.error = -E2BIG;
	return !run->pool.error;
}

/* Follows the filter from its start for all calls. False: as proof_check(). */
bool proof_walk(struct proof_run *run);

/*
 * What a conditional jump asks, for each of its sides: words is an index into sets, side[1] where
 * it holds, side[0] where it does not, in pieces of the word.
 */
struct proof_test {
	enum {
		TEST_ALWAYS,
		TEST_NEVER,
		TEST_WORD,
		TEST_DOUBT /* why and where: as in struct proof_run */
	} kind;
	unsigned int word;
	struct word_set side[2]; /* of TEST_WORD; neither is empty */
	uint32_t pool_before;	 /* what was in use of the pool, on which these lie */
	const char *why;
	size_t where;
};

void proof_test_jump(struct proof_run *run, uint16_t code, uint32_t a, uint32_t operand,
		     struct proof_test *test);

/* The same for A and the question whether it is 0. */
void proof_test_zero(struct proof_run *run, uint32_t value, struct proof_test *test);

/* The value, or the constant that it is if its word can only be one. */
uint32_t proof_resolve(struct proof_run *run, uint32_t value);

/*
 * The members of the value's word with which the value is in the list's pieces; the list becomes
 * pieces of the word that have these members and no others. False: that cannot be said.
 */
bool proof_restrict(struct proof_run *run, uint32_t value, struct word_list *list,
		    struct word_set *set);

/* Checks an answer that the filter computes. */
bool proof_check_value(struct proof_run *run, uint32_t value);

/*
 * Holds the calls in the sets, all of which get this effective answer, against the policy. False:
 * there is a difference, which is in *proof. An undecided one is noted there, too.
 */
bool proof_check(struct proof_run *run, uint32_t answer);

/*
 * Some of the calls in the sets seem to get another answer than the policy's: looks for one that
 * does, and notes it, or that it is not decided. False: there is one.
 */
bool proof_find_witness(struct proof_run *run, const char *doubt, size_t where);

/* Writes the boxes of a decision that calls in the sets are in to candidates; how many. */
uint32_t proof_find_candidates(struct proof_run *run, const struct proof_decision *decision);

/* The segment of the one number and architecture that the sets have; NULL: there are more. */
const struct proof_segment *proof_find_segment(const struct proof_run *run);

/* Notes that it is not decided, unless that was noted before. */
void proof_undecided(struct proof_run *run, const char *why, size_t where);

/* The box's set for a word that it has. */
static inline const struct word_set *proof_box_set(const struct proof_policy *view,
						   const struct proof_box *box, unsigned int word)
{
	return &view->sets[box->first_set +
			   (uint32_t)__builtin_popcount(box->words & ((1u << word) - 1))];
}

#endif
