/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_PLAIN_CONDITIONS_H
#define FORMATS_PLAIN_CONDITIONS_H

/* Any condition, or its opposite, in unsigned comparisons of 32 or 64 bits. */

#include <stdbool.h>
#include <stddef.h>

#include <stile.h>

#define PLAIN_CONDITIONS_MAX 64 /* bits of a mask, or blocks of a range of 16 bits */

/* Both must hold. */
struct plain_pair {
	struct stile_table_condition conditions[2];
	size_t count; /* 1 or 2 */
};

/* One of them must hold. */
struct plain_conditions {
	struct plain_pair items[PLAIN_CONDITIONS_MAX];
	size_t count;
};

/* Adds the condition (is_opposite: what it does not match) to an empty list. */
void plain_conditions_add(struct plain_conditions *plain,
			  const struct stile_table_condition *condition, bool is_opposite);

/* The comparison that holds where the other does not; a masked one has none. */
enum stile_comparison opposite_comparison(enum stile_comparison comparison);

/* Whether a condition that is not signed holds for a value of its argument. */
bool plain_condition_holds(const struct stile_table_condition *condition, uint64_t value);

#endif
