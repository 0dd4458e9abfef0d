/* SPDX-License-Identifier: MIT */
/* The rules of policies that are made rule by rule. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "policy_object.h"
#include "public.h"
#include "syscalls.h"

struct abi_calls *policy_abi_calls(struct stile_policy *p, enum stile_abi abi)
{
	for (uint32_t i = 0; i < p->abi_count; i++)
		if (p->abis[i].abi == abi)
			return &p->abis[i];
	return NULL;
}

/* A number's place in the index; INDEXED_NUMBERS: it has none. */
static uint32_t place(const struct abi_calls *abi, uint32_t number)
{
	if (abi->abi == STILE_ABI_X32)
		number &= ~(uint32_t)X32_SYSCALL_BIT;
	return number < INDEXED_NUMBERS ? number : INDEXED_NUMBERS;
}

struct call_rules *policy_known_call(const struct abi_calls *abi, uint32_t number)
{
	const uint32_t at = place(abi, number);

	if (at < INDEXED_NUMBERS)
		return abi->index[at] ? &abi->calls[abi->index[at] - 1] : NULL;
	for (uint32_t i = 0; i < abi->count; i++)
		if (abi->calls[i].number == number)
			return &abi->calls[i];
	return NULL;
}

/* x32's numbers begin with its bit. -1 is x86_64's, or x32's if there is no x86_64. */
static int check_number(struct stile_policy *p, const struct abi_calls *abi, uint32_t number)
{
	const bool is_above = number >= X32_SYSCALL_BIT, is_last = number == UINT32_MAX;

	if (abi->abi == STILE_ABI_X86_64 && is_above && !is_last && !p->ignores_x32)
		return policy_fail(p, -EINVAL,
				   "number %u cannot be a call by x86_64 unless x32 is ignored",
				   number);
	if (abi->abi == STILE_ABI_X32 && !is_above)
		return policy_fail(p, -EINVAL, "number %u cannot be a call by x32", number);
	if (abi->abi == STILE_ABI_X32 && is_last && policy_abi_calls(p, STILE_ABI_X86_64))
		return policy_fail(p, -EINVAL,
				   "number %u cannot be a call by x32 beside x86_64, whose it is",
				   number);
	return 0;
}

struct call_rules *policy_new_call(struct stile_policy *p, struct abi_calls *abi, uint32_t number)
{
	struct call_rules *call;
	int syscall;

	if (abi->count == POLICY_CALLS_MAX) {
		(void)policy_fail(p, -E2BIG, "more than %d different calls", POLICY_CALLS_MAX);
		return NULL;
	}
	if (abi->count == abi->capacity) {
		const uint32_t capacity = abi->capacity ? 2 * abi->capacity : 512;
		struct call_rules *calls = realloc(abi->calls, capacity * sizeof(*calls));

		if (!calls) {
			(void)policy_out_of_memory(p);
			return NULL;
		}
		abi->calls = calls;
		abi->capacity = capacity;
	}
	syscall = number <= INT32_MAX ? syscall_find_number(abi->abi, number) : -1;
	call = &abi->calls[abi->count++];
	*call = (struct call_rules){ .number = number,
				     .syscall = syscall < 0 ? NO_SYSCALL : (uint16_t)syscall,
				     .origin = NO_ORIGIN };
	if (place(abi, number) < INDEXED_NUMBERS)
		abi->index[place(abi, number)] = (uint16_t)abi->count;
	return call;
}

struct call_rules *policy_call_rules(struct stile_policy *p, struct abi_calls *abi, uint32_t number)
{
	struct call_rules *call = policy_known_call(abi, number);

	if (call || check_number(p, abi, number))
		return call;
	return policy_new_call(p, abi, number);
}

struct rule *policy_grow_rules(struct stile_policy *p, struct call_rules *call)
{
	if (call->count == call->capacity) {
		const uint32_t capacity = call->capacity ? 2 * call->capacity : 4;
		struct rule *rules = NULL;

		if (capacity <= POLICY_RULES_MAX)
			rules = realloc(call->rules, capacity * sizeof(*rules));
		if (!rules) {
			(void)policy_out_of_memory(p);
			return NULL;
		}
		call->rules = rules;
		call->capacity = capacity;
	}
	return &call->rules[call->count++];
}

const struct stile_table_condition *policy_copy_conditions(struct stile_policy *p,
							   const struct stile_table_condition *from,
							   size_t count)
{
	struct stile_table_condition *copy = arena_allocate(&p->memory, count, sizeof(*copy));

	if (!copy) {
		(void)policy_out_of_memory(p);
		return NULL;
	}
	memcpy(copy, from, count * sizeof(*copy));
	return copy;
}

struct rule policy_rule(uint16_t syscall, enum stile_abi abi, struct stile_action action,
			const struct stile_table_condition *conditions, size_t count,
			uint32_t origin)
{
	return (struct rule){ .syscall = syscall,
			      .abis = (uint8_t)(1u << abi),
			      .condition_count = (uint8_t)count,
			      .origin = origin,
			      .action = action,
			      .conditions = conditions };
}

static int check_condition(struct stile_policy *p, const struct stile_table_condition *c)
{
	const uint64_t all = c->bits ? UINT64_MAX >> (64 - c->bits) : 0;

	if (c->argument > 5)
		return policy_fail(p, -EINVAL, "a condition on argument %u: they are 0 to 5",
				   c->argument);
	if (c->bits != 16 && c->bits != 32 && c->bits != 64)
		return policy_fail(p, -EINVAL, "a condition on %u bits: use 16, 32 or 64", c->bits);
	if (c->comparison >= STILE_IS_NULL)
		return policy_fail(p, -EINVAL, "%u is no comparison of a policy's condition",
				   c->comparison);
	if (c->parameter != -1)
		return policy_fail(p, -EINVAL, "a condition of a policy has no parameter: set -1");
	if (c->value > all || (c->comparison == STILE_MASKED_EQUAL && c->mask > all))
		return policy_fail(p, -EINVAL,
				   "a condition on %u bits cannot have a value or mask of more",
				   c->bits);
	return 0;
}

static int check_rule(struct stile_policy *p, const struct stile_policy_rule *rule)
{
	int error = policy_check_action(p, rule->action);

	if (rule->condition_count > RULE_CONDITIONS_MAX)
		return policy_fail(p, -EINVAL, "a rule with %zu conditions: %d are the most",
				   rule->condition_count, RULE_CONDITIONS_MAX);
	if (rule->origin < -1 || (rule->origin >= 0 && (uint32_t)rule->origin >= p->origin_count))
		return policy_fail(p, -EINVAL, "%d is no origin of this policy", rule->origin);
	for (size_t i = 0; !error && i < rule->condition_count; i++)
		error = check_condition(p, &rule->conditions[i]);
	return error;
}

STILE_PUBLIC int stile_policy_add_rule(struct stile_policy *p, const struct stile_policy_rule *rule)
{
	int error = policy_change(p);
	const struct stile_table_condition *conditions;
	struct abi_calls *abi;
	struct call_rules *call;
	struct rule *added;

	if (!error && !rule)
		error = policy_fail(p, -EINVAL, "stile_policy_add_rule() needs a rule");
	if (error || (error = check_rule(p, rule)))
		return error;
	abi = policy_abi_calls(p, rule->abi);
	if (!abi)
		return policy_fail(p, -EINVAL, "a rule for an ABI (%d) that was not added",
				   (int)rule->abi);
	call = policy_call_rules(p, abi, rule->number);
	if (!call)
		return p->error;
	if (call->has_rest) /* a rule for all calls stands before it */
		return policy_keep_unreachable(p, rule);
	if (rule->condition_count == 0) {
		call->has_rest = true;
		call->rest = rule->action;
		call->origin = (uint32_t)rule->origin; /* -1 is NO_ORIGIN */
		return 0;
	}
	conditions = policy_copy_conditions(p, rule->conditions, rule->condition_count);
	added = conditions ? policy_grow_rules(p, call) : NULL;
	if (!added)
		return p->error;
	*added = policy_rule(call->syscall, rule->abi, rule->action, conditions,
			     rule->condition_count, (uint32_t)rule->origin);
	return 0;
}
