/* SPDX-License-Identifier: MIT */
#ifndef CORE_WORD_PIECE_H
#define CORE_WORD_PIECE_H

/* An interval of 32-bit words, of which some bits may be known. */

#include <stdbool.h>
#include <stdint.h>

/*
 * The words from low to high with (word & mask) == value. Made by word_piece_tighten(): low and
 * high are members, and mask holds no bit in which all words from low to high agree; so it is 0 if
 * the piece is an interval.
 */
struct word_piece {
	uint32_t low, high;
	uint32_t mask, value;
};

#define WORD_PIECE_ALL ((struct word_piece){ .high = UINT32_MAX })

/* All bits from the highest one of a word downwards. */
static inline uint32_t word_bits_up_to(uint32_t word)
{
	return word ? UINT32_MAX >> __builtin_clz(word) : 0;
}

/* Makes a piece as described above; false: it is empty. */
bool word_piece_tighten(struct word_piece *piece);

/* Whether two pieces have a word in common, and the words that they have. */
bool word_piece_intersect(const struct word_piece *a, const struct word_piece *b,
			  struct word_piece *common);

/* Whether a word is in a piece. */
static inline bool word_piece_has(const struct word_piece *piece, uint32_t word)
{
	return word >= piece->low && word <= piece->high && (word & piece->mask) == piece->value;
}

/* The smallest member from a word on; false: none. */
bool word_piece_next(const struct word_piece *piece, uint32_t from, uint32_t *found);

/* Whether the first lies in the second as far as can be seen at once: true is certain. */
bool word_piece_is_inside(const struct word_piece *piece, const struct word_piece *other);

/*
 * If all words in its bounds that have its bits are in a piece, the bounds can as well be those of
 * all words with the bits that the bounds have in common: then cutting it out is a matter of
 * bits alone.
 */
struct word_piece word_piece_loosen(struct word_piece piece);

#define WORD_PIECE_PARTS 34 /* one for each bit, one below, one above */

/* The parts of one piece that are not in another, and how many. */
unsigned int word_piece_cut(const struct word_piece *from, const struct word_piece *dropped,
			    struct word_piece parts[WORD_PIECE_PARTS]);

/* Whether that leaves no more than two parts. */
bool word_piece_is_cut_easily(const struct word_piece *from, const struct word_piece *dropped);

bool word_pieces_have(const struct word_piece *pieces, uint32_t count, uint32_t word);

/*
 * Whether some word of a piece is in none of the holes, and one. Adds the holes that it looks at to
 * work_done; once that is over work_max, the answer means nothing.
 */
bool word_piece_search(const struct word_piece *piece, const struct word_piece *holes,
		       uint32_t hole_count, uint64_t *work_done, uint64_t work_max,
		       uint32_t *member);

#endif
