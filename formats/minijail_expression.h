/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_MINIJAIL_EXPRESSION_H
#define FORMATS_MINIJAIL_EXPRESSION_H

/* Conditions of a policy as an expression of minijail's files: alternatives of what holds. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "minijail.h"

#define EXPRESSION_ATOMS_MAX 4096

struct expression {
	struct minijail_atom *atoms; /* each that begins a clause says so */
	size_t count, capacity;
	bool is_always_true; /* in place of no atoms; else no atoms are never true */
	bool has_failed;     /* out of memory, or too long */
};

void expression_free(struct expression *expression);

/*
 * What a rule's conditions say together; bits is the width of the ABI's comparisons. False: a
 * condition compares more bits than that. Freed in any case.
 */
bool expression_of_rule(const struct stile_policy_rule *rule, unsigned int bits,
			struct expression *expression);

/* Makes it what either says. Frees the other. */
void expression_or(struct expression *expression, struct expression *other);

/* Says "& 2 || & 4" as "& 6". */
void expression_shorten(struct expression *expression);

/* The same as of a rule for one condition. */
bool expression_of_condition(const struct stile_table_condition *condition, unsigned int bits,
			     struct expression *expression);

/* Adds an atom; begins_clause: behind "||". */
void expression_add(struct expression *expression, bool begins_clause, uint8_t argument,
		    enum minijail_test test, uint64_t value);

void expression_print(FILE *stream, const struct expression *expression, unsigned int bits);

#endif
