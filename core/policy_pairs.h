/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_PAIRS_H
#define CORE_POLICY_PAIRS_H

/*
 * Two policies side by side: what either says of one number, and the rules of both as one list in
 * which each rule stands for a pair. A call's first match there is the pair of its first matches.
 */

#include "arena.h"
#include "policy.h"

/* What a policy says of a number of an architecture. */
struct judgement {
	const struct policy *policy;
	const struct policy_abi *abi;	 /* NULL: a foreign ABI */
	const struct decision *decision; /* NULL: one answer for all arguments: rest */
	const struct rule *rules;
	uint32_t rule_count;
	struct stile_action rest;
	uint32_t rest_origin;
};

struct judgement judge(const struct policy *policy, uint32_t arch, uint32_t number);

struct pair {
	struct stile_action actions[2];
	uint32_t origins[2];
	const struct stile_table_condition *conditions;
	uint8_t condition_count;
};

struct pairs {
	struct pair *pairs; /* the last one has no conditions: the rest of both */
	uint32_t count;
};

#define PAIRS_MAX 100000

/* Pairs that no call can match are left out. 0, -ENOMEM, or -E2BIG: there are too many. */
int pairs_make(struct arena *arena, const struct judgement *a, const struct judgement *b,
	       struct pairs *pairs);

/* The numbers at which what either policy says of an architecture may change, ascending from 0.
 * NULL: out of memory. *count of them; freed by the caller. */
uint32_t *pairs_starts(const struct policy *a, const struct policy *b, uint32_t arch,
		       size_t *count);

#endif
