/* SPDX-License-Identifier: MIT */
#include "value_set.h"

static uint64_t bits_mask(unsigned int bits)
{
	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* The comparison that holds exactly when the given one does not; not for masked ones. */
static enum stile_comparison negated(enum stile_comparison comparison)
{
	switch (comparison) {
	case STILE_EQUAL:
		return STILE_NOT_EQUAL;
	case STILE_LESS:
		return STILE_GREATER_OR_EQUAL;
	case STILE_LESS_OR_EQUAL:
		return STILE_GREATER;
	case STILE_GREATER:
		return STILE_LESS_OR_EQUAL;
	case STILE_GREATER_OR_EQUAL:
		return STILE_LESS;
	default:
		return STILE_EQUAL;
	}
}

/*
 * The values for which a comparison (not a masked one) holds: at most two ranges, ascending. Orders
 * are ranges once the sign bit is flipped; flipped back they may lie in both halves.
 */
static unsigned int comparison_ranges(enum stile_comparison comparison,
				      const struct stile_table_condition *condition,
				      struct value_range ranges[2])
{
	const uint64_t max = bits_mask(condition->bits), value = condition->value & max;
	const uint64_t sign = condition->is_signed ? max - (max >> 1) : 0;
	const uint64_t ordered = value ^ sign;
	struct value_range wanted = { 0, max };
	unsigned int count = 0;

	switch (comparison) {
	case STILE_NOT_EQUAL:
		if (value > 0)
			ranges[count++] = (struct value_range){ 0, value - 1 };
		if (value < max)
			ranges[count++] = (struct value_range){ value + 1, max };
		return count;
	case STILE_LESS:
		if (ordered == 0)
			return 0;
		wanted.high = ordered - 1;
		break;
	case STILE_LESS_OR_EQUAL:
		wanted.high = ordered;
		break;
	case STILE_GREATER:
		if (ordered == max)
			return 0;
		wanted.low = ordered + 1;
		break;
	case STILE_GREATER_OR_EQUAL:
		wanted.low = ordered;
		break;
	default: /* STILE_EQUAL; STILE_IS_NULL comes as such */
		ranges[0] = (struct value_range){ value, value };
		return 1;
	}
	if (!sign) {
		ranges[0] = wanted;
		return 1;
	}
	if (wanted.high >= sign) /* not negative: the lower half, unsigned */
		ranges[count++] = (struct value_range){ wanted.low > sign ? wanted.low ^ sign : 0,
							wanted.high ^ sign };
	if (wanted.low < sign) /* negative: the upper half */
		ranges[count++] = (struct value_range){ wanted.low ^ sign,
							wanted.high < sign ? wanted.high ^ sign :
									     max };
	return count;
}

unsigned int condition_ranges(const struct stile_table_condition *condition,
			      struct value_range ranges[2])
{
	return comparison_ranges(condition->comparison, condition, ranges);
}

void value_set_all(struct value_set *set, unsigned int bits)
{
	set->known_mask = set->known_value = 0;
	set->bits = bits;
	set->count = 1;
	set->intervals[0].low = 0;
	set->intervals[0].high = bits_mask(bits);
}

static bool keep_ranges(struct value_set *set, const struct value_range *ranges, unsigned int count)
{
	struct value_range kept[VALUE_SET_INTERVALS];
	unsigned int used = 0;

	for (unsigned int i = 0; i < set->count; i++) {
		for (unsigned int j = 0; j < count; j++) {
			uint64_t low = set->intervals[i].low, high = set->intervals[i].high;

			if (ranges[j].low > low)
				low = ranges[j].low;
			if (ranges[j].high < high)
				high = ranges[j].high;
			if (low > high)
				continue;
			if (used == VALUE_SET_INTERVALS)
				return false;
			kept[used++] = (struct value_range){ low, high };
		}
	}
	for (unsigned int i = 0; i < used; i++) {
		set->intervals[i].low = kept[i].low;
		set->intervals[i].high = kept[i].high;
	}
	set->count = used;
	return true;
}

static void keep_bits(struct value_set *set, uint64_t mask, uint64_t value)
{
	if ((value & ~mask) || ((set->known_value ^ value) & set->known_mask & mask)) {
		set->count = 0;
		return;
	}
	set->known_mask |= mask;
	set->known_value |= value;
}

bool value_set_keep(struct value_set *set, const struct stile_table_condition *condition)
{
	const uint64_t max = bits_mask(condition->bits);
	struct value_range ranges[2];
	unsigned int count;

	if (condition->comparison == STILE_MASKED_EQUAL) {
		keep_bits(set, condition->mask & max, condition->value & max);
		return true;
	}
	count = comparison_ranges(condition->comparison, condition, ranges);
	return keep_ranges(set, ranges, count);
}

bool value_set_drop(struct value_set *set, const struct stile_table_condition *condition)
{
	const uint64_t max = bits_mask(condition->bits);
	struct value_range ranges[2];
	unsigned int count;

	if (condition->comparison == STILE_MASKED_EQUAL) {
		const uint64_t mask = condition->mask & max, value = condition->value & max;

		if (value & ~mask)
			return true; /* it never holds */
		if (mask & (mask - 1))
			return false;
		if (mask)
			value_set_drop_bit(set, mask, value);
		else
			set->count = 0; /* it always holds */
		return true;
	}
	count = comparison_ranges(negated(condition->comparison), condition, ranges);
	return keep_ranges(set, ranges, count);
}

void value_set_drop_bit(struct value_set *set, uint64_t bit, uint64_t value)
{
	keep_bits(set, bit, ~value & bit);
}

/* The smallest value from low up whose bits under mask are those of value, not over max. */
static bool fit_known(uint64_t low, uint64_t max, uint64_t mask, uint64_t value, uint64_t *found)
{
	uint64_t x = (low & ~mask) | value, highest, below, free_bits;

	if (x == low) {
		*found = x;
		return true;
	}
	highest = UINT64_C(1) << (63 - __builtin_clzll(x ^ low));
	below = highest - 1;
	if (x & highest) {
		/* Already greater than low by the highest bit that differs: the rest is least. */
		*found = x & ~(below & ~mask);
		return true;
	}
	/* Less than low by that bit: the next free zero bit above it must become one. */
	free_bits = ~mask & ~low & max & ~(below | highest);
	if (!free_bits)
		return false;
	free_bits &= -free_bits;
	*found = ((x | free_bits) & ~((free_bits - 1) & ~mask));
	return true;
}

/* The smallest member between low and high. */
static bool first_member(const struct value_set *set, uint64_t low, uint64_t high, uint64_t *value)
{
	const uint64_t max = bits_mask(set->bits);

	for (unsigned int i = 0; i < set->count; i++) {
		uint64_t from = set->intervals[i].low, to = set->intervals[i].high;

		if (from < low)
			from = low;
		if (to > high)
			to = high;
		if (from <= to && fit_known(from, max, set->known_mask, set->known_value, value) &&
		    *value <= to)
			return true;
	}
	return false;
}

bool value_set_pick(const struct value_set *set, const uint64_t *preferred, size_t count,
		    uint64_t *value)
{
	for (size_t i = 0; i < count; i++)
		if (first_member(set, preferred[i], preferred[i], value))
			return true;
	return first_member(set, 0, UINT64_MAX, value);
}

bool value_set_is_empty(const struct value_set *set)
{
	uint64_t value;

	return !first_member(set, 0, UINT64_MAX, &value);
}

bool value_set_within(const struct value_set *set, const struct stile_table_condition *condition)
{
	const uint64_t max = bits_mask(condition->bits);
	struct value_range ranges[2];
	unsigned int count;
	uint64_t value;

	if (condition->comparison == STILE_MASKED_EQUAL) {
		const uint64_t mask = condition->mask & max, wanted = condition->value & max;

		if (wanted & ~mask)
			return value_set_is_empty(set);
		for (uint64_t rest = mask; rest; rest &= rest - 1) {
			struct value_set other = *set;

			value_set_drop_bit(&other, rest & -rest, wanted);
			if (!value_set_is_empty(&other))
				return false;
		}
		return true;
	}
	/* Looked for among the ranges where it does not hold, so that nothing need be split. */
	count = comparison_ranges(negated(condition->comparison), condition, ranges);
	for (unsigned int i = 0; i < count; i++)
		if (first_member(set, ranges[i].low, ranges[i].high, &value))
			return false;
	return true;
}

bool condition_holds(const struct stile_table_condition *condition, uint64_t word)
{
	const uint64_t max = bits_mask(condition->bits);
	const uint64_t sign = condition->is_signed ? max - (max >> 1) : 0;
	const uint64_t argument = word & max, value = condition->value & max;

	switch (condition->comparison) {
	case STILE_NOT_EQUAL:
		return argument != value;
	case STILE_LESS:
		return (argument ^ sign) < (value ^ sign);
	case STILE_LESS_OR_EQUAL:
		return (argument ^ sign) <= (value ^ sign);
	case STILE_GREATER:
		return (argument ^ sign) > (value ^ sign);
	case STILE_GREATER_OR_EQUAL:
		return (argument ^ sign) >= (value ^ sign);
	case STILE_MASKED_EQUAL:
		return (argument & condition->mask) == value;
	default: /* STILE_EQUAL; STILE_IS_NULL comes as such */
		return argument == value;
	}
}
