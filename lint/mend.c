/* SPDX-License-Identifier: MIT */
/* A policy without what is certainly wrong in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checker.h"

#define HIDDEN_COUNT 2

/* Calls with flags behind a pointer, and those that libc takes in their place. */
static const char *const hidden[HIDDEN_COUNT] = { "clone3", "openat2" };
static const char *const older[HIDDEN_COUNT] = { "clone", "openat" };
static const struct stile_action no_such_call = { STILE_ACTION_ERRNO, ENOSYS };

/* The same origin in the copy. */
static int copy_origin(const struct stile_policy *policy, struct stile_policy *copy, int origin)
{
	unsigned int line;
	const char *text = stile_policy_origin(policy, origin, &line);

	return origin < 0 ? -1 : stile_policy_add_origin(copy, text, line);
}

/* Only where the rule has nothing to decide. */
static bool is_idle(const struct stile_policy *policy, const struct stile_policy_call *call,
		    size_t rule, size_t rules_max)
{
	struct seccomp_data data;

	return call->rule_count <= rules_max && stile_policy_reach(policy, call, rule, &data) == 0;
}

/* Whether this call fails in a way in which libc does not take the older one, which would pass. */
static bool wants_enosys(const struct stile_policy *policy, enum stile_abi abi, size_t index,
			 const struct stile_action answer)
{
	const struct lint lint = { .policy = policy, .rules_max = LINT_RULES_MAX };
	struct lint_answers fallback;

	return answer.kind == STILE_ACTION_ERRNO && answer.errno_value != ENOSYS &&
	       lint_answer(&lint, abi, older[index], &fallback) && fallback.passes;
}

static bool is_wanting_call(const struct stile_policy *policy, const struct stile_policy_call *call)
{
	for (size_t i = 0; i < HIDDEN_COUNT; i++)
		if (call->name && strcmp(call->name, hidden[i]) == 0)
			return call->rule_count == 0 &&
			       wants_enosys(policy, call->abi, i, call->rest);
	return false;
}

static int copy_call(const struct stile_policy *policy, struct stile_policy *copy,
		     const struct stile_policy_call *call, size_t rules_max, size_t *mended)
{
	struct stile_policy_rule rule = { .abi = call->abi, .number = call->number };
	const bool has_rest = call->rest_origin >= 0 ||
			      stile_policy_default(policy).kind != call->rest.kind ||
			      stile_policy_default(policy).errno_value != call->rest.errno_value;
	int error = 0;

	for (size_t i = 0; !error && stile_policy_get_rule(policy, call, i, &rule); i++) {
		if (is_idle(policy, call, i, rules_max)) {
			++*mended;
			continue;
		}
		rule.origin = copy_origin(policy, copy, rule.origin);
		error = stile_policy_add_rule(copy, &rule);
	}
	if (error || !has_rest)
		return error;
	if (call->rule_count > 0 && is_idle(policy, call, call->rule_count, rules_max)) {
		++*mended;
		return 0;
	}
	rule = (struct stile_policy_rule){ .abi = call->abi,
					   .number = call->number,
					   .action = call->rest };
	rule.origin = copy_origin(policy, copy, call->rest_origin);
	if (is_wanting_call(policy, call)) {
		++*mended;
		rule.action = no_such_call;
	}
	return stile_policy_add_rule(copy, &rule);
}

/* clone3 and openat2 where nothing is said of them and the default lets them fail. */
static int add_missing(const struct stile_policy *policy, struct stile_policy *copy,
		       enum stile_abi abi, size_t *mended)
{
	int error = 0;

	for (size_t i = 0; i < HIDDEN_COUNT && !error; i++) {
		struct stile_policy_rule rule = { .abi = abi,
						  .action = no_such_call,
						  .origin = -1 };
		const struct lint lint = { .policy = policy, .rules_max = LINT_RULES_MAX };
		struct lint_answers answers;

		if (!lint_answer(&lint, abi, hidden[i], &answers) || answers.is_listed ||
		    answers.passes || !wants_enosys(policy, abi, i, answers.refusal))
			continue;
		rule.number = (uint32_t)stile_syscall_number(abi, hidden[i]);
		++*mended;
		error = stile_policy_add_rule(copy, &rule);
	}
	return error;
}

static int copy_all(const struct stile_policy *policy, struct stile_policy *copy, size_t *mended)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, abis);
	const size_t rules_max = lint_rules_max(policy);
	struct stile_policy_call call;
	int error = stile_policy_set_default(copy, stile_policy_default(policy));

	if (!error)
		error = stile_policy_set_foreign_abi(copy, stile_policy_foreign_abi(policy));
	if (!error && stile_policy_ignores_x32(policy))
		error = stile_policy_ignore_x32(copy);
	for (size_t a = 0; a < count && !error; a++) {
		error = stile_policy_add_abi(copy, abis[a]);
		for (size_t i = 0; !error && stile_policy_get_call(policy, abis[a], i, &call); i++)
			error = copy_call(policy, copy, &call, rules_max, mended);
		if (!error)
			error = add_missing(policy, copy, abis[a], mended);
	}
	return error;
}

struct stile_policy *lint_mend(const struct stile_policy *policy, bool use_widths, size_t *mended)
{
	struct stile_policy *copy = stile_policy_new();
	struct stile_difference *differences = NULL;
	struct stile_policy_rule rule;
	struct stile_policy_call call;
	size_t count = 0, next = 0;

	*mended = 0;
	while (lint_next_left_out(policy, &next, &rule, &call))
		++*mended; /* they are not in the copy */
	if (copy_all(policy, copy, mended) || !use_widths)
		return copy; /* an error sticks to it */
	if (stile_policy_use_kernel_widths(copy) == 0 &&
	    stile_policy_compare(policy, copy, &differences, &count) == 0)
		*mended += count;
	free(differences);
	return copy;
}

bool lint_is_mend(const struct stile_difference *difference)
{
	const struct seccomp_data *call = &difference->witness;
	const char *name = NULL;

	for (int abi = 0; abi < STILE_ABI_COUNT && !name; abi++)
		if (stile_audit_arch((enum stile_abi)abi) == call->arch)
			name = stile_syscall_name((enum stile_abi)abi, (long)(uint32_t)call->nr);
	if (!name || !difference->is_one_number ||
	    difference->from.action.kind != STILE_ACTION_ERRNO)
		return false;
	if (difference->to.action.kind != STILE_ACTION_ERRNO ||
	    difference->to.action.errno_value != ENOSYS)
		return false;
	return strcmp(name, hidden[0]) == 0 || strcmp(name, hidden[1]) == 0;
}
