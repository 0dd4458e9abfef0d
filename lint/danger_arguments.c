/* SPDX-License-Identifier: MIT */
/*
 * Calls that are no danger with some arguments and one with others: mprotect() with PROT_EXEC, the
 * sockets of rare domains. What grants hold that are no danger is taken out of what the policy lets
 * through; danger grants that hold the rest say what it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "danger.h"

#define CONDITIONS_MAX 32
#define GRANTS_MAX 1024

struct grant {
	const struct stile_table_ruleset *ruleset;
	const struct stile_table_grant *grant;
};

struct arguments {
	struct lint *lint;
	const struct stile_table *table;
	enum stile_abi abi;
	struct grant grants[GRANTS_MAX]; /* those that hold least are first */
	size_t grant_count;
};

static int compare_grants(const void *first, const void *second)
{
	const struct grant *a = first, *b = second;

	if (a->grant->rule_count != b->grant->rule_count)
		return a->grant->rule_count < b->grant->rule_count ? -1 : 1;
	return a->grant < b->grant ? -1 : a->grant > b->grant;
}

static void list_grants(struct arguments *a)
{
	for (uint32_t i = 0; i < a->table->ruleset_count; i++) {
		const struct stile_table_ruleset *ruleset = &a->table->rulesets[i];

		for (uint32_t k = 0; k < ruleset->grant_count && a->grant_count < GRANTS_MAX; k++)
			a->grants[a->grant_count++] =
				(struct grant){ ruleset, &a->table->grants[ruleset->grants + k] };
	}
	qsort(a->grants, a->grant_count, sizeof(*a->grants), compare_grants);
}

/* A grant's rule without what its parameters say, since any value of them can be granted. */
static int add_granted(struct arguments *a, struct stile_policy *policy,
		       const struct stile_table_rule *rule, struct stile_policy_rule made)
{
	struct stile_table_condition conditions[CONDITIONS_MAX];

	for (uint8_t i = 0; i < rule->condition_count && made.condition_count < CONDITIONS_MAX;
	     i++) {
		const struct stile_table_condition *from =
			&a->table->conditions[rule->conditions + i];

		if (from->parameter < 0)
			conditions[made.condition_count++] = *from;
	}
	made.conditions = conditions;
	return stile_policy_add_rule(policy, &made);
}

/* What a grant says of a call gets the action; how many rules there were, or a negative error. */
static int add_grant(struct arguments *a, struct stile_policy *policy, const struct grant *grant,
		     uint16_t syscall, struct stile_policy_rule made)
{
	int count = 0, error = 0;

	for (uint32_t i = 0; i < grant->grant->rule_count && !error; i++) {
		const struct stile_table_rule *rule = &a->table->rules[grant->grant->rules + i];

		if (rule->syscall != syscall || !(rule->abis & (1u << a->abi)))
			continue;
		error = add_granted(a, policy, rule, made);
		count++;
	}
	return error ? error : count;
}

/* Refuses what grants hold that are no danger. 0: there is nothing such. */
static int add_safe(struct arguments *a, struct stile_policy *policy, uint16_t syscall,
		    uint32_t number)
{
	const struct stile_policy_rule refused = { .abi = a->abi,
						   .number = number,
						   .action = { STILE_ACTION_KILL_PROCESS, 0 },
						   .origin = -1 };
	int count = 0;

	for (size_t i = 0; i < a->grant_count; i++) {
		int added;

		if (a->grants[i].grant->danger)
			continue;
		added = add_grant(a, policy, &a->grants[i], syscall, refused);
		if (added < 0)
			return added;
		count += added;
	}
	return count;
}

/* What the policy itself says of a call, behind the rules that are there. */
static int add_own(const struct arguments *a, struct stile_policy *policy, uint32_t number)
{
	struct stile_policy_rule rule;
	struct stile_policy_call call;
	int error = 0;

	if (!stile_policy_find_call(a->lint->policy, a->abi, number, &call) ||
	    call.rule_count > a->lint->rules_max)
		return 0; /* nothing is let through */
	for (size_t i = 0; !error && stile_policy_get_rule(a->lint->policy, &call, i, &rule); i++) {
		rule.origin = -1;
		error = stile_policy_add_rule(policy, &rule);
	}
	rule = (struct stile_policy_rule){
		.abi = a->abi, .number = number, .action = call.rest, .origin = -1
	};
	return error ? error : stile_policy_add_rule(policy, &rule);
}

/* A call that is let through. */
static bool find_open(const struct stile_policy *policy, enum stile_abi abi, uint32_t number,
		      struct seccomp_data *data)
{
	struct stile_policy_rule rule;
	struct stile_policy_call call;

	if (!stile_policy_find_call(policy, abi, number, &call))
		return false;
	for (size_t i = 0; stile_policy_get_rule(policy, &call, i, &rule); i++)
		if (lint_lets_through(rule.action) &&
		    stile_policy_reach(policy, &call, i, data) > 0)
			return true;
	return lint_lets_through(call.rest) &&
	       stile_policy_reach(policy, &call, call.rule_count, data) > 0;
}

/* A call that is open and that a grant holds. */
static bool find_held(struct arguments *a, const struct stile_policy *open, uint16_t syscall,
		      const struct grant *grant, struct seccomp_data *data)
{
	const uint32_t number = (uint32_t)data->nr;
	const struct stile_policy_rule held = {
		.abi = a->abi, .number = number, .action = { STILE_ACTION_ALLOW, 0 }, .origin = -1
	};
	struct stile_policy *policy = stile_policy_new(), *both = NULL;
	bool is_found = false;

	if (stile_policy_add_abi(policy, a->abi) == 0 &&
	    add_grant(a, policy, grant, syscall, held) > 0) {
		both = stile_policy_combine(STILE_INTERSECT, open, policy);
		is_found = stile_policy_error(both) == 0 && find_open(both, a->abi, number, data);
	}
	stile_policy_free(both);
	stile_policy_free(policy);
	return is_found;
}

/* The grant that holds least of those that hold some of what is open, and such a call. */
static const struct grant *find_danger(struct arguments *a, const struct stile_policy *open,
				       uint16_t syscall, struct seccomp_data *data)
{
	for (size_t i = 0; i < a->grant_count; i++)
		if (a->grants[i].grant->danger &&
		    lint_is_counted_danger(a->grants[i].ruleset, a->grants[i].grant) &&
		    find_held(a, open, syscall, &a->grants[i], data))
			return &a->grants[i];
	return NULL;
}

static void judge_call(struct arguments *a, uint16_t syscall, struct stile_policy *policy)
{
	const char *name = a->table->syscalls[syscall];
	const long number = stile_syscall_number(a->abi, name);
	struct lint_answers answers;
	struct seccomp_data data;
	struct lint_place place = { .abi = a->abi, .witness = &data };
	const struct grant *grant;

	if (!lint_answer(a->lint, a->abi, name, &answers) || !answers.passes ||
	    stile_policy_add_abi(policy, a->abi) ||
	    add_safe(a, policy, syscall, (uint32_t)number) <= 0 ||
	    add_own(a, policy, (uint32_t)number) ||
	    !find_open(policy, a->abi, (uint32_t)number, &data))
		return;
	grant = find_danger(a, policy, syscall, &data);
	if (!grant)
		return;
	place.origin = lint_origin_of(a->lint, &data, answers.origin);
	lint_found(a->lint, "danger-arguments", place,
		   "%s is let through with arguments that no harmless grant holds, and %s.%s does: "
		   "refuse them if the program can do without",
		   name, grant->ruleset->name, grant->grant->name);
}

/* Calls with such arguments are few: those of which a grant that is a danger says something. */
static void mark_dangers(const struct arguments *a, bool *is_danger)
{
	for (size_t i = 0; i < a->grant_count; i++) {
		const struct stile_table_grant *grant = a->grants[i].grant;

		if (!grant->danger || !lint_is_counted_danger(a->grants[i].ruleset, grant))
			continue;
		for (uint32_t k = 0; k < grant->rule_count; k++)
			if (a->table->rules[grant->rules + k].abis & (1u << a->abi))
				is_danger[a->table->rules[grant->rules + k].syscall] = true;
	}
}

void lint_danger_arguments(struct lint *lint)
{
	struct arguments a = { .lint = lint, .table = stile_builtin_table() };
	bool *is_danger = calloc(a.table->syscall_count + (size_t)1, sizeof(*is_danger));

	if (!is_danger) {
		lint->error = -ENOMEM;
		return;
	}
	list_grants(&a);
	for (size_t i = 0; i < lint->abi_count && !lint->error; i++) {
		a.abi = lint->abis[i];
		memset(is_danger, 0, a.table->syscall_count * sizeof(*is_danger));
		mark_dangers(&a, is_danger);
		for (uint32_t k = 0; k < a.table->syscall_count && !lint->error; k++) {
			struct stile_policy *policy;

			if (!is_danger[k])
				continue;
			policy = stile_policy_new();
			judge_call(&a, (uint16_t)k, policy);
			if (stile_policy_error(policy) == -ENOMEM)
				lint->error = -ENOMEM;
			stile_policy_free(policy);
		}
	}
	free(is_danger);
}
