/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROOF_SEARCH_H
#define TESTS_PROOF_SEARCH_H

/* What a proof says against what can be found by trying calls. */

#include <string.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "prologue.h"
#include "proof.h"
#include "random.h"

static inline bool filter_differs(const struct policy *policy, const struct filter *filter,
				  const struct seccomp_data *data)
{
	uint64_t words[6];

	memcpy(words, data->args, sizeof(words));
	return effective_answer(filter_run(filter->instructions, data)) !=
	       effective_answer(
		       action_answer(policy_decide(policy, data->arch, (uint32_t)data->nr, words)));
}

/* A number that the filter or the policy may look at: near a constant of theirs. */
static inline uint32_t search_number(const struct policy *policy, const struct filter *filter,
				     struct random *r)
{
	const struct sock_filter *i =
		&filter->instructions[random_below(r, (uint32_t)filter->count)];
	const struct policy_abi *abi = &policy->abis[random_below(r, policy->abi_count)];

	switch (random_below(r, 4)) {
	case 0:
		return i->k + random_below(r, 3) - 1;
	case 1:
		return (uint32_t)random_word(r) >> random_below(r, 32);
	default:
		if (abi->decision_count == 0)
			return i->k;
		return (uint32_t)abi->decisions[random_below(r, abi->decision_count)].number +
		       (random_below(r, 8) == 0);
	}
}

/* Half of an argument. */
static inline uint32_t search_half(const struct policy *policy, const struct filter *filter,
				   struct random *r, bool is_upper)
{
	const struct sock_filter *i =
		&filter->instructions[random_below(r, (uint32_t)filter->count)];
	uint64_t value = i->k;

	if (policy->rule_count && random_below(r, 2)) {
		const struct rule *rule = &policy->rules[random_below(r, policy->rule_count)];

		if (rule->condition_count) {
			value = rule->conditions[random_below(r, rule->condition_count)].value;
			value = is_upper ? value >> 32 : value;
		}
	}
	switch (random_below(r, 6)) {
	case 0:
		return (uint32_t)value ^ UINT32_C(1) << random_below(r, 32);
	case 1:
		return (uint32_t)random_word(r);
	case 2:
		return 0;
	default:
		return (uint32_t)value + (random_below(r, 2) ? 0 : random_below(r, 3) - 1);
	}
}

static inline void search_call(const struct policy *policy, const struct filter *filter,
			       struct random *r, struct seccomp_data *data)
{
	data->nr = (int)search_number(policy, filter, r);
	data->arch = audit_arch(policy->abis[random_below(r, policy->abi_count)].abi);
	if (random_below(r, 16) == 0)
		data->arch = search_half(policy, filter, r, false);
	data->instruction_pointer = random_word(r) >> random_below(r, 64);
	for (unsigned int i = 0; i < 6; i++)
		data->args[i] = search_half(policy, filter, r, false) |
				(uint64_t)search_half(policy, filter, r, true) << 32;
}

/*
 * NULL if the proof's verdict stands: a witness is one; where filter and policy are called equal,
 * no call of many that are tried shows a difference. Else what is wrong; *data is a call
 * that shows it.
 */
static inline const char *refute(const struct policy *policy, const struct filter *filter,
				 const struct stile_proof *proof, struct random *r,
				 unsigned int tries, struct seccomp_data *data)
{
	uint64_t words[6];

	switch (proof->verdict) {
	case STILE_VERDICT_UNDECIDED:
		if (!proof->why || proof->where >= filter->count)
			return "it is undecided without a reason";
		return strstr(proof->why, "contradicts") ? proof->why : NULL;
	case STILE_VERDICT_DIFFERENT:
		*data = proof->witness;
		memcpy(words, data->args, sizeof(words));
		if (!filter_differs(policy, filter, data))
			return "the witness shows no difference";
		if (proof->filter_answer !=
			    effective_answer(filter_run(filter->instructions, data)) ||
		    proof->policy_answer !=
			    effective_answer(action_answer(
				    policy_decide(policy, data->arch, (uint32_t)data->nr, words))))
			return "the answers are not those of the witness";
		return NULL;
	case STILE_VERDICT_EQUAL:
		for (; tries; tries--) {
			search_call(policy, filter, r, data);
			if (filter_differs(policy, filter, data))
				return "they are called equal and are not";
		}
		return NULL;
	}
	return "it has no verdict";
}

#endif
