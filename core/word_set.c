/* SPDX-License-Identifier: MIT */
#include "word_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct word_pool *pool, uint32_t more)
{
	uint32_t capacity = pool->capacity ? pool->capacity : 1024;
	struct word_piece *pieces;

	if (pool->error)
		return false;
	if (more <= pool->capacity - pool->count)
		return true;
	if (more > WORD_POOL_MAX - pool->count) {
		pool->error = -E2BIG;
		return false;
	}
	while (capacity < pool->count + more)
		capacity *= 2;
	pieces = realloc(pool->pieces, capacity * sizeof(*pieces));
	if (!pieces) {
		pool->error = -ENOMEM;
		return false;
	}
	pool->pieces = pieces;
	pool->capacity = capacity;
	return true;
}

static void push(struct word_pool *pool, struct word_piece piece)
{
	if (pool->count < pool->capacity || reserve(pool, 1))
		pool->pieces[pool->count++] = piece;
}

/* word_piece_search() within the work that the pool has left. */
static bool find_member(struct word_pool *pool, const struct word_piece *piece,
			const struct word_piece *holes, uint32_t hole_count, uint32_t *member)
{
	const bool is_there = word_piece_search(piece, holes, hole_count, &pool->work_done,
						pool->work_max, member);

	if (pool->work_done > pool->work_max && !pool->error)
		pool->error = -E2BIG;
	return is_there;
}

static struct word_set plain_set(const struct word_pool *pool, uint32_t first, uint32_t count)
{
	return (struct word_set){ first, count, 0, count ? pool->pieces[first].low : 0, true };
}

/*
 * The set of what was pushed from first on: pieces, and behind these holes. Leaves out pieces that
 * the holes cover, up to the first that has a member. hint: what may be one, or NULL.
 */
static struct word_set finish(struct word_pool *pool, uint32_t first, uint32_t count,
			      const uint32_t *hint)
{
	struct word_set set = { first, count, pool->count - first - count, 0, false };
	const struct word_piece *pieces;

	if (pool->error || count == 0)
		return (struct word_set){ first, 0, 0, 0, true };
	pieces = pool->pieces + first;
	if (set.hole_count == 0) {
		set.is_plain = true;
		for (uint32_t i = 0; set.is_plain && i < count; i++)
			set.is_plain = pieces[i].mask == 0 &&
				       (i == 0 || pieces[i - 1].high < pieces[i].low);
		set.member = pieces[0].low;
		return set;
	}
	if (hint && !word_pieces_have(pieces + count, set.hole_count, *hint)) {
		for (uint32_t i = 0; i < count; i++) {
			if (word_piece_has(&pieces[i], *hint)) {
				set.member = *hint;
				return set;
			}
		}
	}
	for (; set.count; set.first++, set.count--, pieces++)
		if (find_member(pool, pieces, pieces + set.count, set.hole_count, &set.member))
			break;
	return set;
}

/* Of a plain set: the index, from 0, of the first piece that does not lie below the word. */
static uint32_t find_plain(const struct word_pool *pool, struct word_set set, uint32_t word)
{
	const struct word_piece *pieces = pool->pieces + set.first;
	uint32_t low = 0, high = set.count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (pieces[middle].high < word)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Intervals in order, of which those that an interval touches lie side by side. */
static void keep_plain(struct word_pool *pool, struct word_set set, uint32_t low, uint32_t high)
{
	const uint32_t begin = find_plain(pool, set, low);
	uint32_t end = high == UINT32_MAX ? set.count : find_plain(pool, set, high), count;
	struct word_piece *to;

	if (end < set.count && pool->pieces[set.first + end].low <= high)
		end++;
	if (end <= begin || !reserve(pool, end - begin))
		return;
	count = end - begin;
	to = pool->pieces + pool->count;
	memcpy(to, pool->pieces + set.first + begin, count * sizeof(*to));
	if (to[0].low < low)
		to[0].low = low;
	if (to[count - 1].high > high)
		to[count - 1].high = high;
	pool->count += count;
	pool->work_done += count / 8;
}

struct word_set word_set_make(struct word_pool *pool, const struct word_piece *pieces,
			      uint32_t count)
{
	const uint32_t first = pool->count;

	for (uint32_t i = 0; i < count; i++) {
		struct word_piece piece = pieces[i];

		if (word_piece_tighten(&piece))
			push(pool, piece);
	}
	return finish(pool, first, pool->count - first, NULL);
}

/* Pushes the holes of a set that touch the pieces pushed from first on. */
static void keep_holes(struct word_pool *pool, struct word_set set, uint32_t first)
{
	const uint32_t end = pool->count;

	for (uint32_t i = 0; i < set.hole_count; i++) {
		const struct word_piece hole = pool->pieces[set.first + set.count + i];
		struct word_piece common;

		for (uint32_t j = first; j < end; j++) {
			if (word_piece_intersect(&pool->pieces[j], &hole, &common)) {
				push(pool, hole);
				break;
			}
		}
		pool->work_done += end - first;
	}
}

struct word_set word_set_keep(struct word_pool *pool, struct word_set set,
			      const struct word_piece *pieces, uint32_t count)
{
	const uint32_t first = pool->count;
	bool is_plain = set.is_plain;
	uint32_t end = 0; /* the pieces ascend so far, and end there */

	for (uint32_t i = 0; i < count; i++) {
		is_plain = is_plain && pieces[i].mask == 0 && (i == 0 || pieces[i].low > end);
		end = pieces[i].high;
		if (set.is_plain && pieces[i].mask == 0) {
			keep_plain(pool, set, pieces[i].low, pieces[i].high);
			continue;
		}
		pool->work_done += set.count;
		for (uint32_t j = 0; j < set.count; j++) {
			struct word_piece common;

			if (word_piece_intersect(&pool->pieces[set.first + j], &pieces[i], &common))
				push(pool, common);
		}
	}
	count = pool->count - first;
	if (is_plain)
		return plain_set(pool, first, count);
	keep_holes(pool, set, first);
	return finish(pool, first, count, &set.member);
}

/* Pushes what a dropped piece leaves of the pieces from first on; a hole of them, if need be. */
static bool drop_one(struct word_pool *pool, uint32_t first, uint32_t count,
		     const struct word_piece *dropped)
{
	bool needs_hole = false;

	pool->work_done += count;
	for (uint32_t i = 0; i < count; i++) {
		const struct word_piece from = pool->pieces[first + i];
		struct word_piece parts[WORD_PIECE_PARTS], common;
		unsigned int part_count;

		if (!word_piece_intersect(&from, dropped, &common)) {
			push(pool, from);
		} else if (word_piece_is_cut_easily(&from, dropped)) {
			part_count = word_piece_cut(&from, dropped, parts);
			for (unsigned int j = 0; j < part_count; j++)
				push(pool, parts[j]);
		} else {
			push(pool, from);
			needs_hole = true;
		}
	}
	return needs_hole;
}

static bool are_plain(const struct word_piece *pieces, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (pieces[i].mask || (i && pieces[i - 1].high >= pieces[i].low))
			return false;
	return true;
}

/* The same for ascending intervals: what is between them is kept. */
static struct word_set drop_plain(struct word_pool *pool, struct word_set set,
				  const struct word_piece *pieces, uint32_t count)
{
	const uint32_t first = pool->count;
	uint64_t next = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (pieces[i].low > next)
			keep_plain(pool, set, (uint32_t)next, pieces[i].low - 1);
		next = (uint64_t)pieces[i].high + 1;
	}
	if (next <= UINT32_MAX)
		keep_plain(pool, set, (uint32_t)next, UINT32_MAX);
	return plain_set(pool, first, pool->count - first);
}

/* The piece at an index among those to drop is remembered as a hole: up to so many. */
#define DROPPED_MAX 256

struct word_set word_set_drop(struct word_pool *pool, struct word_set set,
			      const struct word_piece *pieces, uint32_t count)
{
	const uint32_t mark = pool->count;
	uint32_t first = set.first, left = set.count, hole_count = 0;
	uint16_t holes[DROPPED_MAX];

	if (set.is_plain && are_plain(pieces, count))
		return drop_plain(pool, set, pieces, count);
	if (count > DROPPED_MAX) {
		if (!pool->error)
			pool->error = -E2BIG;
		count = 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t next = pool->count;
		const struct word_piece piece = word_piece_loosen(pieces[i]);

		if (drop_one(pool, first, left, &piece))
			holes[hole_count++] = (uint16_t)i;
		first = next;
		left = pool->count - next;
	}
	if (count == 0 || pool->error)
		return set;
	/* What was only on the way goes. */
	memmove(pool->pieces + mark, pool->pieces + first, left * sizeof(*pool->pieces));
	pool->count = mark + left;
	keep_holes(pool, set, mark);
	for (uint32_t i = 0; i < hole_count; i++)
		push(pool, word_piece_loosen(pieces[holes[i]]));
	return finish(pool, mark, left, &set.member);
}

bool word_set_meets(struct word_pool *pool, struct word_set set, const struct word_piece *pieces,
		    uint32_t count)
{
	const struct word_piece *holes;

	if (set.count == 0)
		return false;
	holes = pool->pieces + set.first + set.count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t begin = 0, end = set.count;

		if (word_piece_has(&pieces[i], set.member))
			return true;
		if (set.is_plain && set.count > 4) {
			begin = find_plain(pool, set, pieces[i].low);
			if (pieces[i].mask == 0 && begin < end)
				end = begin + 1;
		}
		for (uint32_t j = begin; j < end; j++) {
			struct word_piece common;
			uint32_t member;

			if (word_piece_intersect(&pool->pieces[set.first + j], &pieces[i],
						 &common) &&
			    find_member(pool, &common, holes, set.hole_count, &member))
				return true;
		}
		pool->work_done += end - begin;
	}
	return false;
}

bool word_set_clearly_within(struct word_pool *pool, struct word_set set,
			     const struct word_piece *pieces, uint32_t count)
{
	for (uint32_t i = 0; i < set.count; i++) {
		uint32_t j = 0;

		while (j < count && !word_piece_is_inside(&pool->pieces[set.first + i], &pieces[j]))
			j++;
		pool->work_done += j;
		if (j == count)
			return false;
	}
	return true;
}

bool word_set_clearly_outside(struct word_pool *pool, struct word_set set,
			      const struct word_piece *piece)
{
	const struct word_piece *pieces = pool->pieces + set.first, *holes = pieces + set.count;
	struct word_piece common;

	pool->work_done += set.count + set.hole_count;
	for (uint32_t i = 0; i < set.hole_count; i++)
		if (word_piece_is_inside(piece, &holes[i]))
			return true;
	for (uint32_t i = 0; i < set.count; i++)
		if (word_piece_intersect(&pieces[i], piece, &common))
			return false;
	return true;
}

bool word_set_within(struct word_pool *pool, struct word_set set, const struct word_piece *pieces,
		     uint32_t count)
{
	const uint32_t mark = pool->count;

	if (word_set_clearly_within(pool, set, pieces, count) || count == 0)
		return set.count == 0 || count != 0;
	if (!word_pieces_have(pieces, count, set.member))
		return false;
	set = word_set_drop(pool, set, pieces, count);
	pool->count = mark;
	return set.count == 0;
}

uint32_t word_set_lowest(const struct word_pool *pool, struct word_set set)
{
	uint32_t lowest = UINT32_MAX;

	for (uint32_t i = 0; i < (set.is_plain && set.count ? 1 : set.count); i++)
		if (pool->pieces[set.first + i].low < lowest)
			lowest = pool->pieces[set.first + i].low;
	return lowest;
}

uint32_t word_set_highest(const struct word_pool *pool, struct word_set set)
{
	uint32_t highest = 0;

	for (uint32_t i = set.is_plain && set.count ? set.count - 1 : 0; i < set.count; i++)
		if (pool->pieces[set.first + i].high > highest)
			highest = pool->pieces[set.first + i].high;
	return highest;
}

size_t word_set_list(const struct word_pool *pool, struct word_set set, uint32_t *members,
		     size_t capacity)
{
	const struct word_piece *pieces = set.count ? pool->pieces + set.first : NULL;
	size_t count = 0, tries = 16 * capacity;

	for (uint32_t i = 0; i < set.count; i++) {
		uint32_t member = pieces[i].low;

		do {
			if (word_pieces_have(pieces + set.count, set.hole_count, member)) {
				if (tries-- == 0)
					return SIZE_MAX;
				continue;
			}
			if (count == capacity)
				return SIZE_MAX;
			members[count++] = member;
		} while (member < pieces[i].high &&
			 word_piece_next(&pieces[i], member + 1, &member));
	}
	return count;
}
