/* SPDX-License-Identifier: MIT */
#ifndef CORE_RULE_TERMS_H
#define CORE_RULE_TERMS_H

/*
 * The conditions of a rule, as the compiler takes them: what is left of the values of each argument
 * as ranges, and masked equalities of single words. All of a rule's terms must hold.
 */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "rule.h"
#include "value_set.h"

/* of one rule: for each argument ranges of three widths and two masked words */
#define TERMS_MAX 30

struct term {
	bool is_masked;
	uint8_t argument;
	uint8_t bits;	      /* ranges: 16, 32 or 64 */
	uint8_t word;	      /* masked: index into struct seccomp_data as words */
	uint32_t mask, value; /* masked: value is within mask */
	const struct value_range *ranges;
	uint32_t range_count; /* ascending, disjoint, at least one */
};

struct rule_terms {
	struct term *terms;
	uint8_t count;
	uint32_t answer; /* SECCOMP_RET_* with its data */
};

enum rule_kind {
	RULE_IS_NEVER, /* it can match no call */
	RULE_IS_USED,
	RULE_IS_LOST /* memory is out */
};

/* A rule without terms matches every call. Memory is taken from the arena. */
enum rule_kind rule_find_terms(const struct rule *rule, struct arena *arena,
			       struct rule_terms *terms);

/* Whether two terms ask for the same: ranges of one argument in one width, or one word under one
 * mask. */
static inline bool same_question(const struct term *a, const struct term *b)
{
	if (a->is_masked != b->is_masked)
		return false;
	if (a->is_masked)
		return a->word == b->word && a->mask == b->mask;
	return a->argument == b->argument && a->bits == b->bits;
}

#endif
