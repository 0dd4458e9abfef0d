/* SPDX-License-Identifier: MIT */
#ifndef CORE_WORD_WIDEN_H
#define CORE_WORD_WIDEN_H

/*
 * For those who look at some bits of a word only: a set as a wider one, each of whose members w
 * has these bits in common with some member w' of the set.
 *
 * Pieces that are nothing but known bits lose those that do not matter; of others, w' is w. Where
 * there is one piece and it is nothing but known bits, the other bits of w' are free if they do
 * not matter: they are chosen so that w' is outside of as many holes as possible, whatever w is.
 * These holes are forgotten. The others grow, by all words that have the bits that matter in
 * common with one of the hole: outside of that, w' is outside of the hole whatever its other bits
 * are.
 */

#include "word_set.h"

/* The bits that all words of a piece have in common; whether it has all words with these. */
uint32_t word_piece_known(const struct word_piece *piece, bool *is_all);

/* The pieces, and the holes, of that set, made of those of another. The pieces may overlap. */
struct word_set word_pieces_widen(struct word_pool *pool, const struct word_piece *pieces,
				  uint32_t count, uint32_t bits);
struct word_set word_holes_widen(struct word_pool *pool, const struct word_piece *pieces,
				 uint32_t count, const struct word_piece *holes,
				 uint32_t hole_count, uint32_t bits);

#endif
