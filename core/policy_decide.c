/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include "audit_arch.h"
#include "value_set.h"

bool rule_matches(const struct rule *rule, const uint64_t words[6])
{
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		const struct stile_table_condition *condition = &rule->conditions[i];

		if (!condition_holds(condition, words[condition->argument]))
			return false;
	}
	return true;
}

const struct decision *policy_find_decision(const struct policy_abi *abi, uint32_t number)
{
	uint32_t low = 0, high = abi->decision_count;

	/* Without gaps before it a number stands at its own place. */
	if (number < high && (uint32_t)abi->decisions[number].number == number)
		return &abi->decisions[number];
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const uint32_t there = (uint32_t)abi->decisions[middle].number;

		if (there == number)
			return &abi->decisions[middle];
		if (there < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct policy_abi *policy_find_abi(const struct policy *policy, uint32_t arch,
					 uint32_t number)
{
	const struct policy_abi *heir = NULL;

	for (uint32_t i = 0; i < policy->abi_count; i++) {
		const struct policy_abi *abi = &policy->abis[i];

		if (arch != audit_arch(abi->abi))
			continue;
		if (abi->abi == STILE_ABI_X86_64 && number >= X32_SYSCALL_BIT &&
		    number != UINT32_MAX)
			continue;
		if (abi->abi == STILE_ABI_X32 && number < X32_SYSCALL_BIT)
			continue;
		if (abi->abi != STILE_ABI_X32 || number != UINT32_MAX)
			return abi;
		heir = abi;
	}
	return heir;
}

struct stile_action policy_decide(const struct policy *policy, uint32_t arch, uint32_t number,
				  const uint64_t words[6])
{
	const struct policy_abi *abi = policy_find_abi(policy, arch, number);
	const struct decision *decision;

	if (!abi)
		return policy->foreign_action;
	decision = policy_find_decision(abi, number);
	if (!decision)
		return unknown_answer(policy, abi);
	for (uint32_t i = 0; i < decision->rule_count; i++) {
		const struct rule *rule = &policy->rules[decision->first_rule + i];

		if (rule_matches(rule, words))
			return rule->action;
	}
	return decision->rest;
}
