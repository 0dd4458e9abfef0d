/* SPDX-License-Identifier: MIT */
#include "word_widen.h"

uint32_t word_piece_known(const struct word_piece *piece, bool *is_all)
{
	const uint32_t differing = piece->low ^ piece->high;
	const uint32_t known =
		(differing ? ~(UINT32_MAX >> __builtin_clz(differing)) : UINT32_MAX) | piece->mask;

	*is_all = (piece->low & ~known) == 0 && (piece->high | known) == UINT32_MAX;
	return known;
}

static uint32_t known_value(const struct word_piece *piece, uint32_t known)
{
	return ((piece->low & ~piece->mask) | piece->value) & known;
}

static void add_piece(struct word_pool *pool, struct word_set *set, struct word_piece piece)
{
	set->count += word_set_make(pool, &piece, 1).count;
}

struct word_set word_pieces_widen(struct word_pool *pool, const struct word_piece *pieces,
				  uint32_t count, uint32_t bits)
{
	struct word_set set = { pool->count, 0, 0, 0, false };

	for (uint32_t i = 0; i < count; i++) {
		struct word_piece piece = pieces[i];
		bool is_all;
		const uint32_t known = word_piece_known(&piece, &is_all);

		if (is_all)
			piece = (struct word_piece){ 0, UINT32_MAX, known & bits,
						     known_value(&piece, known & bits) };
		add_piece(pool, &set, piece);
	}
	return set;
}

struct word_set word_holes_widen(struct word_pool *pool, const struct word_piece *pieces,
				 uint32_t count, const struct word_piece *holes,
				 uint32_t hole_count, uint32_t bits)
{
	struct word_set set = { pool->count, 0, 0, 0, false };
	bool is_all = false, is_any;
	uint32_t chosen = count == 1 ? word_piece_known(pieces, &is_all) : 0, values, known;

	/* The bits that all words of the piece have, and as many others as are chosen here. */
	chosen = is_all ? chosen : 0;
	values = known_value(pieces, chosen);
	for (uint32_t i = 0; is_all && i < hole_count; i++) {
		uint32_t bit;

		known = word_piece_known(&holes[i], &is_any);
		if ((known_value(&holes[i], known) ^ values) & known & chosen)
			continue;
		bit = known & ~bits & ~chosen;
		bit &= -bit;
		chosen |= bit;
		values |= ~known_value(&holes[i], known) & bit;
	}
	for (uint32_t i = 0; i < hole_count; i++) {
		struct word_piece hole = holes[i];

		known = word_piece_known(&hole, &is_any);
		if ((known_value(&hole, known) ^ values) & known & chosen)
			continue;
		if (bits != UINT32_MAX)
			hole = (struct word_piece){ 0, UINT32_MAX, known & bits,
						    known_value(&hole, known & bits) };
		add_piece(pool, &set, hole);
	}
	return set;
}
