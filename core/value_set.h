/* SPDX-License-Identifier: MIT */
#ifndef CORE_VALUE_SET_H
#define CORE_VALUE_SET_H

/*
 * The values of one argument that a conjunction of conditions leaves: exact, as
 * intervals and known bits. What conflicts, witnesses and "never" and "always" stand on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/table.h>

struct value_range {
	uint64_t low, high; /* both are in it */
};

#define VALUE_SET_INTERVALS 72 /* two rules' conditions, each splitting one interval */

struct value_set {
	uint64_t known_mask, known_value; /* (value & known_mask) == known_value */
	unsigned int bits, count;
	struct value_range intervals[VALUE_SET_INTERVALS]; /* unsigned, ascending, disjoint */
};

/* All values of an argument of 16, 32 or 64 bits. */
void value_set_all(struct value_set *set, unsigned int bits);

/* Leaves the values for which the condition holds; false: too many intervals, set unusable. */
bool value_set_keep(struct value_set *set, const struct stile_table_condition *condition);

/*
 * Leaves the values for which it does not hold. For STILE_MASKED_EQUAL with several bits that is
 * no value_set: value_set_drop_bit() takes them one by one.
 */
bool value_set_drop(struct value_set *set, const struct stile_table_condition *condition);

/* Leaves the values whose bit (one bit set) differs from that of value. */
void value_set_drop_bit(struct value_set *set, uint64_t bit, uint64_t value);

/* A member: the first of the preferred values that is one, else the smallest. False: empty. */
bool value_set_pick(const struct value_set *set, const uint64_t *preferred, size_t count,
		    uint64_t *value);

bool value_set_is_empty(const struct value_set *set);

/* Whether the condition holds for every member (true for the empty set). */
bool value_set_within(const struct value_set *set, const struct stile_table_condition *condition);

/* The values for which a condition holds that is not STILE_MASKED_EQUAL: at most two ranges,
 * ascending; how many. */
unsigned int condition_ranges(const struct stile_table_condition *condition,
			      struct value_range ranges[2]);

/* Whether the condition holds for this argument word, as the register has it. */
bool condition_holds(const struct stile_table_condition *condition, uint64_t word);

#endif
