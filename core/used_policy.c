/* SPDX-License-Identifier: MIT */
#include "used_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_object.h"
#include "policy_split.h"
#include "public.h"
#include "start_guard.h"

static const struct stile_action no_such_call = { STILE_ACTION_ERRNO, ENOSYS };

static bool has_abi(const struct stile *s, enum stile_abi abi)
{
	for (uint32_t i = 0; i < s->abi_count; i++)
		if (s->abis[i] == abi)
			return true;
	return false;
}

/*
 * By an ABI whose calls the start's guard does not know, x32 that is ignored for one, a child could
 * be made that is not traced and never gets the final filter (core/spawn.h): while a program
 * starts, and so for good, such calls do not get through.
 */
static void guard_foreign(const struct stile *s, const struct policy *from, struct policy *to)
{
	if (to->foreign_action.kind < STILE_ACTION_ERRNO)
		to->foreign_action = no_such_call;
	for (uint32_t a = 0; a < from->abi_count; a++) {
		const struct policy_abi *abi = &from->abis[a];

		if ((abi->decision_count && has_abi(s, abi->abi)) ||
		    unknown_answer(from, abi).kind >= STILE_ACTION_ERRNO)
			continue;
		to->abis_with_unknown |= (uint8_t)(1u << abi->abi);
		to->abi_unknown[abi->abi] = no_such_call;
	}
}

static bool may_pass(const struct policy *policy, const struct decision *decision)
{
	for (uint32_t i = 0; i < decision->rule_count; i++)
		if (policy->rules[decision->first_rule + i].action.kind < STILE_ACTION_ERRNO)
			return true;
	return decision->rest.kind < STILE_ACTION_ERRNO;
}

/* A decision and its rules; s: for its start. */
static void copy_decision(const struct stile *s, const struct policy *from,
			  const struct policy_abi *abi, uint32_t index, struct policy *to,
			  struct decision *decision)
{
	const struct decision *copied = &abi->decisions[index];

	*decision = *copied;
	decision->first_rule = to->rule_count;
	decision->rule_count = 0;
	if (s && !has_abi(s, abi->abi) && may_pass(from, copied)) {
		decision->rest = no_such_call;
		return;
	}
	if (s && decision->syscall != NO_SYSCALL)
		start_guard_rules(to, decision);
	memcpy(to->rules + to->rule_count, from->rules + copied->first_rule,
	       copied->rule_count * sizeof(*to->rules));
	to->rule_count += copied->rule_count;
	decision->rule_count += copied->rule_count;
}

/* A copy of a policy; s: with the guard for its start, NULL: without. */
static bool copy(const struct policy *from, const struct stile *s, struct policy *to)
{
	size_t rules = (size_t)from->rule_count + 1;

	*to = *from;
	to->abi_count = 0;
	to->rule_count = 0;
	if (s)
		guard_foreign(s, from, to);
	for (uint32_t a = 0; a < from->abi_count; a++)
		rules += s ? START_GUARD_RULES : 0;
	to->rules = calloc(rules, sizeof(*to->rules));
	if (!to->rules)
		return false;
	for (uint32_t a = 0; a < from->abi_count; a++) {
		const struct policy_abi *abi = &from->abis[a];
		struct policy_abi *copied = &to->abis[a];

		*copied = *abi;
		copied->decisions = calloc((size_t)abi->decision_count + 1,
					   sizeof(*copied->decisions));
		to->abi_count++;
		if (!copied->decisions)
			return false;
		for (uint32_t i = 0; i < abi->decision_count; i++)
			copy_decision(s, from, abi, i, to, &copied->decisions[i]);
	}
	return true;
}

static size_t count_conditions(const struct policy *policy)
{
	size_t count = 0;

	for (uint32_t i = 0; i < policy->rule_count; i++)
		count += policy->rules[i].condition_count;
	return count;
}

/* A policy that can be read and not changed: its decisions, with conditions of its own. */
static bool freeze(const struct policy *from, struct stile_policy *frozen)
{
	struct stile_table_condition *conditions =
		arena_allocate(&frozen->memory, count_conditions(from) + 1, sizeof(*conditions));

	frozen->default_action = from->default_action;
	frozen->foreign_action = from->foreign_action;
	if (!conditions || !copy(from, NULL, &frozen->made))
		return false;
	for (uint32_t i = 0; i < from->rule_count; i++) {
		struct rule *rule = &frozen->made.rules[i];

		if (rule->condition_count == 0)
			continue;
		memcpy(conditions, rule->conditions, rule->condition_count * sizeof(*conditions));
		rule->conditions = conditions;
		conditions += rule->condition_count;
	}
	frozen->is_made = true;
	return true;
}

STILE_PUBLIC int stile_use_policy(struct stile *s, const struct stile_policy *p)
{
	int error = context_change(s);
	const struct policy *made;
	struct stile_policy *frozen;

	if (error)
		return error;
	made = policy_made(p);
	if (!made)
		return context_fail(s, policy_ready(p), "%s", stile_policy_message(p));
	if (s->is_touched)
		return context_fail(s, -EINVAL,
				    "a policy stands in place of grants: use it in a new context");
	frozen = stile_policy_new();
	if (!frozen || policy_copy_origins(frozen, p) < 0 || !freeze(made, frozen)) {
		stile_policy_free(frozen);
		return context_out_of_memory(s);
	}
	s->used = frozen;
	s->is_touched = true;
	s->is_notified = policy_notifies(made);
	s->default_action = made->default_action;
	s->foreign_action = made->foreign_action;
	s->abi_count = 0;
	for (uint32_t i = 0; i < p->abi_count; i++)
		s->abis[s->abi_count++] = p->abis[i].abi;
	return 0;
}

static int fail(struct stile *s, const struct stile_policy *p)
{
	return context_fail(s, p ? stile_policy_error(p) : -ENOMEM, "%s", stile_policy_message(p));
}

/* What the loader needs, on the ABIs of the context. NULL: the context has the error. */
static struct stile_policy *loader_policy(struct stile *s)
{
	struct stile *loader = stile_new();
	struct stile_policy *p;

	(void)stile_set_abis(loader, s->abis, s->abi_count); /* errors stick */
	(void)stile_grant(loader, "start.loader");
	p = stile_policy_from_context(loader);
	if (!p)
		(void)context_fail(s, stile_error(loader), "start.loader: %s",
				   stile_message(loader));
	stile_free(loader);
	return p;
}

/* What either lets through; kept by the context, since rules point into it. */
static const struct policy *start_policy(struct stile *s)
{
	struct stile_policy *loader = loader_policy(s);
	const struct policy *made;

	if (!loader)
		return NULL;
	stile_policy_free(s->used_start);
	s->used_start = stile_policy_combine(STILE_MERGE, s->used, loader);
	stile_policy_free(loader);
	made = policy_made(s->used_start);
	if (!made)
		(void)fail(s, s->used_start);
	return made;
}

int used_policy_build(struct stile *s, enum policy_phase phase, struct policy *policy)
{
	const struct policy *from = phase == POLICY_START ? start_policy(s) : policy_made(s->used);

	if (!from)
		return s->error ? s->error : fail(s, s->used);
	if (!copy(from, phase == POLICY_START ? s : NULL, policy)) {
		policy_free(policy);
		return context_out_of_memory(s);
	}
	if (phase == POLICY_START) {
		policy_leave_to_tracer(policy, s->flags & STILE_SPAWN_UNASKED);
		start_guard_calls(policy, seccomp_flags(s));
	}
	return 0;
}
