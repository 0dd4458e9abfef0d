/* SPDX-License-Identifier: MIT */
/* Context to policy: for every syscall of an ABI one decision (DESIGN 5). */
#include "policy_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call_text.h"
#include "syscalls.h"

/* What the rules of one syscall come to, before baseline and hidden calls are looked at. */
struct summary {
	const struct rule *simple_allow; /* allow or log, without conditions */
	const struct rule *simple_refusal;
	uint32_t conditional;		      /* number of rules with conditions */
	const struct rule *condition_example; /* one that is not of basic */
	const struct rule *permit; /* one that lets calls through, not of basic, no override */
};

static bool is_basic(const struct stile *s, const struct rule *rule)
{
	return s->origins[rule->origin].kind == ORIGIN_BASIC;
}

static void summarise(const struct stile *s, uint16_t syscall, enum stile_abi abi,
		      struct summary *summary)
{
	memset(summary, 0, sizeof(*summary));
	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (s->rules[i].is_dropped || !(rule->abis & 1u << abi))
			continue;
		if (action_permits(rule->action) && !is_basic(s, rule) &&
		    s->origins[rule->origin].kind != ORIGIN_OVERRIDE)
			summary->permit = rule;
		if (rule->condition_count) {
			summary->conditional++;
			if (!is_basic(s, rule))
				summary->condition_example = rule;
		} else if (!action_permits(rule->action)) {
			summary->simple_refusal = rule;
		} else if (!summary->simple_allow || is_basic(s, summary->simple_allow)) {
			summary->simple_allow = rule;
		}
	}
}

static const struct hidden_call *find_hidden(uint16_t syscall)
{
	for (uint32_t i = 0; i < hidden_call_count; i++)
		if (hidden_calls[i].syscall == syscall)
			return &hidden_calls[i];
	return NULL;
}

/*
 * Whether a call whose flags stand behind a pointer must get ENOSYS, so that libc takes a
 * sibling on which the conditions can be judged: when a sibling has a condition, or is
 * refused in an allowing context. glibc falls back on ENOSYS, never on EPERM.
 */
static bool must_hide(const struct stile *s, const struct hidden_call *hidden, enum stile_abi abi,
		      struct summary *why, uint16_t *sibling)
{
	for (unsigned int i = 0; i < hidden->sibling_count; i++) {
		*sibling = hidden_siblings[hidden->first_sibling + i];
		summarise(s, *sibling, abi, why);
		if (why->condition_example && !why->simple_allow)
			return true;
		if (s->is_allowing && why->simple_refusal)
			return true;
	}
	return false;
}

/* Granting openat2 beside a condition on openat would make the condition vain, even if
 * openat2 has conditions too: none of them can be on the flags. */
static int check_hidden(struct stile *s, uint16_t syscall, const struct rule *permit,
			const struct summary *why, uint16_t sibling)
{
	const struct rule *narrow = why->condition_example ? why->condition_example :
							     why->simple_refusal;

	return context_fail(s, -EEXIST,
			    "%s: %s: %s has a rule on %s(), and %s() does the same with its flags "
			    "behind a pointer, where no filter can look: leave %s() out (it then "
			    "fails "
			    "with ENOSYS and libc uses %s()), or drop the other rule",
			    s->origins[permit->origin].text, syscall_table[syscall].name,
			    s->origins[narrow->origin].text, syscall_table[sibling].name,
			    syscall_table[syscall].name, syscall_table[syscall].name,
			    syscall_table[sibling].name);
}

enum copied_rules { COPY_ALL, COPY_ALLOWING, COPY_ALLOWING_BUT_BASIC };

static bool is_copied(const struct stile *s, const struct rule *rule, enum copied_rules copied)
{
	if (copied != COPY_ALL && rule->action.kind != STILE_ACTION_ALLOW)
		return false;
	return copied != COPY_ALLOWING_BUT_BASIC || !is_basic(s, rule);
}

static void copy_conditional(const struct stile *s, enum stile_abi abi, struct policy *policy,
			     struct decision *decision, enum copied_rules copied)
{
	for (uint32_t i = s->first_rule[decision->syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (s->rules[i].is_dropped || !(rule->abis & 1u << abi) ||
		    rule->condition_count == 0 || !is_copied(s, rule, copied))
			continue;
		policy->rules[policy->rule_count++] = *rule;
		decision->rule_count++;
	}
}

static int decide(struct stile *s, const struct stile *loader, enum stile_abi abi,
		  struct policy *policy, struct decision *decision)
{
	const struct hidden_call *hidden = find_hidden(decision->syscall);
	const struct stile_action no_such_call = { STILE_ACTION_ERRNO, ENOSYS };
	struct summary own, loading = { 0 }, why;
	uint16_t sibling;

	summarise(s, decision->syscall, abi, &own);
	if (loader)
		summarise(loader, decision->syscall, abi, &loading);
	decision->first_rule = policy->rule_count;
	decision->rest = policy->default_action;
	if (hidden && own.permit && must_hide(s, hidden, abi, &why, &sibling))
		return check_hidden(s, decision->syscall, own.permit, &why, sibling);
	if (own.simple_allow || loading.simple_allow) {
		/* what basic allows by conditions is within */
		decision->rest = own.simple_allow ? own.simple_allow->action :
						    loading.simple_allow->action;
		return 0;
	}
	if (loader) {
		/* the context has basic itself */
		copy_conditional(loader, abi, policy, decision, COPY_ALLOWING_BUT_BASIC);
		/* a refusal must not stop the loader before the program is there */
		copy_conditional(s, abi, policy, decision,
				 loading.conditional > 0 ? COPY_ALLOWING : COPY_ALL);
	} else {
		copy_conditional(s, abi, policy, decision, COPY_ALL);
	}
	if (own.simple_refusal)
		decision->rest = own.simple_refusal->action;
	else if (hidden && must_hide(s, hidden, abi, &why, &sibling))
		decision->rest = no_such_call;
	else if (hidden && loader && must_hide(loader, hidden, abi, &why, &sibling))
		decision->rest = no_such_call;
	else if (syscall_table[decision->syscall].since > s->baseline)
		decision->rest = no_such_call;
	return 0;
}

/* A context that holds the loader's grants alone; NULL: out of memory, s knows. */
static struct stile *loader_context(struct stile *s)
{
	struct stile *loader = stile_new();

	if (stile_grant(loader, "start.loader") < 0) {
		(void)context_fail(s, stile_error(loader), "start.loader: %s",
				   stile_message(loader));
		stile_free(loader);
		return NULL;
	}
	return loader;
}

static int fill_abi(struct stile *s, const struct stile *loader, enum stile_abi abi,
		    struct policy *policy)
{
	struct policy_abi *filled = &policy->abis[policy->abi_count++];

	filled->abi = abi;
	filled->decision_count = 0;
	filled->decisions = calloc(syscalls_by_number_count[abi], sizeof(*filled->decisions));
	if (!filled->decisions)
		return context_out_of_memory(s);
	for (uint32_t i = 0; i < syscalls_by_number_count[abi]; i++) {
		struct decision *decision = &filled->decisions[filled->decision_count++];
		int error;

		decision->syscall = syscalls_by_number[abi][i].syscall;
		decision->number = syscalls_by_number[abi][i].number;
		error = decide(s, loader, abi, policy, decision);
		if (error)
			return error;
	}
	return 0;
}

static int fill(struct stile *s, const struct stile *loader, struct policy *policy)
{
	const size_t rules = s->abi_count *
			     (size_t)(s->rule_count + (loader ? loader->rule_count : 0));

	memset(policy, 0, sizeof(*policy));
	policy->default_action = s->default_action;
	policy->foreign_action = s->foreign_action;
	policy->unknown_action = (struct stile_action){ STILE_ACTION_ERRNO, ENOSYS };
	policy->rules = calloc(rules ? rules : 1, sizeof(*policy->rules));
	if (!policy->rules)
		return context_out_of_memory(s);
	for (unsigned int i = 0; i < s->abi_count; i++) {
		int error = fill_abi(s, loader, s->abis[i], policy);

		if (error)
			return error;
	}
	return 0;
}

int policy_build(struct stile *s, enum policy_phase phase, struct policy *policy)
{
	struct stile *loader = NULL;
	int error;

	if (phase == POLICY_START) {
		loader = loader_context(s);
		if (!loader)
			return s->error;
	}
	error = fill(s, loader, policy);
	if (error)
		policy_free(policy);
	/* The loader's rules point into static tables: start.loader has no parameters. */
	stile_free(loader);
	return error;
}

void policy_free(struct policy *policy)
{
	for (uint32_t i = 0; i < policy->abi_count; i++)
		free(policy->abis[i].decisions);
	free(policy->rules);
	memset(policy, 0, sizeof(*policy));
}
