/* SPDX-License-Identifier: MIT */
#include "word_piece.h"

#include <limits.h>
#include <stddef.h>

/* The smallest word from low on whose bits under mask are those of value. */
static bool first_from(uint32_t low, uint32_t mask, uint32_t value, uint32_t *found)
{
	const uint32_t word = (low & ~mask) | value;
	const uint32_t below = word_bits_up_to(word ^ low);
	uint32_t carry;

	if (word >= low) {
		/* Greater by the bit in which they differ first: the free bits under it can be
		 * 0. */
		*found = word & ~(below & ~mask);
		return true;
	}
	/* The next free bit above that is still 0 has to become 1, and all free ones under it 0. */
	carry = ~mask & ~low & ~below;
	if (!carry)
		return false;
	carry &= -carry;
	*found = (word | carry) & ~((carry - 1) & ~mask);
	return true;
}

bool word_piece_tighten(struct word_piece *piece)
{
	uint32_t low, below;

	if (piece->low > piece->high)
		return false;
	if (piece->mask == 0)
		return true;
	if (!first_from(piece->low, piece->mask, piece->value, &low) || low > piece->high)
		return false;
	piece->low = low;
	/* The greatest member is the smallest one with all bits turned. It exists. */
	(void)first_from(~piece->high, piece->mask, ~piece->value & piece->mask, &piece->high);
	piece->high = ~piece->high;
	below = word_bits_up_to(piece->low ^ piece->high);
	piece->mask &= below;
	piece->value &= below;
	return true;
}

bool word_piece_intersect(const struct word_piece *a, const struct word_piece *b,
			  struct word_piece *common)
{
	const uint32_t low = a->low > b->low ? a->low : b->low;
	const uint32_t high = a->high < b->high ? a->high : b->high;

	if (low > high || ((a->value ^ b->value) & a->mask & b->mask))
		return false;
	*common = (struct word_piece){ low, high, a->mask | b->mask, a->value | b->value };
	return word_piece_tighten(common);
}

bool word_piece_next(const struct word_piece *piece, uint32_t from, uint32_t *found)
{
	if (from < piece->low)
		from = piece->low;
	return first_from(from, piece->mask, piece->value, found) && *found <= piece->high;
}

unsigned int word_piece_cut(const struct word_piece *from, const struct word_piece *dropped,
			    struct word_piece parts[WORD_PIECE_PARTS])
{
	struct word_piece middle = *from;
	unsigned int count = 0;

	if (dropped->low > from->low) {
		parts[count] = *from;
		parts[count].high = dropped->low - 1;
		count += word_piece_tighten(&parts[count]);
		middle.low = dropped->low;
	}
	if (dropped->high < from->high)
		middle.high = dropped->high;
	/* Between its bounds: what differs from it in this bit, or not and in that one, ... */
	for (uint32_t bits = dropped->mask & ~from->mask; bits; bits &= bits - 1) {
		const uint32_t bit = bits & -bits;

		parts[count] = middle;
		parts[count].mask |= bit;
		parts[count].value |= ~dropped->value & bit;
		count += word_piece_tighten(&parts[count]);
		middle.mask |= bit;
		middle.value |= dropped->value & bit;
	}
	if (dropped->high < from->high) {
		parts[count] = *from;
		parts[count].low = dropped->high + 1;
		count += word_piece_tighten(&parts[count]);
	}
	return count;
}

struct word_piece word_piece_loosen(struct word_piece piece)
{
	const uint32_t below = word_bits_up_to(piece.low ^ piece.high), any = below & ~piece.mask;

	if (piece.mask && (piece.low & any) == 0 && (piece.high & any) == any) {
		piece.low &= ~below;
		piece.high |= below;
	}
	return piece;
}

bool word_piece_is_inside(const struct word_piece *piece, const struct word_piece *other)
{
	const uint32_t agree = ~word_bits_up_to(piece->low ^ piece->high) | piece->mask;

	return piece->low >= other->low && piece->high <= other->high &&
	       (other->mask & ~agree) == 0 && ((piece->low ^ other->value) & other->mask) == 0;
}

bool word_piece_is_cut_easily(const struct word_piece *from, const struct word_piece *dropped)
{
	const uint32_t bits = dropped->mask & ~from->mask & word_bits_up_to(from->low ^ from->high);

	return bits == 0 || ((bits & (bits - 1)) == 0 && dropped->low <= from->low &&
			     dropped->high >= from->high);
}

bool word_pieces_have(const struct word_piece *pieces, uint32_t count, uint32_t word)
{
	for (uint32_t i = 0; i < count; i++)
		if (word_piece_has(&pieces[i], word))
			return true;
	return false;
}

/* What is outside of the hole that leaves the fewest parts is searched first: one that leaves one
 * part, or none, costs no search at all. */
bool word_piece_search(const struct word_piece *piece, const struct word_piece *holes,
		       uint32_t hole_count, uint64_t *work_done, uint64_t work_max,
		       uint32_t *member)
{
	struct word_piece parts[WORD_PIECE_PARTS];
	unsigned int least = UINT_MAX, count;
	const struct word_piece *best = NULL;

	*work_done += hole_count + 1;
	*member = piece->low;
	if (*work_done > work_max || !word_pieces_have(holes, hole_count, piece->low))
		return true;
	for (uint32_t i = 0; i < hole_count && least > 1; i++) {
		struct word_piece common;

		if (!word_piece_intersect(piece, &holes[i], &common))
			continue;
		count = (unsigned int)__builtin_popcount(
				holes[i].mask & ~piece->mask &
				word_bits_up_to(piece->low ^ piece->high)) +
			(holes[i].low > piece->low) + (holes[i].high < piece->high);
		if (count < least) {
			least = count;
			best = &holes[i];
		}
	}
	if (!best)
		return true;
	count = word_piece_cut(piece, best, parts);
	for (unsigned int i = 0; i < count; i++)
		if (word_piece_search(&parts[i], holes, hole_count, work_done, work_max, member))
			return true;
	return false;
}
