/* SPDX-License-Identifier: MIT */
/* What a policy does with one syscall. */
#include <stdio.h>
#include <string.h>

#include "checker.h"

#define X32_BIT 0x40000000u

/* To hold the rules of a call against one another costs about the square of their number. */
#define WORK_MAX 500000

static size_t work(const struct stile_policy *policy, size_t rules_max)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, abis);
	struct stile_policy_call call;
	size_t sum = 0;

	for (size_t a = 0; a < count; a++)
		for (size_t i = 0; stile_policy_get_call(policy, abis[a], i, &call); i++)
			if (call.rule_count <= rules_max)
				sum += call.rule_count * call.rule_count;
	return sum;
}

size_t lint_rules_max(const struct stile_policy *policy)
{
	size_t most = LINT_RULES_MAX;

	while (most > 1 && work(policy, most) > WORK_MAX)
		most /= 2;
	return most;
}

struct seccomp_data lint_call(enum stile_abi abi, uint32_t number)
{
	return (struct seccomp_data){ .nr = (int)number, .arch = stile_audit_arch(abi) };
}

const char *lint_name(const struct stile_policy_call *call, char *text, size_t size)
{
	if (call->name)
		return call->name;
	(void)snprintf(text, size, "call %u", call->number);
	return text;
}

bool lint_is_written(const struct lint *lint, int origin)
{
	unsigned int line;

	(void)stile_policy_origin(lint->policy, origin, &line);
	return line > 0;
}

struct stile_action lint_decide(const struct lint *lint, const struct seccomp_data *data)
{
	struct stile_decision decision;

	if (stile_policy_decide(lint->policy, data, &decision) == 0)
		return decision.action;
	return (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 };
}

int lint_origin_of(const struct lint *lint, const struct seccomp_data *data, int otherwise)
{
	struct stile_decision decision;

	if (stile_policy_decide(lint->policy, data, &decision) != 0 || decision.origin < 0)
		return otherwise;
	return decision.origin;
}

static void take(struct lint_answers *answers, struct stile_action action, int origin,
		 bool is_explicit, const struct seccomp_data *data)
{
	if (lint_lets_through(action)) {
		answers->passes = true;
		return;
	}
	if (answers->refuses && (answers->is_explicit || !is_explicit))
		return;
	answers->refuses = true;
	answers->is_explicit = is_explicit;
	answers->refusal = action;
	answers->origin = origin >= 0 ? origin : answers->origin;
	answers->data = *data;
}

static void look_at_rules(const struct lint *lint, const struct stile_policy_call *call,
			  struct lint_answers *answers)
{
	struct stile_policy_rule rule;
	struct seccomp_data data = lint_call(call->abi, call->number);

	answers->origin = call->rest_origin;
	if (stile_policy_get_rule(lint->policy, call, 0, &rule))
		answers->origin = rule.origin;
	for (size_t i = 0; stile_policy_get_rule(lint->policy, call, i, &rule); i++)
		if (lint_reach(lint, call, i, &data) != 0) /* what is not decided may be so */
			take(answers, rule.action, rule.origin, true, &data);
	if (call->rule_count == 0 || lint_reach(lint, call, call->rule_count, &data) != 0)
		take(answers, call->rest, call->rest_origin, call->rest_origin >= 0, &data);
}

static void find_out(const struct lint *lint, enum stile_abi abi, uint32_t number,
		     struct lint_answers *answers)
{
	struct stile_policy_call call;

	memset(answers, 0, sizeof(*answers));
	answers->is_known = true;
	answers->origin = -1;
	answers->data = lint_call(abi, number);
	answers->is_listed = stile_policy_find_call(lint->policy, abi, number, &call) &&
			     (call.rule_count > 0 || call.rest_origin >= 0);
	if (answers->is_listed)
		look_at_rules(lint, &call, answers);
	else
		take(answers, lint_decide(lint, &answers->data), -1, false, &answers->data);
}

bool lint_answer(const struct lint *lint, enum stile_abi abi, const char *syscall,
		 struct lint_answers *answers)
{
	const long number = stile_syscall_number(abi, syscall);
	const uint32_t index = (uint32_t)number & ~X32_BIT;
	struct lint_answers *known = NULL;

	if (number < 0)
		return false;
	if (lint->known && index < LINT_NUMBERS)
		known = &lint->known[(size_t)abi * LINT_NUMBERS + index];
	if (known && known->is_known) {
		*answers = *known;
		return true;
	}
	find_out(lint, abi, (uint32_t)number, answers);
	if (known)
		*known = *answers;
	return true;
}
