/* SPDX-License-Identifier: MIT */
/* Answers that do something else than they seem to. */
#include "checker.h"

#define ERRNO_MAX 4095

static void judge(struct lint *lint, struct stile_action action, enum stile_abi abi, int origin,
		  const char *what)
{
	const struct lint_place place = { abi, origin, NULL };

	switch (action.kind) {
	case STILE_ACTION_ERRNO:
		if (action.errno_value > ERRNO_MAX)
			lint_found(lint, "errno-cut", place,
				   "%s fail with errno %u, of which the kernel makes %d: give one "
				   "up to that",
				   what, action.errno_value, ERRNO_MAX);
		if (action.errno_value == 0)
			lint_found(lint, "fake-success", place,
				   "%s seem to succeed and are not made (errno 0): give an errno "
				   "if "
				   "they are to fail",
				   what);
		return;
	case STILE_ACTION_TRACE:
	case STILE_ACTION_NOTIFY:
		lint_found(lint, "needs-supervisor", place,
			   "%s ask a %s: without one they fail with ENOSYS", what,
			   action.kind == STILE_ACTION_TRACE ? "tracer" : "supervisor");
		return;
	case STILE_ACTION_KILL_THREAD:
		lint_found(lint, "kill-thread", place,
			   "%s kill the thread alone and leave the rest of the process, which may "
			   "hang or go on: kill the process",
			   what);
		return;
	default:
		return;
	}
}

/* What the default does was said of it. */
static bool is_default(const struct lint *lint, struct stile_action action)
{
	const struct stile_action other = stile_policy_default(lint->policy);

	return action.kind == other.kind && action.errno_value == other.errno_value;
}

static void judge_call(struct lint *lint, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(lint->policy, call, i, &rule); i++)
		if (!is_default(lint, rule.action))
			judge(lint, rule.action, call->abi, rule.origin,
			      "calls that this rule matches");
	if (call->rest_origin >= 0 && !is_default(lint, call->rest))
		judge(lint, call->rest, call->abi, call->rest_origin,
		      "calls that this rule matches");
}

void lint_action_traps(struct lint *lint)
{
	struct stile_policy_call call;

	judge(lint, stile_policy_default(lint->policy), STILE_ABI_COUNT, -1,
	      "calls that no rule decides");
	for (size_t a = 0; a < lint->abi_count; a++)
		for (size_t i = 0; stile_policy_get_call(lint->policy, lint->abis[a], i, &call);
		     i++)
			judge_call(lint, &call);
}
