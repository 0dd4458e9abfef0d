/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_ALTERNATIVES_H
#define FORMATS_ALTERNATIVES_H

/*
 * A call's ordered rules as alternatives without order: which calls get one certain answer. For
 * formats that have one action for all that their rules match, and unsigned comparisons of 32 or
 * 64 bits.
 */

#include <stdbool.h>
#include <stddef.h>

#include <stile.h>

#define ALTERNATIVE_CONDITIONS_MAX 32
#define ALTERNATIVES_MAX 1024 /* of one call */

/* All conditions must hold; none: every call. */
struct alternative {
	struct stile_table_condition conditions[ALTERNATIVE_CONDITIONS_MAX];
	size_t count;
};

struct alternatives {
	struct alternative *items;
	size_t count, capacity;
};

/*
 * Adds what together matches the calls that get the answer for which is_wanted() is true. False:
 * there are too many, or memory is out. Freed with free(items), always.
 */
bool alternatives_add(struct alternatives *alternatives, const struct stile_policy *policy,
		      const struct stile_policy_call *call,
		      bool (*is_wanted)(struct stile_action action, const void *data),
		      const void *data);

#endif
