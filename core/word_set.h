/* SPDX-License-Identifier: MIT */
#ifndef CORE_WORD_SET_H
#define CORE_WORD_SET_H

/*
 * Exact sets of 32-bit words: what a word of struct seccomp_data can still be at one place of a
 * filter. Disjoint pieces, each the words of an interval that have some bits known, without the
 * words in some other pieces, the holes: cutting these out could make very many pieces.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "word_piece.h"

/*
 * Where the pieces of many sets lie, as on a stack: who makes sets that are not needed any more
 * puts count back. The first error stays, and what is made behind it means nothing.
 */
struct word_pool {
	struct word_piece *pieces; /* allocated */
	uint32_t count, capacity;
	int error;	    /* -ENOMEM; -E2BIG: over WORD_POOL_MAX or work_max */
	uint64_t work_done; /* pieces looked at: bounds the work without a clock */
	uint64_t work_max;
};

#define WORD_POOL_MAX (UINT32_C(1) << 21)

struct word_set {
	uint32_t first, count; /* in the pool; count is 0 if there is no member, and only then */
	uint32_t hole_count;   /* they follow the pieces */
	uint32_t member;       /* one */
	bool is_plain;	       /* ascending intervals only, no holes */
};

/* The set of these disjoint pieces; those with low over high are left out. */
struct word_set word_set_make(struct word_pool *pool, const struct word_piece *pieces,
			      uint32_t count);

/* The members that are in one of the (disjoint) pieces; the members that are in none. */
struct word_set word_set_keep(struct word_pool *pool, struct word_set set,
			      const struct word_piece *pieces, uint32_t count);
struct word_set word_set_drop(struct word_pool *pool, struct word_set set,
			      const struct word_piece *pieces, uint32_t count);

/* Whether some member is in one of the pieces; whether every member is. */
bool word_set_meets(struct word_pool *pool, struct word_set set, const struct word_piece *pieces,
		    uint32_t count);
bool word_set_within(struct word_pool *pool, struct word_set set, const struct word_piece *pieces,
		     uint32_t count);

/* The same as far as can be seen without a search: true is certain, false is not. */
bool word_set_clearly_within(struct word_pool *pool, struct word_set set,
			     const struct word_piece *pieces, uint32_t count);
bool word_set_clearly_outside(struct word_pool *pool, struct word_set set,
			      const struct word_piece *piece);

/* Between these bounds are all members of a set that is not empty. */
uint32_t word_set_lowest(const struct word_pool *pool, struct word_set set);
uint32_t word_set_highest(const struct word_pool *pool, struct word_set set);

/*
 * Writes the members, in no order, if there are at most capacity of them, and returns how many;
 * SIZE_MAX: there are more, or so many holes that it does not go through them.
 */
size_t word_set_list(const struct word_pool *pool, struct word_set set, uint32_t *members,
		     size_t capacity);

#endif
