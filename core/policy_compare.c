/* SPDX-License-Identifier: MIT */
/* All differences of two policies, by meaning, each with a call that shows it. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "context.h"
#include "find_call.h"
#include "policy_object.h"
#include "policy_pairs.h"
#include "public.h"

struct comparing {
	const struct stile_policy *from, *to;
	const struct policy *a, *b;
	struct stile_difference *found;
	size_t count, capacity;
	size_t first_range; /* in found: differences of the range of ABIs at hand */
	struct arena arena;
	struct rule *rules; /* room for the rules of a pair of calls */
	size_t rule_capacity;
};

/* How much an answer lets through: all, what somebody else lets, nothing. */
static int passes(struct stile_action action)
{
	return action.kind <= STILE_ACTION_LOG ? 2 : action.kind < STILE_ACTION_ERRNO;
}

static enum stile_change change_of(struct stile_action from, struct stile_action to)
{
	const int before = passes(from), after = passes(to);

	if (before == after)
		return STILE_CHANGE_OTHER;
	return after > before ? STILE_CHANGE_WIDER : STILE_CHANGE_NARROWER;
}

static int add_difference(struct comparing *c, const struct seccomp_data *data, bool is_one_number)
{
	struct stile_difference *d;
	int error;

	if (c->count == c->capacity) {
		const size_t capacity = c->capacity ? 2 * c->capacity : 16;
		struct stile_difference *found = realloc(c->found, capacity * sizeof(*found));

		if (!found)
			return -ENOMEM;
		c->found = found;
		c->capacity = capacity;
	}
	d = &c->found[c->count];
	memset(d, 0, sizeof(*d));
	d->witness = *data;
	d->is_one_number = is_one_number;
	error = stile_policy_decide(c->from, data, &d->from);
	if (!error)
		error = stile_policy_decide(c->to, data, &d->to);
	d->change = change_of(d->from.action, d->to.action);
	c->count += !error;
	return error;
}

/* A difference of many numbers is said once for the numbers of an ABI. */
static bool is_said(const struct comparing *c, struct stile_action from, struct stile_action to)
{
	for (size_t i = c->first_range; i < c->count; i++)
		if (!c->found[i].is_one_number && actions_equal(c->found[i].from.action, from) &&
		    actions_equal(c->found[i].to.action, to))
			return true;
	return false;
}

/* Whether the policies differ in having an ABI. -1 may then be judged by another one. */
static bool is_many_numbers(const struct judgement *a, const struct judgement *b,
			    const struct seccomp_data *data)
{
	return (!a->abi || !b->abi) && data->nr != -1;
}

static int compare_constants(struct comparing *c, const struct judgement *a,
			     const struct judgement *b, struct seccomp_data *data)
{
	const bool is_many = is_many_numbers(a, b, data) || (!a->decision && !b->decision);

	if (actions_equal(a->rest, b->rest) || (is_many && is_said(c, a->rest, b->rest)))
		return 0;
	return add_difference(c, data, !is_many || data->nr == -1);
}

static bool make_room(struct comparing *c, size_t count)
{
	struct rule *rules;

	if (count <= c->rule_capacity)
		return true;
	rules = realloc(c->rules, count * sizeof(*rules));
	if (!rules)
		return false;
	c->rules = rules;
	c->rule_capacity = count;
	return true;
}

/* A call with this pair of answers, if there is one, is a difference. */
static int find_difference(struct comparing *c, const struct pairs *pairs,
			   const struct pair *wanted, struct seccomp_data *data, bool is_one_number)
{
	const struct pair *rest = &pairs->pairs[pairs->count - 1];
	uint64_t words[6];
	int found;

	for (uint32_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->pairs[i];
		const bool is_wanted = actions_equal(pair->actions[0], wanted->actions[0]) &&
				       actions_equal(pair->actions[1], wanted->actions[1]);

		c->rules[i] = (struct rule){
			.action = { is_wanted ? STILE_ACTION_ALLOW : STILE_ACTION_KILL_PROCESS, 0 },
			.conditions = pair->conditions,
			.condition_count = pair->condition_count
		};
	}
	found = find_call(c->rules, pairs->count - 1,
			  actions_equal(rest->actions[0], wanted->actions[0]) &&
				  actions_equal(rest->actions[1], wanted->actions[1]),
			  words);
	if (found <= 0)
		return found;
	for (unsigned int i = 0; i < 6; i++)
		data->args[i] = words[i];
	return add_difference(c, data, is_one_number);
}

/* Whether an earlier pair has the same answers. */
static bool is_repeated(const struct pairs *pairs, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (actions_equal(pairs->pairs[i].actions[0], pairs->pairs[index].actions[0]) &&
		    actions_equal(pairs->pairs[i].actions[1], pairs->pairs[index].actions[1]))
			return true;
	return false;
}

static int compare_rules(struct comparing *c, const struct judgement *a, const struct judgement *b,
			 struct seccomp_data *data)
{
	struct pairs pairs;
	int error;

	arena_clear(&c->arena);
	error = pairs_make(&c->arena, a, b, &pairs);
	if (!error && !make_room(c, pairs.count))
		error = -ENOMEM;
	for (uint32_t i = 0; !error && i < pairs.count; i++) {
		const struct pair *pair = &pairs.pairs[i];
		const bool is_many = is_many_numbers(a, b, data);

		if (actions_equal(pair->actions[0], pair->actions[1]) || is_repeated(&pairs, i) ||
		    (is_many && is_said(c, pair->actions[0], pair->actions[1])))
			continue;
		error = find_difference(c, &pairs, pair, data, !is_many);
	}
	return error;
}

/* Calls from this number up to the next start, all of which are judged alike. */
static int compare_number(struct comparing *c, uint32_t arch, uint32_t number)
{
	const struct judgement a = judge(c->a, arch, number), b = judge(c->b, arch, number);
	struct seccomp_data data = { .nr = (int)number, .arch = arch };

	if (a.rule_count == 0 && b.rule_count == 0)
		return compare_constants(c, &a, &b, &data);
	return compare_rules(c, &a, &b, &data);
}

static int compare_arch(struct comparing *c, uint32_t arch)
{
	size_t count;
	uint32_t *starts = pairs_starts(c->a, c->b, arch, &count);
	const size_t first = c->count;
	int error = starts ? 0 : -ENOMEM;

	c->first_range = first;
	for (size_t i = 0; !error && i < count; i++) {
		if (starts[i] == X32_SYSCALL_BIT)
			c->first_range = c->count;
		else if (starts[i] == UINT32_MAX) /* of either ABI */
			c->first_range = first;
		error = compare_number(c, arch, starts[i]);
	}
	free(starts);
	return error;
}

static bool has_arch(const struct policy *policy, uint32_t arch)
{
	for (uint32_t i = 0; i < policy->abi_count; i++)
		if (audit_arch(policy->abis[i].abi) == arch)
			return true;
	return false;
}

static int compare_all(struct comparing *c)
{
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_RISCV64, AUDIT_ARCH_ARM /* in no policy */ };
	bool is_foreign_said = false;
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(archs) / sizeof(*archs); i++) {
		if (has_arch(c->a, archs[i]) || has_arch(c->b, archs[i])) {
			error = compare_arch(c, archs[i]);
		} else if (!is_foreign_said) {
			is_foreign_said = true;
			c->first_range = c->count;
			error = compare_number(c, archs[i], 0);
		}
	}
	return error;
}

STILE_PUBLIC int stile_policy_compare(const struct stile_policy *from,
				      const struct stile_policy *to,
				      struct stile_difference **differences, size_t *count)
{
	struct comparing c = { .from = from, .to = to };
	int error = policy_ready(from) ? policy_ready(from) : policy_ready(to);

	if (!error && (!differences || !count))
		error = -EINVAL;
	if (error)
		return error;
	c.a = policy_made(from);
	c.b = policy_made(to);
	if (!c.a || !c.b)
		return policy_ready(c.a ? to : from);
	error = compare_all(&c);
	arena_free(&c.arena);
	free(c.rules);
	if (error) {
		free(c.found);
		return error;
	}
	*differences = c.found;
	*count = c.count;
	return 0;
}

STILE_PUBLIC int stile_policy_reach(const struct stile_policy *p,
				    const struct stile_policy_call *call, size_t index,
				    struct seccomp_data *data)
{
	const struct policy *made = policy_made(p);
	struct judgement j;
	struct rule *rules;
	uint64_t words[6];
	int found;

	if (!made || !call || !data)
		return made ? -EINVAL : policy_ready(p);
	j = judge(made, audit_arch(call->abi), call->number);
	if (!j.decision || index > j.rule_count)
		return -EINVAL;
	rules = malloc((j.rule_count + (size_t)1) * sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	for (uint32_t i = 0; i < j.rule_count; i++) {
		rules[i] = j.rules[i];
		rules[i].action.kind = i == index ? STILE_ACTION_ALLOW : STILE_ACTION_KILL_PROCESS;
	}
	found = find_call(rules, j.rule_count, index == j.rule_count, words);
	free(rules);
	if (found <= 0)
		return found;
	*data = (struct seccomp_data){ .nr = (int)call->number, .arch = audit_arch(call->abi) };
	for (unsigned int i = 0; i < 6; i++)
		data->args[i] = words[i];
	return 1;
}
