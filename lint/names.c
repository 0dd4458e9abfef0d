/* SPDX-License-Identifier: MIT */
/* Calls that the table, libseccomp or the kernel does not know. */
#include <errno.h>
#include <seccomp.h>

#include "checker.h"

static int origin_of(const struct lint *lint, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;

	return stile_policy_get_rule(lint->policy, call, 0, &rule) ? rule.origin :
								     call->rest_origin;
}

static void judge_named(struct lint *lint, const struct stile_policy_call *call)
{
	const struct lint_place place = { call->abi, origin_of(lint, call), NULL };
	const uint32_t since = stile_syscall_since(call->name);

	if (seccomp_syscall_resolve_name(call->name) == __NR_SCMP_ERROR)
		lint_found(lint, "unknown-to-libseccomp", place,
			   "%s is not known to this machine's libseccomp: container runtimes leave "
			   "what is said of it out",
			   call->name);
	if (lint->options->kernel && since > lint->options->kernel)
		lint_found(lint, "newer-than-kernel", place,
			   "%s came with Linux %u.%u: this kernel does not have it", call->name,
			   since >> 16, since >> 8 & 0xff);
}

/* Numbers without names: one finding for all of an ABI. */
static void judge_numbers(struct lint *lint, enum stile_abi abi)
{
	struct stile_policy_call call, first = { 0 };
	size_t count = 0;

	for (size_t i = 0; stile_policy_get_call(lint->policy, abi, i, &call); i++) {
		if (call.rule_count == 0 && call.rest_origin < 0)
			continue; /* nothing of its own */
		if (call.name && lint_is_written(lint, origin_of(lint, &call)))
			judge_named(lint, &call);
		else if (!call.name && count++ == 0)
			first = call;
	}
	if (count == 0)
		return;
	lint_found(lint, "unknown-number",
		   (struct lint_place){ abi, origin_of(lint, &first), NULL },
		   count == 1 ? "the number %u is of no call that is known" :
				"the number %u is of no call that is known, and so are %zu more",
		   first.number, count - 1);
}

/* What calls get that came after the policy. */
static void judge_new_calls(struct lint *lint, enum stile_abi abi)
{
	const struct stile_action unknown = stile_policy_unknown(lint->policy, abi);
	char action[64];

	if (unknown.kind != STILE_ACTION_ERRNO || unknown.errno_value == ENOSYS)
		return;
	stile_format_action(unknown, action, sizeof(action));
	lint_found(lint, "new-calls", (struct lint_place){ abi, -1, NULL },
		   "calls that are newer than the policy %s: programs take the older call only "
		   "after ENOSYS",
		   action);
}

void lint_names(struct lint *lint)
{
	for (size_t i = 0; i < lint->abi_count; i++) {
		judge_numbers(lint, lint->abis[i]);
		judge_new_calls(lint, lint->abis[i]);
	}
}
