/* SPDX-License-Identifier: MIT */
/* Which calls a rule decides: several checks want to know, and the library is asked once. */
#include <errno.h>
#include <stdlib.h>

#include "checker.h"

enum { NOT_ASKED = 2 };

/* What is known of a rule, or of the calls that no rule matches. */
struct reached {
	int result; /* stile_policy_reach()'s, or NOT_ASKED */
	struct seccomp_data data;
};

/* The rules of a call. */
struct reached_call {
	uint32_t number;
	uint32_t first; /* in struct lint_memory's reached; there is one more than rules */
};

struct lint_memory {
	struct reached_call *calls[STILE_ABI_COUNT]; /* sorted by number */
	size_t counts[STILE_ABI_COUNT];
	struct reached *reached;
};

static size_t count_rules(const struct lint *lint, enum stile_abi abi, size_t *calls)
{
	struct stile_policy_call call;
	size_t rules = 0;

	for (*calls = 0; stile_policy_get_call(lint->policy, abi, *calls, &call); ++*calls)
		rules += call.rule_count + 1;
	return rules;
}

/* The calls of an ABI, whose rules have their places from first on; the next free place. */
static size_t list_calls(const struct lint *lint, enum stile_abi abi, struct reached_call *calls,
			 size_t first)
{
	struct stile_policy_call call;

	for (size_t i = 0; stile_policy_get_call(lint->policy, abi, i, &call); i++) {
		calls[i] = (struct reached_call){ call.number, (uint32_t)first };
		first += call.rule_count + 1;
	}
	return first;
}

bool lint_reach_start(struct lint *lint)
{
	struct lint_memory *memory = calloc(1, sizeof(*memory));
	size_t rules = 0, first = 0;
	bool is_good = memory != NULL;

	lint->memory = memory;
	for (size_t a = 0; a < lint->abi_count && is_good; a++) {
		const enum stile_abi abi = lint->abis[a];

		rules += count_rules(lint, abi, &memory->counts[abi]);
		memory->calls[abi] = calloc(memory->counts[abi] + 1, sizeof(**memory->calls));
		is_good = memory->calls[abi] != NULL;
	}
	if (is_good)
		memory->reached = calloc(rules + 1, sizeof(*memory->reached));
	if (!is_good || !memory->reached)
		return false;
	for (size_t a = 0; a < lint->abi_count; a++)
		first = list_calls(lint, lint->abis[a], memory->calls[lint->abis[a]], first);
	for (size_t i = 0; i < rules; i++)
		memory->reached[i].result = NOT_ASKED;
	return true;
}

void lint_reach_end(struct lint *lint)
{
	for (int abi = 0; lint->memory && abi < STILE_ABI_COUNT; abi++)
		free(lint->memory->calls[abi]);
	if (lint->memory)
		free(lint->memory->reached);
	free(lint->memory);
	lint->memory = NULL;
}

static int compare_numbers(const void *key, const void *element)
{
	const uint32_t a = *(const uint32_t *)key;
	const uint32_t b = ((const struct reached_call *)element)->number;

	return a < b ? -1 : a > b;
}

int lint_reach(const struct lint *lint, const struct stile_policy_call *call, size_t rule,
	       struct seccomp_data *data)
{
	const struct lint_memory *memory = lint->memory;
	const struct reached_call *known;
	struct reached *reached;

	if (rule > call->rule_count || call->rule_count > lint->rules_max)
		return -E2BIG;
	if (!memory)
		return stile_policy_reach(lint->policy, call, rule, data);
	known = bsearch(&call->number, memory->calls[call->abi], memory->counts[call->abi],
			sizeof(*known), compare_numbers);
	if (!known)
		return -EINVAL;
	reached = &memory->reached[known->first + rule];
	if (reached->result == NOT_ASKED)
		reached->result = stile_policy_reach(lint->policy, call, rule, &reached->data);
	if (reached->result > 0)
		*data = reached->data;
	return reached->result;
}
