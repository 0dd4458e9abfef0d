/* SPDX-License-Identifier: MIT */
/* Context to policy: for every syscall of an ABI one decision (DESIGN 5). */
#include "policy_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_build_multiplexers.h"
#include "policy_build_rules.h"
#include "policy_split.h"
#include "start_guard.h"
#include "syscalls.h"
#include "used_policy.h"

static const struct stile_action no_such_call = { STILE_ACTION_ERRNO, ENOSYS };

static const struct hidden_call *find_hidden(uint16_t syscall, enum stile_abi abi)
{
	for (uint32_t i = 0; i < hidden_call_count; i++)
		if (hidden_calls[i].syscall == syscall && hidden_calls[i].abis & 1u << abi)
			return &hidden_calls[i];
	return NULL;
}

/* Why a hidden call must get ENOSYS. */
struct sibling {
	uint16_t syscall;
	struct rule_summary said;
};

/*
 * Whether a call whose flags stand behind a pointer must get ENOSYS, so that libc takes a
 * sibling on which the conditions can be judged: when a sibling has a condition, or is
 * refused in an allowing context. glibc falls back on ENOSYS, never on EPERM.
 */
static bool must_hide(const struct stile *s, const struct hidden_call *hidden, enum stile_abi abi,
		      struct sibling *why)
{
	for (unsigned int i = 0; i < hidden->sibling_count; i++) {
		why->syscall = hidden_siblings[hidden->first_sibling + i];
		summarise_rules(s, why->syscall, (uint8_t)(1u << abi), &why->said);
		if (why->said.condition_example && !why->said.simple_allow)
			return true;
		if (s->is_allowing && why->said.simple_refusal)
			return true;
	}
	return false;
}

/* Granting openat2 beside a condition on openat would make the condition vain, even if
 * openat2 has conditions too: none of them can be on the flags. */
static int check_hidden(struct stile *s, uint16_t syscall, const struct rule *permit,
			const struct sibling *why)
{
	const struct rule *narrow = why->said.condition_example ? why->said.condition_example :
								  why->said.simple_refusal;
	const char *name = syscall_table[syscall].name, *other = syscall_table[why->syscall].name;

	return context_fail(s, -EEXIST,
			    "%s: %s: %s has a rule on %s(), and %s() does the same with its flags "
			    "behind a pointer, where no filter can look: leave %s() out (it then "
			    "fails "
			    "with ENOSYS and libc uses %s()), or drop the other rule",
			    s->origins[permit->origin].text, name, s->origins[narrow->origin].text,
			    other, name, name, other);
}

enum copied_rules { COPY_ALL, COPY_ALLOWING, COPY_ALLOWING_BUT_BASIC };

static bool is_copied(const struct stile *s, const struct rule *rule, enum copied_rules copied)
{
	if (copied != COPY_ALL && rule->action.kind != STILE_ACTION_ALLOW &&
	    !action_asks(rule->action))
		return false;
	return copied != COPY_ALLOWING_BUT_BASIC || !is_basic_rule(s, rule);
}

static void copy_conditional(const struct policy_build *b, const struct stile *s,
			     struct decision *decision, enum copied_rules copied)
{
	for (uint32_t i = s->first_rule[decision->syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (!s->rules[i].is_dropped && rule->abis & 1u << b->abi && rule->condition_count &&
		    is_copied(s, rule, copied))
			add_to_decision(b->policy, decision, rule);
	}
}

/* What remains for calls that no rule matches. */
static struct stile_action rest_of(const struct policy_build *b, const struct decision *decision,
				   const struct hidden_call *hidden, const struct rule_summary *own)
{
	struct sibling why;

	if (own->simple_refusal)
		return own->simple_refusal->action;
	if (hidden && (must_hide(b->s, hidden, b->abi, &why) ||
		       (b->loader && must_hide(b->loader, hidden, b->abi, &why))))
		return no_such_call;
	if (syscall_table[decision->syscall].since > b->s->baseline)
		return no_such_call;
	return b->policy->default_action;
}

static int decide(const struct policy_build *b, struct decision *decision)
{
	const struct hidden_call *hidden = find_hidden(decision->syscall, b->abi);
	const uint8_t abis = (uint8_t)(1u << b->abi);
	struct rule_summary own, loading = { 0 };
	struct sibling why;

	summarise_rules(b->s, decision->syscall, abis, &own);
	if (b->loader)
		summarise_rules(b->loader, decision->syscall, abis, &loading);
	decision->first_rule = b->policy->rule_count;
	if (hidden && own.permit && must_hide(b->s, hidden, b->abi, &why))
		return check_hidden(b->s, decision->syscall, own.permit, &why);
	if (b->loader)
		start_guard_rules(b->policy, decision);
	else if (b->s->is_notified || b->s->is_intercepted)
		supervised_guard_rules(b->s, b->policy, decision);
	add_multiplexed(b, decision, &own, MULTIPLEXED_REFUSED);
	if (own.simple_allow || loading.simple_allow) {
		/* what basic allows by conditions is within; what a tracer is asked is not */
		if (own.asks)
			copy_conditional(b, b->s, decision, COPY_ALL);
		decision->rest = own.simple_allow ? own.simple_allow->action :
						    loading.simple_allow->action;
		if (own.simple_allow)
			decision->origin = own.simple_allow->origin;
		return 0;
	}
	if (b->loader) {
		/* the context has basic itself, unless a tracer is asked in its place */
		copy_conditional(b, b->loader, decision,
				 b->s->is_intercepted ? COPY_ALLOWING : COPY_ALLOWING_BUT_BASIC);
		/* a refusal must not stop the loader before the program is there */
		copy_conditional(b, b->s, decision,
				 loading.conditional > 0 ? COPY_ALLOWING : COPY_ALL);
	} else {
		copy_conditional(b, b->s, decision, COPY_ALL);
	}
	add_multiplexed(b, decision, &own, MULTIPLEXED_PERMITTED);
	decision->rest = rest_of(b, decision, hidden, &own);
	if (own.simple_refusal)
		decision->origin = own.simple_refusal->origin;
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

static int fill_abi(const struct policy_build *b)
{
	struct policy_abi *filled = &b->policy->abis[b->policy->abi_count++];

	filled->abi = b->abi;
	filled->decision_count = 0;
	filled->decisions = calloc(syscalls_by_number_count[b->abi], sizeof(*filled->decisions));
	if (!filled->decisions)
		return context_out_of_memory(b->s);
	for (uint32_t i = 0; i < syscalls_by_number_count[b->abi]; i++) {
		struct decision *decision = &filled->decisions[filled->decision_count++];
		int error;

		decision->origin = NO_ORIGIN;
		decision->syscall = syscalls_by_number[b->abi][i].syscall;
		decision->number = syscalls_by_number[b->abi][i].number;
		error = decide(b, decision);
		if (error)
			return error;
	}
	return 0;
}

/* The rules of one ABI's decisions, at most. */
static size_t most_rules(const struct stile *s, const struct stile *loader)
{
	return (size_t)s->rule_count + multiplexed_call_count + START_GUARD_RULES +
	       (loader ? loader->rule_count : 0);
}

static int fill(struct stile *s, const struct stile *loader, struct policy *policy)
{
	struct policy_build b = { .s = s, .loader = loader, .policy = policy };

	memset(policy, 0, sizeof(*policy));
	policy->default_action = s->default_action;
	policy->foreign_action = s->foreign_action;
	policy->unknown_action = no_such_call;
	policy->rules = calloc(s->abi_count * most_rules(s, loader), sizeof(*policy->rules));
	if (!policy->rules)
		return context_out_of_memory(s);
	for (unsigned int i = 0; i < s->abi_count; i++) {
		int error;

		b.abi = s->abis[i];
		find_multiplexers(&b);
		error = fill_abi(&b);
		if (error)
			return error;
	}
	if (s->is_notified || s->is_intercepted)
		supervised_guard_calls(s, policy);
	if (loader) {
		policy_leave_to_tracer(policy, s->flags & STILE_SPAWN_UNASKED);
		start_guard_calls(policy, seccomp_flags(s));
	}
	return 0;
}

/* Who may load a filter that notifies answers the calls in the supervisor's place. */
static int check_supervised(struct stile *s)
{
	struct rule_summary seccomp;

	if (!s->is_notified && !s->is_intercepted)
		return 0;
	summarise_rules(s, (uint16_t)syscall_find("seccomp"), ALL_ABIS, &seccomp);
	if (!seccomp.permit)
		return 0;
	return context_fail(s, -EEXIST,
			    "seccomp: a program with handlers or intercepts cannot be allowed to "
			    "load filters of its own, which could answer in their place: leave "
			    "sandbox.narrow out");
}

int policy_build(struct stile *s, enum policy_phase phase, struct policy *policy)
{
	struct stile *loader = NULL;
	int error = check_supervised(s);

	if (error)
		return error;
	if (s->used)
		return used_policy_build(s, phase, policy);
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

int policy_check_native(struct stile *s)
{
	for (unsigned int i = 0; i < s->abi_count; i++)
		if (s->abis[i] == STILE_ABI_NATIVE)
			return 0;
	return context_fail(s, -EINVAL,
			    "the context is not for %s, this machine's ABI: what it makes can be "
			    "compiled and proved but not enforced here: add the ABI with "
			    "stile_set_abis()",
			    stile_abi_name(STILE_ABI_NATIVE));
}
