/* SPDX-License-Identifier: MIT */
#ifndef CORE_GRANT_H
#define CORE_GRANT_H

#include "context.h"

/* Grants everything of the built-in ruleset basic. */
int context_add_basic(struct stile *s);

/* Grants a grant of a table with an action; values of its parameters in their order. */
int context_add_grant(struct stile *s, const struct stile_table *table, uint32_t ruleset,
		      uint32_t grant, const int32_t *values, size_t value_count,
		      struct stile_action action, enum origin_kind kind, const char *verb);

/* The index of a ruleset, or of a grant in table->grants; -1: there is none of that name. */
int find_ruleset(const struct stile_table *table, const char *name);
int find_grant(const struct stile_table *table, uint32_t ruleset, const char *name);

#endif
