/* SPDX-License-Identifier: MIT */
#include "rule_terms.h"

#include <string.h>

#include "graph.h"
#include "prologue.h"

#define RANGES_MAX (RULE_CONDITIONS_MAX + 2) /* each condition splits at most one range */

/* What the conditions seen so far leave of one argument, in one width. */
struct left {
	unsigned int bits;
	struct value_range ranges[RANGES_MAX];
	uint32_t range_count; /* 0: no condition yet */
};

/* Bits of an argument that are known. */
struct known {
	uint64_t mask, value;
};

static uint64_t all_bits(unsigned int bits)
{
	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* False: nothing is left. */
static bool keep_ranges(struct left *left, const struct value_range *ranges, unsigned int count)
{
	struct value_range kept[RANGES_MAX];
	uint32_t used = 0;

	for (uint32_t i = 0; i < left->range_count; i++) {
		for (unsigned int k = 0; k < count; k++) {
			struct value_range both = left->ranges[i];

			if (ranges[k].low > both.low)
				both.low = ranges[k].low;
			if (ranges[k].high < both.high)
				both.high = ranges[k].high;
			if (both.low <= both.high)
				kept[used++] = both;
		}
	}
	memcpy(left->ranges, kept, used * sizeof(*kept));
	left->range_count = used;
	return used > 0;
}

static bool keep_bits(struct known *known, uint64_t mask, uint64_t value)
{
	if ((value & ~mask) || ((known->value ^ value) & known->mask & mask))
		return false;
	known->mask |= mask;
	known->value |= value;
	return true;
}

static bool keep_condition(struct left *left, const struct stile_table_condition *condition)
{
	struct value_range ranges[2];
	unsigned int count;

	if (left->range_count == 0) {
		left->ranges[0] = (struct value_range){ 0, all_bits(condition->bits) };
		left->range_count = 1;
	}
	count = condition_ranges(condition, ranges);
	return keep_ranges(left, ranges, count);
}

/* Terms that are found, on the stack until it is known how many they are. */
struct found {
	struct term terms[TERMS_MAX];
	uint8_t count;
};

static void add_masked(struct found *found, unsigned int argument, unsigned int word, uint32_t mask,
		       uint32_t value)
{
	if (mask)
		found->terms[found->count++] = (struct term){ .is_masked = true,
							      .argument = (uint8_t)argument,
							      .word = (uint8_t)word,
							      .mask = mask,
							      .value = value };
}

static bool add_ranges(struct found *found, unsigned int argument, const struct left *left,
		       struct arena *arena)
{
	struct value_range *ranges = arena_allocate(arena, left->range_count, sizeof(*ranges));

	if (!ranges)
		return false;
	memcpy(ranges, left->ranges, left->range_count * sizeof(*ranges));
	found->terms[found->count++] = (struct term){ .argument = (uint8_t)argument,
						      .bits = (uint8_t)left->bits,
						      .ranges = ranges,
						      .range_count = left->range_count };
	return true;
}

/* Where all bits are known, or one value is left, one of the two is enough. False: none is left. */
static bool settle(struct left *left, struct known *known)
{
	const uint64_t all = all_bits(left->bits);
	const struct value_range only = { known->value & all, known->value & all };

	if ((known->mask & all) == all && left->range_count == 0)
		left->ranges[left->range_count++] = only;
	else if ((known->mask & all) == all && !keep_ranges(left, &only, 1))
		return false;
	if (left->range_count != 1 || left->ranges[0].low != left->ranges[0].high)
		return true;
	if ((left->ranges[0].low ^ known->value) & known->mask & all)
		return false;
	known->mask &= ~all;
	known->value &= ~all;
	return true;
}

static bool add_left(struct found *found, unsigned int argument, const struct left *left,
		     struct arena *arena)
{
	if (left->range_count == 0 || (left->range_count == 1 && left->ranges[0].low == 0 &&
				       left->ranges[0].high == all_bits(left->bits)))
		return true;
	return add_ranges(found, argument, left, arena);
}

/* The conditions on one argument in one width; masks of all widths go to known. */
static enum rule_kind find_width(const struct rule *rule, unsigned int argument, unsigned int bits,
				 struct known *known, struct found *found, struct arena *arena)
{
	const uint64_t all = all_bits(bits);
	bool is_asked = false;
	struct left left;

	left.bits = bits;
	left.range_count = 0;
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		const struct stile_table_condition *c = &rule->conditions[i];
		bool is_possible;

		if (c->argument != argument || c->bits != bits)
			continue;
		is_asked = true;
		if (c->comparison == STILE_MASKED_EQUAL)
			is_possible = (c->value & all & ~c->mask) == 0 &&
				      keep_bits(known, c->mask & all, c->value & all);
		else
			is_possible = keep_condition(&left, c);
		if (!is_possible)
			return RULE_IS_NEVER;
	}
	if (!is_asked)
		return RULE_IS_USED;
	if (!settle(&left, known))
		return RULE_IS_NEVER;
	return add_left(found, argument, &left, arena) ? RULE_IS_USED : RULE_IS_LOST;
}

static enum rule_kind find_terms(const struct rule *rule, unsigned int argument,
				 struct found *found, struct arena *arena)
{
	static const unsigned int widths[] = { 16, 32, 64 };
	struct known known = { 0, 0 };

	for (unsigned int i = 0; i < 3; i++) {
		const enum rule_kind kind = find_width(rule, argument, widths[i], &known, found,
						       arena);

		if (kind != RULE_IS_USED)
			return kind;
	}
	add_masked(found, argument, GRAPH_WORD_LOW(argument), (uint32_t)known.mask,
		   (uint32_t)known.value);
	add_masked(found, argument, GRAPH_WORD_HIGH(argument), (uint32_t)(known.mask >> 32),
		   (uint32_t)(known.value >> 32));
	return RULE_IS_USED;
}

enum rule_kind rule_find_terms(const struct rule *rule, struct arena *arena,
			       struct rule_terms *terms)
{
	struct found found;

	found.count = 0;
	for (unsigned int argument = 0; argument < 6; argument++) {
		const enum rule_kind kind = find_terms(rule, argument, &found, arena);

		if (kind != RULE_IS_USED)
			return kind;
	}
	terms->answer = action_answer(rule->action);
	terms->count = found.count;
	terms->terms = arena_allocate(arena, found.count, sizeof(*terms->terms));
	if (!terms->terms)
		return RULE_IS_LOST;
	memcpy(terms->terms, found.terms, found.count * sizeof(*terms->terms));
	return RULE_IS_USED;
}
