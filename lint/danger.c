/* SPDX-License-Identifier: MIT */
/* Calls that are ways round a sandbox: those that only danger grants hold. */
#include <asm/ioctls.h>
#include <string.h>

#include "danger.h"

struct holder {
	const struct stile_table_ruleset *ruleset;
	const struct stile_table_grant *grant;
	bool is_held_safely; /* another grant holds it, under conditions perhaps */
};

bool lint_is_counted_danger(const struct stile_table_ruleset *ruleset,
			    const struct stile_table_grant *grant)
{
	return strcmp(ruleset->name, "pledge") != 0 && strcmp(ruleset->name, "io_uring") != 0 &&
	       strcmp(grant->name, "danger_unimplemented") != 0;
}

/* Of several grants the one that holds least says best what the call is. */
static bool is_closer(const struct stile_table_grant *grant, const struct stile_table_grant *than)
{
	return !than || grant->rule_count < than->rule_count;
}

static void look_at_grant(const struct stile_table *table, struct holder *holders,
			  enum stile_abi abi, const struct stile_table_ruleset *ruleset,
			  const struct stile_table_grant *grant)
{
	for (uint32_t i = 0; i < grant->rule_count; i++) {
		const struct stile_table_rule *rule = &table->rules[grant->rules + i];
		struct holder *holder = &holders[rule->syscall];

		if (!(rule->abis & (1u << abi)))
			continue;
		if (!grant->danger)
			holder->is_held_safely = true;
		else if (rule->condition_count == 0 && lint_is_counted_danger(ruleset, grant) &&
			 is_closer(grant, holder->grant))
			*holder = (struct holder){ ruleset, grant, holder->is_held_safely };
	}
}

static void judge_calls(struct lint *lint, const struct stile_table *table,
			const struct holder *holders, enum stile_abi abi)
{
	for (uint32_t i = 0; i < table->syscall_count; i++) {
		struct lint_answers answers;

		if (!holders[i].grant || holders[i].is_held_safely ||
		    !lint_answer(lint, abi, table->syscalls[i], &answers) || answers.refuses)
			continue;
		lint_found(lint, "danger", (struct lint_place){ abi, answers.origin, NULL },
			   "%s is let through without conditions, which only the grant %s.%s does: "
			   "refuse it if the program can do without",
			   table->syscalls[i], holders[i].ruleset->name, holders[i].grant->name);
	}
}

static void judge_terminal(struct lint *lint, enum stile_abi abi, const char *name,
			   uint32_t request)
{
	const long number = stile_syscall_number(abi, "ioctl");
	struct seccomp_data data = lint_call(abi, (uint32_t)number);
	struct stile_decision decision;

	data.args[1] = request;
	if (number < 0 || stile_policy_decide(lint->policy, &data, &decision) != 0 ||
	    !lint_lets_through(decision.action))
		return;
	lint_found(lint, "danger", (struct lint_place){ abi, decision.origin, &data },
		   "ioctl is let through with %s, by which a program types into the terminal that "
		   "it was started from: refuse this request, in 32 bits",
		   name);
}

void lint_danger(struct lint *lint)
{
	const struct stile_table *table = stile_builtin_table();
	struct holder holders[1024];

	for (size_t a = 0; a < lint->abi_count && table->syscall_count <= 1024; a++) {
		memset(holders, 0, sizeof(holders));
		for (uint32_t i = 0; i < table->ruleset_count; i++) {
			const struct stile_table_ruleset *ruleset = &table->rulesets[i];

			for (uint32_t k = 0; k < ruleset->grant_count; k++)
				look_at_grant(table, holders, lint->abis[a], ruleset,
					      &table->grants[ruleset->grants + k]);
		}
		judge_calls(lint, table, holders, lint->abis[a]);
		judge_terminal(lint, lint->abis[a], "TIOCSTI", TIOCSTI);
		judge_terminal(lint, lint->abis[a], "TIOCLINUX", TIOCLINUX);
	}
}
