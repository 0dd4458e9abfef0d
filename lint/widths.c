/* SPDX-License-Identifier: MIT */
/* Comparisons of more bits than the kernel uses, or of fewer than there are. */
#include <stdio.h>
#include <string.h>

#include "checker.h"
#include "tables.h"

#define ALL_BITS(bits) ((bits) == 64 ? UINT64_MAX : (UINT64_C(1) << (bits)) - 1)

/* Whether a condition looks at bits that the kernel does not use. */
static bool is_wide(const struct stile_table_condition *condition, unsigned int bits)
{
	if (bits == 0 || bits >= condition->bits)
		return false;
	return condition->comparison != STILE_MASKED_EQUAL || (condition->mask & ~ALL_BITS(bits));
}

/* Whether "holds" is meant for few calls: what has other upper bits falls out of an allowing rule,
 * and nothing more than that. */
static bool is_narrow(const struct stile_table_condition *condition)
{
	return condition->comparison == STILE_EQUAL || condition->comparison == STILE_MASKED_EQUAL;
}

enum { SAME, EVADED, REFUSED };

/*
 * Two calls that are one for the kernel, of which only one is let through. A change of upper bits
 * evades a refusal where the plain call, whose upper bits are 0, is refused.
 */
static int compare_halves(const struct lint *lint, struct seccomp_data *data, unsigned int argument,
			  uint64_t value, unsigned int bits)
{
	const uint64_t low = value & ALL_BITS(bits);
	const uint64_t others[] = { low | (UINT64_C(1) << bits), low | ~ALL_BITS(bits), value };
	bool is_plain_through;

	data->args[argument] = low;
	is_plain_through = lint_lets_through(lint_decide(lint, data));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		data->args[argument] = others[i];
		if (lint_lets_through(lint_decide(lint, data)) != is_plain_through)
			return is_plain_through ? REFUSED : EVADED;
	}
	return SAME;
}

/* Calls at which the condition may change its mind, beside one that the rule decides. */
static int judge_condition(const struct lint *lint, const struct stile_table_condition *condition,
			   unsigned int bits, const struct seccomp_data *reached,
			   struct seccomp_data *witness)
{
	const uint64_t values[] = { reached->args[condition->argument], condition->value,
				    condition->value - 1, condition->value + 1, 0 };
	int worst = SAME;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct seccomp_data data = *reached;
		const int result = compare_halves(lint, &data, condition->argument, values[i],
						  bits);

		if (result == SAME || worst == EVADED || result == worst)
			continue;
		worst = result;
		*witness = data;
	}
	return worst;
}

/* A call that a rule decides; if there are too many rules, one that is likely to match it. */
static bool find_matching(const struct lint *lint, const struct stile_policy_call *call,
			  const struct stile_policy_rule *rule, size_t index,
			  struct seccomp_data *data)
{
	const int found = lint_reach(lint, call, index, data);

	if (found >= 0)
		return found > 0;
	*data = lint_call(call->abi, call->number);
	for (size_t i = 0; i < rule->condition_count; i++)
		data->args[rule->conditions[i].argument] |= rule->conditions[i].value;
	return true;
}

static void judge_wide(struct lint *lint, const struct stile_policy_call *call,
		       const struct stile_policy_rule *rule,
		       const struct stile_table_condition *condition,
		       const struct seccomp_data *reached)
{
	const unsigned int bits = stile_argument_bits(call->abi, call->name, condition->argument);
	struct seccomp_data witness = { 0 };
	const struct lint_place place = { call->abi, rule->origin, &witness };
	int result;

	if (!is_wide(condition, bits))
		return;
	result = judge_condition(lint, condition, bits, reached, &witness);
	if (result == EVADED && !(lint_lets_through(rule->action) && is_narrow(condition)))
		lint_found(lint, "upper-bits", place,
			   "%s: %u bits of argument %u are compared and the kernel uses %u: a call "
			   "that is refused gets through with other upper bits: compare %u bits "
			   "(--kernel-widths)",
			   call->name, condition->bits, condition->argument, bits, bits);
	else if (result != SAME)
		lint_found_as(lint, "upper-bits", LINT_WARNING, place,
			      "%s: %u bits of argument %u are compared and the kernel uses %u: "
			      "what "
			      "stands above them decides whether the same call is let through: "
			      "compare %u bits (--kernel-widths)",
			      call->name, condition->bits, condition->argument, bits, bits);
}

static const struct lint_enumeration *find_enumeration(const struct stile_policy_call *call,
						       unsigned int argument)
{
	for (size_t i = 0; i < lint_enumeration_count; i++) {
		const struct lint_enumeration *enumeration = &lint_enumerations[i];

		if (enumeration->abi == call->abi && enumeration->index == argument &&
		    strcmp(enumeration->syscall, call->name) == 0)
			return enumeration;
	}
	return NULL;
}

/* The bits that a mask leaves out decide which value it is. */
static void judge_mask(struct lint *lint, const struct stile_policy_call *call,
		       const struct stile_policy_rule *rule,
		       const struct stile_table_condition *condition)
{
	const struct lint_enumeration *enumeration;
	struct seccomp_data data = lint_call(call->abi, call->number);
	const struct lint_place place = { call->abi, rule->origin, &data };
	uint64_t left_out;

	if (condition->comparison != STILE_MASKED_EQUAL || condition->mask == 0)
		return;
	enumeration = find_enumeration(call, condition->argument);
	if (!enumeration)
		return;
	left_out = ALL_BITS(enumeration->bits) & ~condition->mask & ~enumeration->flags;
	if (!left_out)
		return;
	data.args[condition->argument] = condition->value | (left_out & ~(left_out - 1));
	lint_found(lint, "enumeration-bits", place,
		   "%s: %s is one value and not a set of bits, and the mask 0x%llx leaves some of "
		   "it out: other values match too: compare it whole%s",
		   call->name, enumeration->argument, (unsigned long long)condition->mask,
		   enumeration->flags ? ", but for the flags beside it" : "");
}

static bool has_wide(const struct stile_policy_call *call, const struct stile_policy_rule *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (is_wide(&rule->conditions[i],
			    stile_argument_bits(call->abi, call->name,
						rule->conditions[i].argument)))
			return true;
	return false;
}

static void judge_call(struct lint *lint, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;
	struct seccomp_data reached;

	for (size_t i = 0; stile_policy_get_rule(lint->policy, call, i, &rule); i++) {
		for (size_t k = 0; k < rule.condition_count; k++)
			judge_mask(lint, call, &rule, &rule.conditions[k]);
		if (!has_wide(call, &rule) || !find_matching(lint, call, &rule, i, &reached))
			continue;
		for (size_t k = 0; k < rule.condition_count; k++)
			judge_wide(lint, call, &rule, &rule.conditions[k], &reached);
	}
}

void lint_widths(struct lint *lint)
{
	struct stile_policy_call call;

	for (size_t a = 0; a < lint->abi_count; a++)
		for (size_t i = 0; stile_policy_get_call(lint->policy, lint->abis[a], i, &call);
		     i++)
			if (call.name)
				judge_call(lint, &call);
}
