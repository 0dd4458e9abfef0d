/* SPDX-License-Identifier: MIT */
/* Rules that decide nothing, or everything. */
#include <string.h>

#include "checker.h"

/* Whether there are calls that this rule alone decides, and calls that it does not. */
static bool judge_alone(struct lint *lint, const struct stile_policy_rule *rule, int *holds,
			int *fails)
{
	struct stile_policy *alone = stile_policy_new();
	struct stile_policy_rule copy = *rule;
	struct stile_policy_call call;
	struct seccomp_data data;
	bool is_judged = false;

	copy.origin = -1;
	if (stile_policy_ignores_x32(lint->policy))
		(void)stile_policy_ignore_x32(alone); /* errors stick */
	if (stile_policy_add_abi(alone, rule->abi) == 0 &&
	    stile_policy_add_rule(alone, &copy) == 0 &&
	    stile_policy_find_call(alone, rule->abi, rule->number, &call)) {
		*holds = stile_policy_reach(alone, &call, 0, &data);
		*fails = stile_policy_reach(alone, &call, 1, &data);
		is_judged = *holds >= 0 && *fails >= 0;
	}
	if (!alone)
		lint->error = stile_policy_error(alone);
	stile_policy_free(alone);
	return is_judged;
}

/* Whether nothing is left to what stands behind the last rule is asked before, once. */
static void judge_rule(struct lint *lint, const struct stile_policy_call *call, size_t index,
		       const struct stile_policy_rule *rule, bool is_all_decided)
{
	const struct lint_place place = { call->abi, rule->origin, NULL };
	struct seccomp_data data;
	char number[16];
	const char *name = lint_name(call, number, sizeof(number));
	const int decides = lint_reach(lint, call, index, &data);
	int holds, fails;

	if (decides > 0 && !is_all_decided)
		return; /* it matches some calls and not all */
	if (!judge_alone(lint, rule, &holds, &fails))
		return;
	if (!holds)
		lint_found(lint, "never-matches", place,
			   "%s: the conditions of this rule never hold together: correct or remove "
			   "it",
			   name);
	else if (decides == 0)
		lint_found(lint, "unreachable", place,
			   "%s: earlier rules decide all calls that this rule matches: remove it "
			   "or "
			   "move it up",
			   name);
	else if (!fails)
		lint_found(lint, "always-matches", place,
			   "%s: the conditions of this rule always hold: leave them out", name);
}

static void judge_rest(struct lint *lint, const struct stile_policy_call *call)
{
	const struct lint_place place = { call->abi, call->rest_origin, NULL };
	char number[16];

	if (lint_is_written(lint, call->rest_origin))
		lint_found(lint, "unreachable", place,
			   "%s: earlier rules decide all its calls: remove this one or move it up",
			   lint_name(call, number, sizeof(number)));
}

static void judge_call(struct lint *lint, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;
	struct seccomp_data data;
	bool is_all_decided;
	char number[16];

	if (call->rule_count == 0)
		return;
	if (call->rule_count > lint->rules_max) {
		(void)stile_policy_get_rule(lint->policy, call, 0, &rule);
		lint_found(lint, "not-judged", (struct lint_place){ call->abi, rule.origin, NULL },
			   "%s has %zu rules: those of calls with more than %zu are not held "
			   "against one another",
			   lint_name(call, number, sizeof(number)), call->rule_count,
			   lint->rules_max);
		return;
	}
	is_all_decided = lint_reach(lint, call, call->rule_count, &data) == 0;
	for (size_t i = 0; stile_policy_get_rule(lint->policy, call, i, &rule); i++)
		if (rule.condition_count > 0 && lint_is_written(lint, rule.origin))
			judge_rule(lint, call, i, &rule, is_all_decided);
	if (is_all_decided)
		judge_rest(lint, call);
}

/* Of i386's ways to several calls readers make rules that no line asks for. */
static bool is_multiplexed(const struct stile_policy_call *call,
			   const struct stile_policy_rule *rule)
{
	return call->name &&
	       (strcmp(call->name, "socketcall") == 0 || strcmp(call->name, "ipc") == 0) &&
	       rule->action.kind == call->rest.kind;
}

bool lint_next_left_out(const struct stile_policy *policy, size_t *next,
			struct stile_policy_rule *rule, struct stile_policy_call *call)
{
	const struct lint lint = { .policy = policy };

	while (stile_policy_get_unreachable(policy, (*next)++, rule))
		if (stile_policy_find_call(policy, rule->abi, rule->number, call) &&
		    lint_is_written(&lint, rule->origin) && call->rest_origin != rule->origin &&
		    !is_multiplexed(call, rule))
			return true;
	return false;
}

/* Rules that the policy does not have, since one for all calls stands before them. */
static void judge_left_out(struct lint *lint)
{
	struct stile_policy_rule rule;
	struct stile_policy_call call;
	size_t next = 0;
	char number[16];

	while (lint_next_left_out(lint->policy, &next, &rule, &call))
		lint_found(lint, "unreachable", (struct lint_place){ rule.abi, rule.origin, NULL },
			   "%s: a rule without conditions before this one decides all its calls: "
			   "remove this one or move it up",
			   lint_name(&call, number, sizeof(number)));
}

void lint_rules(struct lint *lint)
{
	struct stile_policy_call call;

	for (size_t a = 0; a < lint->abi_count; a++)
		for (size_t i = 0;
		     !lint->error && stile_policy_get_call(lint->policy, lint->abis[a], i, &call);
		     i++)
			judge_call(lint, &call);
	if (!lint->error)
		judge_left_out(lint);
}
