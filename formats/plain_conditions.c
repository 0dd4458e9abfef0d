/* SPDX-License-Identifier: MIT */
#include "plain_conditions.h"

static uint64_t all_bits(unsigned int bits)
{
	return UINT64_MAX >> (64 - bits);
}

enum stile_comparison opposite_comparison(enum stile_comparison comparison)
{
	switch (comparison) {
	case STILE_EQUAL:
		return STILE_NOT_EQUAL;
	case STILE_NOT_EQUAL:
		return STILE_EQUAL;
	case STILE_LESS:
		return STILE_GREATER_OR_EQUAL;
	case STILE_LESS_OR_EQUAL:
		return STILE_GREATER;
	case STILE_GREATER:
		return STILE_LESS_OR_EQUAL;
	case STILE_GREATER_OR_EQUAL:
		return STILE_LESS;
	default:
		return comparison;
	}
}

bool plain_condition_holds(const struct stile_table_condition *condition, uint64_t value)
{
	const uint64_t word = value & all_bits(condition->bits);

	switch (condition->comparison) {
	case STILE_EQUAL:
		return word == condition->value;
	case STILE_NOT_EQUAL:
		return word != condition->value;
	case STILE_LESS:
		return word < condition->value;
	case STILE_LESS_OR_EQUAL:
		return word <= condition->value;
	case STILE_GREATER:
		return word > condition->value;
	case STILE_GREATER_OR_EQUAL:
		return word >= condition->value;
	default:
		return (word & condition->mask) == condition->value;
	}
}

static void add(struct plain_conditions *plain, const struct stile_table_condition *condition,
		enum stile_comparison comparison, uint64_t mask, uint64_t value)
{
	struct plain_pair *pair = &plain->items[plain->count++];

	pair->count = 1;
	pair->conditions[0] = *condition;
	pair->conditions[0].comparison = (uint8_t)comparison;
	pair->conditions[0].is_signed = 0;
	pair->conditions[0].mask = mask;
	pair->conditions[0].value = value;
	if (condition->bits == 16) /* comes with masks alone */
		pair->conditions[0].bits = 32;
}

/* A range of 16 bits: blocks of which the lower bits are any. */
static void add_blocks(struct plain_conditions *plain,
		       const struct stile_table_condition *condition, uint64_t low, uint64_t high)
{
	while (low <= high) {
		uint64_t size = low ? low & -low : 0x10000;

		while (low + size - 1 > high)
			size /= 2;
		add(plain, condition, STILE_MASKED_EQUAL, 0xffff & ~(size - 1), low);
		low += size;
	}
}

static void add_range(struct plain_conditions *plain, const struct stile_table_condition *condition,
		      uint64_t low, uint64_t high)
{
	const uint64_t all = all_bits(condition->bits);

	if (low > high)
		return;
	if (condition->bits == 16) {
		add_blocks(plain, condition, low, high);
	} else if (low == high) {
		add(plain, condition, STILE_EQUAL, 0, low);
	} else if (high == all) {
		add(plain, condition, STILE_GREATER_OR_EQUAL, 0, low);
	} else {
		add(plain, condition, STILE_LESS_OR_EQUAL, 0, high);
		if (low) {
			struct plain_pair *pair = &plain->items[plain->count - 1];

			pair->conditions[1] = pair->conditions[0];
			pair->conditions[1].comparison = STILE_GREATER_OR_EQUAL;
			pair->conditions[1].value = low;
			pair->count = 2;
		}
	}
}

/* What is not below (or, is_less, what is below) a limit, in the order that counts. */
static void add_order(struct plain_conditions *plain, const struct stile_table_condition *condition,
		      uint64_t limit, bool is_less)
{
	const uint64_t all = all_bits(condition->bits);
	const uint64_t sign = condition->is_signed ? all / 2 + 1 : 0;

	if (!is_less) {
		if (!condition->is_signed || (limit & sign)) {
			add_range(plain, condition, limit, all);
			if (condition->is_signed)
				add_range(plain, condition, 0, sign - 1);
		} else {
			add_range(plain, condition, limit, sign - 1);
		}
	} else if (condition->is_signed) {
		add_range(plain, condition, sign, limit & sign ? limit - 1 : all);
		if (!(limit & sign) && limit)
			add_range(plain, condition, 0, limit - 1);
	} else if (limit) {
		add_range(plain, condition, 0, limit - 1);
	}
}

/*
 * x <= v is x < v + 1, and x > v is x >= v + 1, unless v is the greatest: then every x is not
 * above it.
 */
static void add_above(struct plain_conditions *plain, const struct stile_table_condition *condition,
		      bool is_less)
{
	const uint64_t all = all_bits(condition->bits);

	if (condition->value != (condition->is_signed ? all / 2 : all))
		add_order(plain, condition, (condition->value + 1) & all, is_less);
	else if (is_less)
		add(plain, condition, STILE_MASKED_EQUAL, 0, 0);
}

static void add_not_equal(struct plain_conditions *plain,
			  const struct stile_table_condition *condition)
{
	if (condition->bits == 16) {
		if (condition->value)
			add_blocks(plain, condition, 0, condition->value - 1);
		add_blocks(plain, condition, condition->value + 1, 0xffff);
	} else {
		add(plain, condition, STILE_NOT_EQUAL, 0, condition->value);
	}
}

static void add_masked(struct plain_conditions *plain,
		       const struct stile_table_condition *condition, bool is_opposite)
{
	const uint64_t mask = condition->mask, value = condition->value;

	if (!is_opposite) {
		if ((value & ~mask) == 0)
			add(plain, condition, STILE_MASKED_EQUAL, mask, value);
		return;
	}
	if (value & ~mask) { /* that never holds */
		add(plain, condition, STILE_MASKED_EQUAL, 0, 0);
		return;
	}
	for (unsigned int bit = 0; bit < condition->bits; bit++)
		if (mask >> bit & 1)
			add(plain, condition, STILE_MASKED_EQUAL, 1ull << bit,
			    ~value & (1ull << bit));
}

void plain_conditions_add(struct plain_conditions *plain,
			  const struct stile_table_condition *condition, bool is_opposite)
{
	plain->count = 0;
	switch (condition->comparison) {
	case STILE_EQUAL:
	case STILE_NOT_EQUAL:
		if ((condition->comparison == STILE_EQUAL) == is_opposite)
			add_not_equal(plain, condition);
		else
			add_range(plain, condition, condition->value, condition->value);
		break;
	case STILE_LESS:
	case STILE_GREATER_OR_EQUAL:
		add_order(plain, condition, condition->value,
			  (condition->comparison == STILE_LESS) != is_opposite);
		break;
	case STILE_LESS_OR_EQUAL:
	case STILE_GREATER:
		add_above(plain, condition,
			  (condition->comparison == STILE_LESS_OR_EQUAL) != is_opposite);
		break;
	default:
		add_masked(plain, condition, is_opposite);
	}
}
