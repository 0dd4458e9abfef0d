/* SPDX-License-Identifier: MIT */
/* Two policies become one: merged, intersected, or one without the other. */
#include <errno.h>
#include <stdlib.h>

#include "audit_arch.h"
#include "context.h"
#include "overlap.h"
#include "policy_object.h"
#include "policy_pairs.h"
#include "public.h"

struct combining {
	struct stile_policy *to;
	const struct policy *a, *b;
	enum stile_combination combination;
	struct stile_action refusal; /* STILE_MINUS: for what both let through */
	uint32_t first_origin_b;
	bool ignores_x32; /* both do */
	struct arena arena;
};

/* Somebody lets the call through: the filter, or whom it asks. */
static bool may_pass(struct stile_action action)
{
	return action.kind < STILE_ACTION_ERRNO;
}

/* Which of two answers counts, 0 or 1; 2: neither, but the refusal. */
static unsigned int choose(const struct combining *c, struct stile_action a, struct stile_action b)
{
	switch (c->combination) {
	case STILE_MERGE:
		return b.kind < a.kind;
	case STILE_INTERSECT:
		return b.kind > a.kind;
	case STILE_MINUS:
		break;
	}
	return may_pass(a) && may_pass(b) ? 2 : 0;
}

static struct stile_action combine(const struct combining *c, struct stile_action a,
				   struct stile_action b)
{
	const unsigned int chosen = choose(c, a, b);

	return chosen == 2 ? c->refusal : chosen ? b : a;
}

static struct rule make_rule(const struct combining *c, const struct pair *pair)
{
	const unsigned int chosen = choose(c, pair->actions[0], pair->actions[1]);
	uint32_t origin = pair->origins[chosen == 2 ? 1 : chosen];

	if (chosen && origin != NO_ORIGIN)
		origin += c->first_origin_b;
	return (struct rule){ .action = chosen == 2 ? c->refusal : pair->actions[chosen],
			      .origin = origin,
			      .conditions = pair->conditions,
			      .condition_count = pair->condition_count };
}

#define LOOKED_AT 64 /* rules before one that may make it vain */

static bool is_vain(const struct call_rules *call, const struct rule *rule)
{
	const uint32_t first = call->count > LOOKED_AT ? call->count - LOOKED_AT : 0;

	for (uint32_t i = first; i < call->count; i++)
		if (rules_have_one_width(rule, &call->rules[i]) &&
		    rule_within(rule, &call->rules[i]))
			return true;
	return false;
}

static int add_rule(struct combining *c, enum stile_abi abi, struct call_rules *call,
		    const struct rule *rule)
{
	struct rule *added;
	const struct stile_table_condition *conditions;

	if (rule->condition_count > RULE_CONDITIONS_MAX)
		return policy_fail(c->to, -E2BIG,
				   "rules of both policies for call %u have more than %d "
				   "conditions together",
				   call->number, RULE_CONDITIONS_MAX);
	if (is_vain(call, rule))
		return 0;
	conditions = policy_copy_conditions(c->to, rule->conditions, rule->condition_count);
	added = conditions ? policy_grow_rules(c->to, call) : NULL;
	if (!added)
		return c->to->error;
	*added = policy_rule(call->syscall, abi, rule->action, conditions, rule->condition_count,
			     rule->origin);
	return 0;
}

static int combine_call(struct combining *c, struct abi_calls *abi, uint32_t number)
{
	const struct judgement a = judge(c->a, audit_arch(abi->abi), number);
	const struct judgement b = judge(c->b, audit_arch(abi->abi), number);
	struct call_rules *call = policy_call_rules(c->to, abi, number);
	struct pairs pairs;
	struct rule rest;
	int error;

	if (!call)
		return c->to->error;
	arena_clear(&c->arena);
	error = pairs_make(&c->arena, &a, &b, &pairs);
	if (error == -E2BIG)
		return policy_fail(c->to, error, "too many rules of both policies for call %u",
				   number);
	if (error)
		return policy_out_of_memory(c->to);
	rest = make_rule(c, &pairs.pairs[pairs.count - 1]);
	call->has_rest = true;
	call->rest = rest.action;
	call->origin = rest.origin;
	for (uint32_t i = 0; !error && i + 1 < pairs.count; i++) {
		const struct rule rule = make_rule(c, &pairs.pairs[i]);

		error = add_rule(c, abi->abi, call, &rule);
	}
	/* What comes last and says what the rest says anyway. */
	while (call->count && actions_equal(call->rules[call->count - 1].action, call->rest))
		call->count--;
	return error;
}

static const struct policy_abi *find_abi(const struct policy *policy, enum stile_abi abi)
{
	for (uint32_t i = 0; i < policy->abi_count; i++)
		if (policy->abis[i].abi == abi)
			return &policy->abis[i];
	return NULL;
}

static struct stile_action unknown_of(const struct policy *policy, enum stile_abi abi)
{
	const struct policy_abi *found = find_abi(policy, abi);

	return found ? unknown_answer(policy, found) : policy->foreign_action;
}

/* The ABI in the new policy; NULL: the error is set. */
static struct abi_calls *add_abi(struct combining *c, enum stile_abi abi)
{
	struct abi_calls *calls;

	if (abi == STILE_ABI_X32 && c->ignores_x32) /* what unknown numbers get is x86_64's */
		return policy_abi_calls(c->to, STILE_ABI_X86_64);
	if (stile_policy_add_abi(c->to, abi))
		return NULL;
	calls = &c->to->abis[c->to->abi_count - 1];
	calls->has_unknown = true;
	calls->unknown = combine(c, unknown_of(c->a, abi), unknown_of(c->b, abi));
	return calls;
}

static int combine_abi(struct combining *c, enum stile_abi abi)
{
	const struct policy_abi *of[2] = { find_abi(c->a, abi), find_abi(c->b, abi) };
	const bool is_x86 = audit_arch(abi) == AUDIT_ARCH_X86_64;
	struct abi_calls *calls;
	int error = 0;

	if (!of[0] && !of[1])
		return 0;
	calls = add_abi(c, abi);
	if (!calls)
		return c->to->error;
	for (unsigned int side = 0; side < 2; side++)
		for (uint32_t i = 0; !error && of[side] && i < of[side]->decision_count; i++) {
			const uint32_t number = (uint32_t)of[side]->decisions[i].number;

			if (is_x86 && number == UINT32_MAX) /* combine_minus_one() */
				continue;
			if (!policy_known_call(calls, number))
				error = combine_call(c, calls, number);
		}
	return error;
}

/* x86's -1 may be another ABI's in each of the two and in what is made of them. */
static int combine_minus_one(struct combining *c)
{
	const struct judgement a = judge(c->a, AUDIT_ARCH_X86_64, UINT32_MAX);
	const struct judgement b = judge(c->b, AUDIT_ARCH_X86_64, UINT32_MAX);
	struct abi_calls *calls = policy_abi_calls(c->to, STILE_ABI_X86_64);

	if (!calls)
		calls = policy_abi_calls(c->to, STILE_ABI_X32);
	if (!calls || (a.rule_count == 0 && b.rule_count == 0 &&
		       actions_equal(combine(c, a.rest, b.rest), calls->unknown)))
		return 0;
	return combine_call(c, calls, UINT32_MAX);
}

static void combine_all(struct combining *c)
{
	int error = 0;

	c->to->ignores_x32 = c->ignores_x32;
	c->to->default_action = combine(c, c->a->default_action, c->b->default_action);
	c->to->foreign_action = combine(c, c->a->foreign_action, c->b->foreign_action);
	for (enum stile_abi abi = 0; !error && abi < STILE_ABI_COUNT; abi++)
		error = combine_abi(c, abi);
	if (!error)
		error = combine_minus_one(c);
	if (!error)
		policy_tidy_abis(c->to);
}

STILE_PUBLIC struct stile_policy *stile_policy_combine(enum stile_combination combination,
						       const struct stile_policy *a,
						       const struct stile_policy *b)
{
	static const struct stile_action refusal = { STILE_ACTION_ERRNO, EPERM };
	struct combining c = { .to = stile_policy_new(), .combination = combination };

	if (!c.to)
		return NULL;
	c.a = policy_made(a);
	c.b = policy_made(b);
	if (!c.a || !c.b) {
		const struct stile_policy *bad = c.a ? b : a;

		(void)policy_fail(c.to, policy_ready(bad), "%s", stile_policy_message(bad));
		return c.to;
	}
	if ((unsigned int)combination > STILE_MINUS) {
		(void)policy_fail(c.to, -EINVAL, "%d is no enum stile_combination",
				  (int)combination);
		return c.to;
	}
	c.refusal = may_pass(c.a->default_action) ? refusal : c.a->default_action;
	c.first_origin_b = a->origin_count;
	c.ignores_x32 = a->ignores_x32 && b->ignores_x32 && find_abi(c.a, STILE_ABI_X86_64) &&
			find_abi(c.b, STILE_ABI_X86_64);
	if (policy_copy_origins(c.to, a) >= 0 && policy_copy_origins(c.to, b) >= 0)
		combine_all(&c);
	arena_free(&c.arena);
	return c.to;
}
