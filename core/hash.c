/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <errno.h>

#include <stile/compiled.h>

#include "context.h"
#include "policy_build.h"
#include "public.h"

uint64_t filter_hash(const struct filter *filter)
{
	return hash_instructions(filter->instructions, filter->count);
}

static uint64_t hash_action(uint64_t hash, struct stile_action action)
{
	return hash_word(hash, (uint64_t)action.kind << 32 | action.errno_value);
}

static uint64_t hash_condition(const struct stile_table_condition *condition)
{
	uint64_t hash = hash_word(HASH_START, (uint64_t)condition->argument << 24 |
						      (uint64_t)condition->bits << 16 |
						      (uint64_t)condition->comparison << 8 |
						      condition->is_signed);

	if (condition->comparison == STILE_MASKED_EQUAL)
		hash = hash_word(hash, condition->mask);
	return hash_word(hash, condition->value);
}

/* All conditions must hold: a sum, since none is the first. */
static uint64_t hash_rule(const struct rule *rule)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rule->condition_count; i++)
		sum += hash_condition(&rule->conditions[i]);
	return hash_action(hash_word(HASH_START, sum), rule->action);
}

static uint64_t hash_decision(uint64_t hash, const struct policy *policy,
			      const struct decision *decision)
{
	uint64_t sum = 0;

	hash = hash_word(hash, (uint64_t)(uint32_t)decision->number << 32 |
				       (uint64_t)decision->rest.kind << 16 |
				       decision->rest.errno_value);
	if (decision->rule_count == 0) /* most calls: one step */
		return hash;
	/* Rules of a context have the same action where they overlap, so none is the first. */
	for (uint32_t i = 0; i < decision->rule_count; i++) {
		const uint64_t rule = hash_rule(&policy->rules[decision->first_rule + i]);

		sum = policy->is_ordered ? hash_word(sum, rule) : sum + rule;
	}
	return hash_word(hash_word(hash, decision->rule_count), sum);
}

static uint64_t hash_abi(const struct policy *policy, const struct policy_abi *abi)
{
	uint64_t hash = hash_word(HASH_START, (uint64_t)abi->abi << 32 | abi->decision_count);

	if (policy->abis_with_unknown & 1u << abi->abi)
		hash = hash_action(hash, policy->abi_unknown[abi->abi]);
	for (uint32_t i = 0; i < abi->decision_count; i++)
		hash = hash_decision(hash, policy, &abi->decisions[i]);
	return hash;
}

uint64_t policy_hash(const struct policy *policy)
{
	uint64_t hash = hash_word(HASH_START, policy->abi_count), sum = 0;

	hash = hash_action(hash, policy->default_action);
	hash = hash_action(hash, policy->foreign_action);
	hash = hash_action(hash, policy->unknown_action);
	for (uint32_t i = 0; i < policy->abi_count; i++)
		sum += hash_abi(policy, &policy->abis[i]);
	return hash_word(hash, sum);
}

STILE_PUBLIC uint64_t stile_filter_hash(const struct sock_filter *instructions, size_t count)
{
	return hash_instructions(instructions, instructions ? count : 0);
}

STILE_PUBLIC int stile_policy_hash(struct stile *s, uint64_t *hash)
{
	struct policy policy;
	int error = context_ready(s);

	if (error)
		return error;
	if (!hash)
		return context_fail(s, -EINVAL, "stile_policy_hash() needs a place for its result");
	error = policy_build(s, POLICY_FINAL, &policy);
	if (error)
		return error;
	*hash = policy_hash(&policy);
	policy_free(&policy);
	return 0;
}
