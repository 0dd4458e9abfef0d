/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_DECISIONS_H
#define FORMATS_KAFEL_DECISIONS_H

/*
 * Conditions of any form as lists: the first case whose all parts hold says whether the condition
 * does. A policy's rules are such lists; so each condition that Kafel knows can be said in them,
 * though some are long.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile.h>

#define KAFEL_CASES_MAX 2048 /* of one condition */
#define KAFEL_PARTS_MAX 26   /* that are no masks; with six masks a rule has 32 conditions */

/* Bits of arguments, and comparisons; all must hold. */
struct kafel_conjunction {
	uint64_t mask[6], value[6];
	struct stile_table_condition parts[KAFEL_PARTS_MAX];
	unsigned int part_count;
};

struct kafel_case {
	struct kafel_conjunction all;
	bool answer;
};

struct kafel_decisions {
	struct kafel_case *cases;
	size_t count, capacity;
	bool rest;	     /* what holds where no case does */
	const char *why_not; /* NULL, or why the list could not be made */
};

/* Adds what holds in b to a. False: both never hold together; *why_not is set if it is too much. */
bool kafel_conjoin(struct kafel_conjunction *a, const struct kafel_conjunction *b,
		   const char **why_not);

/* Adds a case behind the others. */
void kafel_decisions_add(struct kafel_decisions *list, const struct kafel_conjunction *all,
			 bool answer);

/* Makes list the opposite, or what holds if both do, or one of the two. Empties other. */
void kafel_decisions_negate(struct kafel_decisions *list);
void kafel_decisions_and(struct kafel_decisions *list, struct kafel_decisions *other);
void kafel_decisions_or(struct kafel_decisions *list, struct kafel_decisions *other);

void kafel_decisions_free(struct kafel_decisions *list);

#endif
