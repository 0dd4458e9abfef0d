/* SPDX-License-Identifier: MIT */
#include "kafel_bits.h"

#include <string.h>

#define ALWAYS UINT64_MAX

/* Where an argument's bit is 1: in these of the 64 ways in which the six bits can be. */
static const uint64_t is_set[6] = { 0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0,
				    0xff00ff00ff00ff00, 0xffff0000ffff0000, 0xffffffff00000000 };

void kafel_bits_number(struct kafel_bits *bits, uint64_t number)
{
	bits->is_number = true;
	bits->number = number;
	bits->is_wide = number > UINT32_MAX;
	for (unsigned int i = 0; i < 64; i++)
		bits->tables[i] = number >> i & 1 ? ALWAYS : 0;
}

void kafel_bits_argument(struct kafel_bits *bits, unsigned int argument, bool is_wide)
{
	bits->is_number = false;
	bits->number = 0;
	bits->is_wide = is_wide;
	for (unsigned int i = 0; i < 64; i++)
		bits->tables[i] = is_set[argument];
}

/*
 * Kafel leaves out what changes nothing before it looks how wide the parts are: so "fd & -1" is
 * compared as fd is, and "fd & 0" is a number.
 */
static void combine(struct kafel_bits *left, const struct kafel_bits *right, uint64_t nothing,
		    uint64_t identity)
{
	const struct kafel_bits *number = left->is_number ? left : right;

	if (left->is_number && right->is_number) {
		kafel_bits_number(left, nothing ? left->number | right->number :
						  left->number & right->number);
		return;
	}
	if (number->is_number && number->number == nothing) {
		kafel_bits_number(left, nothing);
		return;
	}
	if (number->is_number && number->number == identity) {
		if (number == left)
			*left = *right;
		return;
	}
	left->is_number = false;
	left->is_wide |= right->is_wide;
	for (unsigned int i = 0; i < 64; i++)
		left->tables[i] = nothing ? left->tables[i] | right->tables[i] :
					    left->tables[i] & right->tables[i];
}

void kafel_bits_and(struct kafel_bits *left, const struct kafel_bits *right)
{
	combine(left, right, 0, UINT64_MAX);
}

void kafel_bits_or(struct kafel_bits *left, const struct kafel_bits *right)
{
	combine(left, right, UINT64_MAX, 0);
}

/* The arguments whose bit must be 1, or 0, for a table to hold; whether nothing else is needed. */
static bool is_conjunction(uint64_t table, unsigned int bit, struct kafel_conjunction *all)
{
	uint64_t product = ALWAYS;

	for (unsigned int i = 0; i < 6; i++) {
		const uint64_t one = is_set[i];

		if ((table & ~one) && (table & one))
			continue;
		all->mask[i] |= 1ULL << bit;
		if (table & one)
			all->value[i] |= 1ULL << bit;
		product &= table & one ? one : ~one;
	}
	return product == table;
}

/* Cases for all ways in which a table holds, from the argument `from` on. */
static void add_cases(struct kafel_decisions *list, struct kafel_conjunction all, uint64_t table,
		      unsigned int bit, unsigned int from, bool answer)
{
	unsigned int i = from;

	if (!table)
		return;
	/* an argument that does not matter is skipped */
	while (i < 6 && (table & is_set[i]) >> (1u << i) == (table & ~is_set[i]))
		i++;
	if (i == 6) {
		kafel_decisions_add(list, &all, answer);
		return;
	}
	all.mask[i] |= 1ULL << bit;
	all.value[i] |= 1ULL << bit;
	add_cases(list, all, (table & is_set[i]) | (table & is_set[i]) >> (1u << i), bit, i + 1,
		  answer);
	all.value[i] &= ~(1ULL << bit);
	add_cases(list, all, (table & ~is_set[i]) | (table & ~is_set[i]) << (1u << i), bit, i + 1,
		  answer);
}

/* Bits that must be so are one case; before it stand those of bits that can be so in several ways
 * and are not. */
static void compare_equal(const struct kafel_bits *left, const struct kafel_bits *right,
			  unsigned int bits, struct kafel_decisions *list)
{
	static const struct kafel_conjunction anything;
	struct kafel_conjunction all = { 0 };
	bool is_whole = false;

	for (unsigned int i = 0; i < bits; i++)
		if ((left->tables[i] ^ right->tables[i]) == ALWAYS)
			return;
	for (unsigned int i = 0; i < bits; i++) {
		const uint64_t differs = left->tables[i] ^ right->tables[i];
		struct kafel_conjunction bit = { 0 };

		if (!differs)
			continue;
		if (is_conjunction(~differs, i, &bit)) {
			(void)kafel_conjoin(&all, &bit, &list->why_not);
			is_whole = true;
		} else {
			add_cases(list, anything, differs, i, 0, false);
		}
	}
	if (is_whole)
		kafel_decisions_add(list, &all, true);
	else
		list->rest = true;
}

/* left > right, or >= for is_or_equal: the highest bit that differs tells. */
static void compare_order(const struct kafel_bits *left, const struct kafel_bits *right,
			  bool is_or_equal, unsigned int bits, struct kafel_decisions *list)
{
	static const struct kafel_conjunction anything;

	list->rest = is_or_equal;
	for (unsigned int i = bits; i-- > 0;) {
		const uint64_t greater = left->tables[i] & ~right->tables[i];
		const uint64_t less = right->tables[i] & ~left->tables[i];

		if (greater == ALWAYS || less == ALWAYS) {
			list->rest = greater == ALWAYS;
			return;
		}
		add_cases(list, anything, greater, i, 0, true);
		add_cases(list, anything, less, i, 0, false);
	}
}

/* An argument's low 16, 32 or 64 bits, with no others among those that are compared. */
static bool is_low_part(const struct kafel_bits *value, unsigned int compared,
			unsigned int *argument, unsigned int *bits)
{
	unsigned int low = 0;

	for (*argument = 0; *argument < 6; ++*argument)
		if (value->tables[0] == is_set[*argument])
			break;
	if (*argument == 6)
		return false;
	while (low < compared && value->tables[low] == is_set[*argument])
		low++;
	*bits = low;
	for (unsigned int i = low; i < compared; i++)
		if (value->tables[i])
			return false;
	return low == 16 || low == 32 || low == 64;
}

/* An argument with a number, in order. False: it is not as simple as that. */
static bool compare_plain(enum kafel_operator operation, const struct kafel_bits *value,
			  uint64_t number, unsigned int compared, struct kafel_decisions *list)
{
	static const uint8_t comparisons[] = { [KAFEL_LESS] = STILE_LESS,
					       [KAFEL_LESS_OR_EQUAL] = STILE_LESS_OR_EQUAL,
					       [KAFEL_GREATER] = STILE_GREATER,
					       [KAFEL_GREATER_OR_EQUAL] = STILE_GREATER_OR_EQUAL };
	const bool is_less = operation == KAFEL_LESS || operation == KAFEL_LESS_OR_EQUAL;
	struct kafel_conjunction all = { .part_count = 1 };
	unsigned int argument, bits;
	uint64_t most;

	if (!is_low_part(value, compared, &argument, &bits))
		return false;
	most = UINT64_MAX >> (64 - bits);
	all.parts[0] = (struct stile_table_condition){ .argument = (uint8_t)argument,
						       .bits = (uint8_t)bits,
						       .comparison = comparisons[operation],
						       .parameter = -1,
						       .value = number };
	if (number > most || (number == most && operation == KAFEL_LESS_OR_EQUAL) ||
	    (number == 0 && operation == KAFEL_LESS))
		list->rest = is_less && number;
	else if ((number == most && operation == KAFEL_GREATER) ||
		 (number == 0 && operation == KAFEL_GREATER_OR_EQUAL))
		list->rest = number == 0;
	else
		kafel_decisions_add(list, &all, true);
	return true;
}

static enum kafel_operator mirrored(enum kafel_operator operation)
{
	switch (operation) {
	case KAFEL_LESS:
		return KAFEL_GREATER;
	case KAFEL_LESS_OR_EQUAL:
		return KAFEL_GREATER_OR_EQUAL;
	case KAFEL_GREATER:
		return KAFEL_LESS;
	case KAFEL_GREATER_OR_EQUAL:
		return KAFEL_LESS_OR_EQUAL;
	default:
		return operation;
	}
}

void kafel_bits_compare(enum kafel_operator operation, const struct kafel_bits *left,
			const struct kafel_bits *right, struct kafel_decisions *list)
{
	/* two numbers are compared whole, whatever they are */
	const bool is_wide = left->is_wide || right->is_wide;
	const unsigned int bits = is_wide ? 64 : 32;
	const bool is_less = operation == KAFEL_LESS || operation == KAFEL_LESS_OR_EQUAL;

	*list = (struct kafel_decisions){ 0 };
	if (operation == KAFEL_EQUAL || operation == KAFEL_NOT_EQUAL) {
		compare_equal(left, right, bits, list);
		if (operation == KAFEL_NOT_EQUAL)
			kafel_decisions_negate(list);
	} else if (!(right->is_number &&
		     compare_plain(operation, left, right->number, bits, list)) &&
		   !(left->is_number &&
		     compare_plain(mirrored(operation), right, left->number, bits, list))) {
		compare_order(is_less ? right : left, is_less ? left : right,
			      operation == KAFEL_LESS_OR_EQUAL ||
				      operation == KAFEL_GREATER_OR_EQUAL,
			      bits, list);
	}
}
