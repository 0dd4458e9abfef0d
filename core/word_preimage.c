/* SPDX-License-Identifier: MIT */
/* word_value_preimage(): results of an operation to operands, one operation after the other. */
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "sort.h"

#include "word_value.h"

/* A piece with many intervals, or results of a product: so many are taken one by one. */
#define SINGLES_MAX 64

void word_list_add(struct word_list *list, struct word_piece piece)
{
	if (list->is_cut || !word_piece_tighten(&piece))
		return;
	if (list->count == WORD_LIST_MAX)
		list->is_cut = true;
	else
		list->pieces[list->count++] = piece;
}

static void add_interval(struct word_list *list, uint64_t low, uint64_t high)
{
	if (high > UINT32_MAX)
		high = UINT32_MAX;
	if (low <= high)
		word_list_add(list, (struct word_piece){ (uint32_t)low, (uint32_t)high, 0, 0 });
}

static void add_bits(struct word_list *list, uint32_t mask, uint32_t value)
{
	word_list_add(list, (struct word_piece){ 0, UINT32_MAX, mask, value });
}

void word_list_complement(const struct word_list *list, struct word_list *complement)
{
	uint64_t next = 0;

	complement->count = 0;
	complement->is_cut = list->is_cut;
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->pieces[i].low > next)
			add_interval(complement, next, (uint64_t)list->pieces[i].low - 1);
		next = (uint64_t)list->pieces[i].high + 1;
	}
	add_interval(complement, next, UINT32_MAX);
}

static int compare_pieces(const void *a, const void *b)
{
	const struct word_piece *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* Puts intervals that touch together, of which operations on bits leave many. */
static void merge(struct word_list *list)
{
	uint32_t used = 0;

	if (list->count < 2)
		return;
	sort(list->pieces, list->count, sizeof(list->pieces[0]), compare_pieces);
	for (uint32_t i = 1; i < list->count; i++) {
		struct word_piece *last = &list->pieces[used], *next = &list->pieces[i];

		if (last->mask == 0 && next->mask == 0 && last->high + 1 == next->low)
			last->high = next->high;
		else
			list->pieces[++used] = *next;
	}
	list->count = used + 1;
}

/* What is done with each part of a piece: its bits that are known, or an interval. */
typedef void part_function(struct word_list *to, uint32_t constant, uint32_t first,
			   uint32_t second);

/* Cuts a piece into parts that know some bits and nothing else (first: mask, second: value). */
static void each_block(const struct word_piece *piece, struct word_list *to, uint32_t constant,
		       part_function *function)
{
	uint64_t low = piece->low;

	while (low <= piece->high && !to->is_cut) {
		uint64_t size = low ? low & -low : UINT64_C(1) << 32;
		uint32_t mask;

		while (low + size - 1 > piece->high)
			size /= 2;
		mask = (uint32_t) ~(size - 1);
		if ((((uint32_t)low ^ piece->value) & mask & piece->mask) == 0)
			function(to, constant, mask | piece->mask, (uint32_t)low | piece->value);
		low += size;
	}
}

/* Cuts a piece into intervals (first: lowest, second: highest). */
static void each_interval(const struct word_piece *piece, struct word_list *to, uint32_t constant,
			  part_function *function)
{
	/* Under the lowest bit that is known all words are there. */
	const uint32_t run = piece->mask ? (piece->mask & -piece->mask) - 1 : UINT32_MAX;
	uint32_t low = piece->low, left = SINGLES_MAX;

	if (piece->mask == 0) {
		function(to, constant, low, piece->high);
		return;
	}
	for (;;) {
		const uint32_t end = (low | run) < piece->high ? low | run : piece->high;

		if (left-- == 0 || to->is_cut) {
			to->is_cut = true;
			return;
		}
		function(to, constant, low, end);
		if (end == piece->high || !word_piece_next(piece, end + 1, &low))
			return;
	}
}

static void and_bits(struct word_list *to, uint32_t constant, uint32_t mask, uint32_t value)
{
	if ((value & ~constant) == 0)
		add_bits(to, mask & constant, value);
}

static void or_bits(struct word_list *to, uint32_t constant, uint32_t mask, uint32_t value)
{
	if ((~value & mask & constant) == 0)
		add_bits(to, mask & ~constant, value & ~constant);
}

static void xor_bits(struct word_list *to, uint32_t constant, uint32_t mask, uint32_t value)
{
	add_bits(to, mask, (value ^ constant) & mask);
}

static void shift_left_bits(struct word_list *to, uint32_t constant, uint32_t mask, uint32_t value)
{
	const uint32_t zeros = (UINT32_C(1) << constant) - 1;

	if ((value & zeros) == 0)
		add_bits(to, mask >> constant, value >> constant);
}

static void shift_right_interval(struct word_list *to, uint32_t constant, uint32_t low,
				 uint32_t high)
{
	add_interval(to, (uint64_t)low << constant,
		     ((uint64_t)high << constant) + (UINT32_C(1) << constant) - 1);
}

/* From low up to high, over the end of the words if high is less. */
static void add_round(struct word_list *to, uint32_t low, uint32_t high)
{
	if (low > high) {
		add_interval(to, 0, high);
		high = UINT32_MAX;
	}
	add_interval(to, low, high);
}

static void add_constant_interval(struct word_list *to, uint32_t constant, uint32_t low,
				  uint32_t high)
{
	if (low == 0 && high == UINT32_MAX)
		add_interval(to, low, high);
	else
		add_round(to, low - constant, high - constant);
}

static void negate_interval(struct word_list *to, uint32_t constant, uint32_t low, uint32_t high)
{
	(void)constant;
	if (low == 0 && high == UINT32_MAX)
		add_interval(to, low, high);
	else
		add_round(to, -high, -low);
}

static void divide_interval(struct word_list *to, uint32_t constant, uint32_t low, uint32_t high)
{
	add_interval(to, (uint64_t)low * constant, (uint64_t)high * constant + constant - 1);
}

/* Of an operand so small that the product stays below 2^32. */
static void small_product_interval(struct word_list *to, uint32_t constant, uint32_t low,
				   uint32_t high)
{
	add_interval(to, ((uint64_t)low + constant - 1) / constant, high / constant);
}

/* By an odd number each result has one operand. */
static void product_interval(struct word_list *to, uint32_t constant, uint32_t low, uint32_t high)
{
	uint32_t inverse = constant; /* right in 3 bits; each round doubles them */

	if (low == 0 && high == UINT32_MAX) {
		add_interval(to, low, high);
		return;
	}
	if (high - low >= SINGLES_MAX) {
		to->is_cut = true;
		return;
	}
	for (int i = 0; i < 4; i++)
		inverse *= 2 - constant * inverse;
	for (uint64_t result = low; result <= high; result++)
		add_interval(to, (uint32_t)result * inverse, (uint32_t)result * inverse);
}

/* What a value is at most, if its word is not over highest. */
static uint32_t highest_value(const struct word_values *values, uint32_t value, uint32_t highest)
{
	const struct word_value *v = &values->values[value];
	uint64_t bound;

	if (v->kind == VALUE_WORD)
		return highest;
	bound = highest_value(values, v->parent, highest);
	switch (v->operation) {
	case BPF_AND:
		return (uint32_t)bound < v->constant ? (uint32_t)bound : v->constant;
	case BPF_DIV:
		return (uint32_t)bound / v->constant;
	case BPF_RSH:
		return (uint32_t)bound >> v->constant;
	case BPF_MUL:
		bound *= v->constant;
		break;
	case BPF_LSH:
		bound <<= v->constant;
		break;
	default:
		return UINT32_MAX;
	}
	return bound < UINT32_MAX ? (uint32_t)bound : UINT32_MAX;
}

static void step_back(const struct word_value *v, uint32_t highest, const struct word_piece *piece,
		      struct word_list *to)
{
	const uint32_t constant = v->constant;

	switch (v->operation) {
	case BPF_AND:
		each_block(piece, to, constant, and_bits);
		return;
	case BPF_OR:
		each_block(piece, to, constant, or_bits);
		return;
	case BPF_XOR:
		each_block(piece, to, constant, xor_bits);
		return;
	case BPF_LSH:
		each_block(piece, to, constant, shift_left_bits);
		return;
	case BPF_RSH:
		each_interval(piece, to, constant, shift_right_interval);
		return;
	case BPF_ADD:
		each_interval(piece, to, constant, add_constant_interval);
		return;
	case BPF_NEG:
		each_interval(piece, to, constant, negate_interval);
		return;
	case BPF_DIV:
		each_interval(piece, to, constant, divide_interval);
		return;
	default: /* BPF_MUL */
		if ((uint64_t)highest * constant <= UINT32_MAX)
			each_interval(piece, to, constant, small_product_interval);
		else
			each_interval(piece, to, constant, product_interval);
	}
}

bool word_value_preimage(const struct word_values *values, uint32_t value, uint32_t highest,
			 struct word_list *list)
{
	const struct word_value *v = &values->values[value];
	struct word_list results;

	for (; v->kind == VALUE_OPERATION; v = &values->values[v->parent]) {
		/* Only products need it, whose operands are small then. */
		const uint32_t operand_highest = v->operation == BPF_MUL ?
							 highest_value(values, v->parent, highest) :
							 0;

		if (list->is_cut)
			return false;
		results.count = list->count;
		memcpy(results.pieces, list->pieces, list->count * sizeof(list->pieces[0]));
		list->count = 0;
		for (uint32_t i = 0; i < results.count; i++)
			step_back(v, operand_highest, &results.pieces[i], list);
		merge(list);
	}
	return !list->is_cut;
}
