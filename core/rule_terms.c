/* SPDX-License-Identifier: MIT */
#include "rule_terms.h"

#include <string.h>

#include "graph.h"
#include "prologue.h"

#define RANGES_MAX (RULE_CONDITIONS_MAX + 2) /* each condition splits at most one range */

/* What the conditions seen so far leave of one argument. */
struct left {
	unsigned int bits;
	uint64_t mask, value; /* bits that are known */
	struct value_range ranges[RANGES_MAX];
	uint32_t range_count;
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

static bool keep_bits(struct left *left, uint64_t mask, uint64_t value)
{
	if ((value & ~mask) || ((left->value ^ value) & left->mask & mask))
		return false;
	left->mask |= mask;
	left->value |= value;
	return true;
}

static bool keep(struct left *left, const struct stile_table_condition *condition)
{
	const uint64_t all = all_bits(condition->bits);
	struct value_range ranges[2];
	unsigned int count;

	if (left->range_count == 0) { /* the first condition on this argument */
		left->bits = condition->bits;
		left->ranges[0] = (struct value_range){ 0, all };
		left->range_count = 1;
	}
	if (condition->comparison == STILE_MASKED_EQUAL) {
		if (condition->value & all & ~condition->mask)
			return false;
		return keep_bits(left, condition->mask & all, condition->value & all);
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

/* Where one value is left, its bits need not be asked for. False: none is left. */
static bool settle(struct left *left)
{
	const struct value_range only = { left->value, left->value };

	if (left->mask == all_bits(left->bits) && !keep_ranges(left, &only, 1))
		return false;
	if (left->range_count > 1 || left->ranges[0].low != left->ranges[0].high)
		return true;
	if ((left->ranges[0].low & left->mask) != left->value)
		return false;
	left->mask = left->value = 0;
	return true;
}

static bool add_terms(struct found *found, unsigned int argument, const struct left *left,
		      struct arena *arena)
{
	add_masked(found, argument, GRAPH_WORD_LOW(argument), (uint32_t)left->mask,
		   (uint32_t)left->value);
	add_masked(found, argument, GRAPH_WORD_HIGH(argument), (uint32_t)(left->mask >> 32),
		   (uint32_t)(left->value >> 32));
	if (left->range_count == 1 && left->ranges[0].low == 0 &&
	    left->ranges[0].high == all_bits(left->bits))
		return true;
	return add_ranges(found, argument, left, arena);
}

/* The conditions on one argument. */
static enum rule_kind find_terms(const struct rule *rule, unsigned int argument,
				 struct found *found, struct arena *arena)
{
	struct left left;

	left.range_count = 0;
	left.mask = left.value = 0;
	for (unsigned int i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].argument == argument && !keep(&left, &rule->conditions[i]))
			return RULE_IS_NEVER;
	if (left.range_count == 0)
		return RULE_IS_USED; /* no condition on it */
	if (!settle(&left))
		return RULE_IS_NEVER;
	return add_terms(found, argument, &left, arena) ? RULE_IS_USED : RULE_IS_LOST;
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
