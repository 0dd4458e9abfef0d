/* SPDX-License-Identifier: MIT */
#include "start_guard.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "audit_arch.h"
#include "context.h"
#include "syscall_table.h"

static const struct stile_table_condition untraced = {
	.argument = 0, /* flags, on every ABI of the table */
	.bits = 32,
	.comparison = STILE_MASKED_EQUAL,
	.parameter = -1,
	.mask = CLONE_UNTRACED,
	.value = CLONE_UNTRACED,
};
static const struct stile_table_condition sets_seccomp = {
	.argument = 0, /* option */
	.bits = 32,
	.comparison = STILE_EQUAL,
	.is_signed = true,
	.parameter = -1,
	.value = PR_SET_SECCOMP,
};

static const struct stile_table_condition of_another = {
	.argument = 0, /* pid; 0: the caller */
	.bits = 32,
	.comparison = STILE_NOT_EQUAL,
	.parameter = -1,
};

static bool permits(const struct policy *policy, const uint64_t words[6])
{
	const struct stile_action action = policy_decide(policy, audit_arch(STILE_ABI_NATIVE),
							 SYS_seccomp, words);

	return action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_LOG;
}

bool policy_may_narrow(const struct policy *policy, unsigned int flags)
{
	const uint64_t words[6] = { SECCOMP_SET_MODE_FILTER, flags, 1 };
	const uint64_t all_threads[6] = { SECCOMP_SET_MODE_FILTER,
					  flags | SECCOMP_FILTER_FLAG_TSYNC, 1 };

	return permits(policy, words) && permits(policy, all_threads);
}

static void refuse(struct policy *policy, struct decision *decision,
		   const struct stile_table_condition *condition)
{
	policy->rules[policy->rule_count++] =
		(struct rule){ .syscall = decision->syscall,
			       .condition_count = 1,
			       .action = { STILE_ACTION_ERRNO, EPERM },
			       .conditions = condition };
	decision->rule_count++;
}

void start_guard_rules(struct policy *policy, struct decision *decision)
{
	const char *name = syscall_table[decision->syscall].name;

	if (strcmp(name, "clone") == 0)
		refuse(policy, decision, &untraced);
	else if (strcmp(name, "prctl") == 0)
		refuse(policy, decision, &sets_seccomp);
}

void supervised_guard_rules(const struct stile *s, struct policy *policy, struct decision *decision)
{
	const char *name = syscall_table[decision->syscall].name;

	if (strcmp(name, "prctl") == 0)
		refuse(policy, decision, &sets_seccomp);
	else if (strcmp(name, "prlimit64") == 0)
		refuse(policy, decision, &of_another);
	else if (s->is_intercepted && strcmp(name, "clone") == 0)
		refuse(policy, decision, &untraced);
}

static void answer_whole(struct decision *decision, struct stile_action action)
{
	decision->rule_count = 0;
	decision->rest = action;
}

/* A tracer is asked, too, and could not see what is behind the pointer. */
static void answer_passed(struct policy *policy, struct decision *decision,
			  struct stile_action action)
{
	struct rule *rules = policy->rules + decision->first_rule;

	for (uint32_t i = 0; i < decision->rule_count; i++)
		if (action_permits(rules[i].action) || action_asks(rules[i].action))
			rules[i].action = action;
	if (action_permits(decision->rest) || action_asks(decision->rest))
		decision->rest = action;
}

/* What would be permitted gets this answer; refusals and handlers of the user's stay. */
static void answer_permitted(struct policy *policy, struct decision *decision,
			     struct stile_action action)
{
	struct rule *rules = policy->rules + decision->first_rule;

	for (uint32_t i = 0; i < decision->rule_count; i++)
		if (action_permits(rules[i].action))
			rules[i].action = action;
	if (action_permits(decision->rest))
		decision->rest = action;
}

/* Loading filters; and reaching into a process of the same user, as the supervisor may be. */
static bool is_kept_from_targets(const char *name)
{
	static const char *const names[] = { "pidfd_getfd", "process_vm_readv", "process_vm_writev",
					     "ptrace", "seccomp" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* What a broker opens its own rules would not judge for a target that has restricted itself, and
 * what would get past a broker where all else is allowed. */
static bool goes_past_brokers(const char *name)
{
	static const char *const names[] = { "io_uring_setup", "landlock_create_ruleset",
					     "landlock_restrict_self", "open_by_handle_at" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void supervised_guard_calls(const struct stile *s, struct policy *policy)
{
	const struct stile_action refused = { STILE_ACTION_ERRNO, EPERM };
	const struct stile_action no_such_call = { STILE_ACTION_ERRNO, ENOSYS };

	for (uint32_t a = 0; a < policy->abi_count; a++) {
		const struct policy_abi *abi = &policy->abis[a];

		for (uint32_t i = 0; i < abi->decision_count; i++) {
			struct decision *decision = &abi->decisions[i];
			const char *name = decision->syscall == NO_SYSCALL ?
						   "" :
						   syscall_table[decision->syscall].name;

			if (is_kept_from_targets(name))
				answer_permitted(policy, decision, refused);
			else if (s->has_broker && goes_past_brokers(name))
				answer_permitted(policy, decision, no_such_call);
			else if (s->is_intercepted && strcmp(name, "clone3") == 0)
				answer_passed(policy, decision, no_such_call);
		}
	}
}

void start_guard_calls(struct policy *policy, unsigned int flags)
{
	/* Its own seccomp(2) the tracer lets through, all others it answers. */
	const struct stile_action trace = { STILE_ACTION_TRACE, 0 };
	const struct stile_action no_such_call = { STILE_ACTION_ERRNO, ENOSYS };
	const bool may_narrow = policy_may_narrow(policy, flags);

	for (uint32_t a = 0; a < policy->abi_count; a++) {
		const struct policy_abi *abi = &policy->abis[a];

		for (uint32_t i = 0; i < abi->decision_count; i++) {
			const uint16_t syscall = abi->decisions[i].syscall;
			const char *name = syscall == NO_SYSCALL ? "" : syscall_table[syscall].name;

			if (strcmp(name, "clone3") == 0) /* its flags are behind a pointer */
				answer_whole(&abi->decisions[i], no_such_call);
			else if (strcmp(name, "seccomp") == 0 && !may_narrow)
				answer_whole(&abi->decisions[i], trace);
		}
	}
}
