/* SPDX-License-Identifier: MIT */
/* From what was said of a policy, rule by rule, to its decisions; and back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "policy_build.h"
#include "policy_object.h"
#include "public.h"
#include "context.h"
#include "sort.h"

static int compare_decisions(const void *a, const void *b)
{
	const uint32_t x = (uint32_t)((const struct decision *)a)->number;
	const uint32_t y = (uint32_t)((const struct decision *)b)->number;

	return x < y ? -1 : x > y;
}

static void make_decision(struct policy *made, struct decision *decision,
			  const struct call_rules *call, struct stile_action rest)
{
	*decision = (struct decision){ .syscall = call->syscall,
				       .number = (int32_t)call->number,
				       .first_rule = made->rule_count,
				       .rule_count = call->count,
				       .rest = call->has_rest ? call->rest : rest,
				       .origin = call->origin };
	if (call->count)
		memcpy(made->rules + made->rule_count, call->rules,
		       call->count * sizeof(*made->rules));
	made->rule_count += call->count;
}

/* Decisions ascend by number: through the index first, then the numbers above it. */
static bool make_abi(struct policy *made, const struct abi_calls *calls,
		     struct stile_action default_action)
{
	struct policy_abi *abi = &made->abis[made->abi_count];
	const struct stile_action rest = calls->has_unknown ? calls->unknown : default_action;
	uint32_t first_above;

	*abi = (struct policy_abi){ .abi = calls->abi };
	if (calls->has_unknown) {
		made->abis_with_unknown |= (uint8_t)(1u << calls->abi);
		made->abi_unknown[calls->abi] = calls->unknown;
	}
	abi->decisions = calloc((size_t)calls->count + 1, sizeof(*abi->decisions));
	if (!abi->decisions)
		return false;
	made->abi_count++;
	for (uint32_t i = 0; i < INDEXED_NUMBERS; i++)
		if (calls->index[i])
			make_decision(made, &abi->decisions[abi->decision_count++],
				      &calls->calls[calls->index[i] - 1], rest);
	first_above = abi->decision_count;
	for (uint32_t i = 0; abi->decision_count < calls->count && i < calls->count; i++) {
		const uint32_t bit = calls->abi == STILE_ABI_X32 ? X32_SYSCALL_BIT : 0;

		if ((calls->calls[i].number & ~bit) >= INDEXED_NUMBERS)
			make_decision(made, &abi->decisions[abi->decision_count++],
				      &calls->calls[i], rest);
	}
	sort(abi->decisions + first_above, abi->decision_count - first_above,
	     sizeof(*abi->decisions), compare_decisions);
	return true;
}

/* Whether x32's calls are x86_64's with numbers that nobody knows but rules. */
static bool joins_x32(struct stile_policy *p)
{
	return p->ignores_x32 && policy_abi_calls(p, STILE_ABI_X86_64);
}

/* x32 as a part of x86_64: the decisions from its first number on, but for -1. */
static bool make_joined_x32(struct policy *made)
{
	struct policy_abi *x32 = &made->abis[made->abi_count], *x86_64 = made->abis;
	uint32_t first, end;

	while (x86_64->abi != STILE_ABI_X86_64)
		x86_64++;
	for (end = x86_64->decision_count; end > 0; end--)
		if ((uint32_t)x86_64->decisions[end - 1].number != UINT32_MAX)
			break;
	for (first = end; first > 0; first--)
		if ((uint32_t)x86_64->decisions[first - 1].number < X32_SYSCALL_BIT)
			break;
	*x32 = (struct policy_abi){ STILE_ABI_X32, end - first,
				    calloc((size_t)(end - first) + 1, sizeof(*x32->decisions)) };
	if (!x32->decisions)
		return false;
	made->abi_count++;
	memcpy(x32->decisions, x86_64->decisions + first, (end - first) * sizeof(*x32->decisions));
	memmove(x86_64->decisions + first, x86_64->decisions + end,
		(x86_64->decision_count - end) * sizeof(*x32->decisions));
	x86_64->decision_count -= end - first;
	if (made->abis_with_unknown & 1u << STILE_ABI_X86_64) {
		made->abis_with_unknown |= 1u << STILE_ABI_X32;
		made->abi_unknown[STILE_ABI_X32] = made->abi_unknown[STILE_ABI_X86_64];
	}
	return true;
}

static bool make(struct stile_policy *p)
{
	struct policy *made = &p->made;
	size_t rules = 1;

	for (uint32_t a = 0; a < p->abi_count; a++)
		for (uint32_t i = 0; i < p->abis[a].count; i++)
			rules += p->abis[a].calls[i].count;
	*made = (struct policy){ .rules = calloc(rules, sizeof(*made->rules)),
				 .is_ordered = true,
				 .default_action = p->default_action,
				 .foreign_action = p->foreign_action,
				 .unknown_action = p->default_action };
	if (!made->rules)
		return false;
	for (uint32_t a = 0; a < p->abi_count; a++)
		if (!make_abi(made, &p->abis[a], p->default_action))
			return false;
	if (joins_x32(p) && !make_joined_x32(made))
		return false;
	p->is_made = true;
	return true;
}

const struct policy *policy_made(const struct stile_policy *policy)
{
	struct stile_policy *p = (struct stile_policy *)policy; /* what it comes to is kept in it */

	if (policy_ready(p))
		return NULL;
	if (p->is_made)
		return &p->made;
	if (p->abi_count == 0) {
		(void)policy_fail(p, -ENODATA, "the policy is for no ABI: add one");
		return NULL;
	}
	if (!make(p)) {
		(void)policy_change(p);
		(void)policy_out_of_memory(p);
		return NULL;
	}
	return &p->made;
}

static int copy_call(struct stile_policy *p, struct abi_calls *abi, const struct policy *from,
		     const struct decision *decision, uint32_t first_origin)
{
	struct call_rules *call = policy_call_rules(p, abi, (uint32_t)decision->number);

	if (!call)
		return p->error;
	call->has_rest = true;
	call->rest = decision->rest;
	call->origin = decision->origin == NO_ORIGIN ? NO_ORIGIN : decision->origin + first_origin;
	for (uint32_t i = 0; i < decision->rule_count; i++) {
		const struct rule *rule = &from->rules[decision->first_rule + i];
		const struct stile_table_condition *conditions =
			policy_copy_conditions(p, rule->conditions, rule->condition_count);
		struct rule *added = conditions ? policy_grow_rules(p, call) : NULL;

		if (!added)
			return p->error;
		*added = policy_rule(call->syscall, abi->abi, rule->action, conditions,
				     rule->condition_count,
				     rule->origin == NO_ORIGIN ? NO_ORIGIN :
								 rule->origin + first_origin);
	}
	return 0;
}

int policy_copy_made(struct stile_policy *p, const struct policy *from, uint32_t first_origin)
{
	int error = policy_change(p);

	p->default_action = from->default_action;
	p->foreign_action = from->foreign_action;
	for (uint32_t a = 0; !error && a < from->abi_count; a++) {
		const struct policy_abi *abi = &from->abis[a];
		struct abi_calls *calls;

		error = stile_policy_add_abi(p, abi->abi);
		if (error)
			return error;
		calls = &p->abis[p->abi_count - 1];
		calls->has_unknown = true;
		calls->unknown = unknown_answer(from, abi);
		for (uint32_t i = 0; !error && i < abi->decision_count; i++)
			error = copy_call(p, calls, from, &abi->decisions[i], first_origin);
	}
	if (!error)
		policy_tidy_abis(p);
	return error;
}

static struct stile_action unknown_of(const struct stile_policy *p, const struct abi_calls *abi)
{
	return abi->has_unknown ? abi->unknown : p->default_action;
}

/* Calls by an ABI that get what calls by foreign ones get, whatever they are; heir: the ABI that
 * -1 is left to, if any. */
static bool is_foreign(const struct stile_policy *p, const struct abi_calls *abi,
		       const struct abi_calls *heir)
{
	for (uint32_t i = 0; i < abi->count; i++) {
		if (heir && abi->calls[i].number == UINT32_MAX)
			continue;
		if (abi->calls[i].count || !actions_equal(abi->calls[i].rest, p->foreign_action))
			return false;
	}
	return actions_equal(unknown_of(p, abi), p->foreign_action);
}

/* x32 whose every number gets what x86_64's unknown ones get. */
static bool is_ignored_x32(struct stile_policy *p, const struct abi_calls *x32,
			   const struct abi_calls *x86_64)
{
	const struct stile_action answer = x86_64 ? unknown_of(p, x86_64) : x32->unknown;

	if (x32->abi != STILE_ABI_X32 || !x86_64 || is_foreign(p, x86_64, NULL) ||
	    !actions_equal(unknown_of(p, x32), answer) || !actions_equal(answer, p->default_action))
		return false;
	for (uint32_t i = 0; i < x32->count; i++)
		if (x32->calls[i].count || !actions_equal(x32->calls[i].rest, answer))
			return false;
	return true;
}

/* Gives x86_64's -1 to x32, which answers it when x86_64 is gone. */
static void leave_minus_one(struct stile_policy *p, struct abi_calls *x86_64, struct abi_calls *x32)
{
	struct call_rules *from = policy_known_call(x86_64, UINT32_MAX), *to;
	const struct stile_action answer = from ? from->rest : unknown_of(p, x86_64);

	if ((!from || !from->count) && actions_equal(answer, unknown_of(p, x32)))
		return;
	to = policy_new_call(p, x32, UINT32_MAX);
	if (!to) /* the error is set */
		return;
	to->has_rest = true;
	to->rest = answer;
	if (!from)
		return;
	*to = *from;
	for (uint32_t i = 0; i < to->count; i++)
		to->rules[i].abis = 1u << STILE_ABI_X32;
	from->rules = NULL;
	from->count = from->capacity = 0;
}

static void free_calls(struct abi_calls *abi)
{
	for (uint32_t i = 0; i < abi->count; i++)
		free(abi->calls[i].rules);
	free(abi->calls);
	free(abi->index);
}

static struct abi_calls *find_kept(struct stile_policy *p, enum stile_abi abi,
				   const bool is_dropped[STILE_ABI_COUNT])
{
	for (uint32_t a = 0; a < p->abi_count; a++)
		if (p->abis[a].abi == abi && !is_dropped[a])
			return &p->abis[a];
	return NULL;
}

void policy_tidy_abis(struct stile_policy *p)
{
	bool is_dropped[STILE_ABI_COUNT] = { false };
	uint32_t kept = 0, left = p->abi_count;

	/* One must be left: this machine's, if there is no better reason. */
	for (unsigned int turn = 0; turn < 2; turn++)
		for (uint32_t a = 0; a < p->abi_count; a++) {
			struct abi_calls *abi = &p->abis[a], *heir = NULL;

			if (is_dropped[a] || (abi->abi == STILE_ABI_NATIVE) != turn)
				continue;
			if (abi->abi == STILE_ABI_X86_64)
				heir = find_kept(p, STILE_ABI_X32, is_dropped);
			if (is_ignored_x32(p, abi, find_kept(p, STILE_ABI_X86_64, is_dropped))) {
				p->ignores_x32 = is_dropped[a] = true;
			} else if (left > 1 && is_foreign(p, abi, heir)) {
				is_dropped[a] = true;
				if (heir)
					leave_minus_one(p, abi, heir);
			}
			left -= is_dropped[a];
		}
	for (uint32_t a = 0; a < p->abi_count; a++) {
		if (is_dropped[a])
			free_calls(&p->abis[a]);
		else
			p->abis[kept++] = p->abis[a];
	}
	p->abi_count = kept;
}

static void copy_context(struct stile_policy *p, const struct stile *s, const struct policy *from)
{
	for (uint32_t i = 0; i < s->origin_count; i++)
		if (stile_policy_add_origin(p, s->origins[i].text, 0) < 0)
			return;
	(void)policy_copy_made(p, from, 0);
}

STILE_PUBLIC struct stile_policy *stile_policy_from_context(struct stile *s)
{
	struct stile_policy *p;
	struct policy policy;

	if (!s || s->error) /* one that was applied can be looked at */
		return NULL;
	if (!s->is_touched) {
		(void)context_fail(s, -ENODATA,
				   "nothing was granted or refused in this context: add a grant "
				   "first (stile-rulesets(7))");
		return NULL;
	}
	if (policy_build(s, POLICY_FINAL, &policy))
		return NULL;
	p = stile_policy_new();
	if (p)
		copy_context(p, s, &policy);
	policy_free(&policy);
	if (!p)
		(void)context_out_of_memory(s);
	return p;
}
