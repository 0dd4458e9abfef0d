/* SPDX-License-Identifier: MIT */
#include "policy_pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "overlap.h"
#include "sort.h"

struct judgement judge(const struct policy *policy, uint32_t arch, uint32_t number)
{
	struct judgement j = { .policy = policy, .rest_origin = NO_ORIGIN };

	j.abi = policy_find_abi(policy, arch, number);
	if (!j.abi) {
		j.rest = policy->foreign_action;
		return j;
	}
	j.decision = policy_find_decision(j.abi, number);
	if (!j.decision) {
		j.rest = unknown_answer(policy, j.abi);
		return j;
	}
	j.rules = policy->rules + j.decision->first_rule;
	j.rule_count = j.decision->rule_count;
	j.rest = j.decision->rest;
	j.rest_origin = j.decision->origin;
	return j;
}

static const struct stile_table_condition *conditions_of(const struct judgement *j, uint32_t index,
							 uint8_t *count)
{
	*count = index < j->rule_count ? j->rules[index].condition_count : 0;
	return *count ? j->rules[index].conditions : NULL;
}

/* The conditions of both; false: memory is out. */
static bool join(struct arena *arena, const struct judgement *a, uint32_t i,
		 const struct judgement *b, uint32_t k, struct pair *pair)
{
	uint8_t count_a, count_b;
	const struct stile_table_condition *of_a = conditions_of(a, i, &count_a);
	const struct stile_table_condition *of_b = conditions_of(b, k, &count_b);
	struct stile_table_condition *both;

	pair->condition_count = (uint8_t)(count_a + count_b);
	pair->conditions = count_a ? of_a : of_b;
	if (!count_a || !count_b)
		return true;
	if (count_a == count_b && conditions_equal(of_a, of_b, count_a)) {
		pair->condition_count = count_a;
		return true;
	}
	both = arena_allocate(arena, pair->condition_count, sizeof(*both));
	if (!both)
		return false;
	memcpy(both, of_a, count_a * sizeof(*both));
	memcpy(both + count_a, of_b, count_b * sizeof(*both));
	pair->conditions = both;
	return true;
}

static bool can_match(const struct pair *pair)
{
	const struct rule rule = { .conditions = pair->conditions,
				   .condition_count = pair->condition_count };
	unsigned int argument;

	return pair->condition_count == 0 || !rules_have_one_width(&rule, &rule) ||
	       !rule_never_matches(&rule, &argument);
}

static void fill_side(const struct judgement *j, uint32_t index, unsigned int side,
		      struct pair *pair)
{
	const bool is_rest = index == j->rule_count;

	pair->actions[side] = is_rest ? j->rest : j->rules[index].action;
	pair->origins[side] = is_rest ? j->rest_origin : j->rules[index].origin;
}

/*
 * How many rules, from the first on, ask the same on both sides. A call whose first match on one
 * side is one of these has it on the other side, too: they are paired with one another alone.
 */
static uint32_t count_common(const struct judgement *a, const struct judgement *b)
{
	uint32_t common = 0;

	while (common < a->rule_count && common < b->rule_count) {
		uint8_t count_a, count_b;
		const struct stile_table_condition *of_a = conditions_of(a, common, &count_a);
		const struct stile_table_condition *of_b = conditions_of(b, common, &count_b);

		if (count_a != count_b || !conditions_equal(of_a, of_b, count_a))
			break;
		common++;
	}
	return common;
}

int pairs_make(struct arena *arena, const struct judgement *a, const struct judgement *b,
	       struct pairs *pairs)
{
	const uint32_t common = count_common(a, b);
	const uint64_t most = common + ((uint64_t)a->rule_count - common + 1) *
					       ((uint64_t)b->rule_count - common + 1);

	pairs->count = 0;
	if (most > PAIRS_MAX)
		return -E2BIG;
	pairs->pairs = arena_allocate(arena, (size_t)most, sizeof(*pairs->pairs));
	if (!pairs->pairs)
		return -ENOMEM;
	for (uint32_t i = 0; i <= a->rule_count; i++)
		for (uint32_t k = i < common ? i : common; k <= b->rule_count; k++) {
			struct pair *pair = &pairs->pairs[pairs->count];

			if (i < common && k != i)
				break;
			if (!join(arena, a, i, b, k, pair))
				return -ENOMEM;
			if (!can_match(pair))
				continue;
			fill_side(a, i, 0, pair);
			fill_side(b, k, 1, pair);
			pairs->count++;
		}
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* All that an architecture's ABIs of a policy have; how many. to may be NULL, to count them. */
static size_t add_starts(const struct policy *policy, uint32_t arch, uint32_t *to)
{
	size_t count = 0;

	for (uint32_t a = 0; a < policy->abi_count; a++) {
		const struct policy_abi *abi = &policy->abis[a];

		if (audit_arch(abi->abi) != arch)
			continue;
		for (uint32_t i = 0; to && i < abi->decision_count; i++) {
			to[count + 2 * i] = (uint32_t)abi->decisions[i].number;
			to[count + 2 * i + 1] = (uint32_t)abi->decisions[i].number + 1;
		}
		count += 2 * (size_t)abi->decision_count;
	}
	return count;
}

uint32_t *pairs_starts(const struct policy *a, const struct policy *b, uint32_t arch, size_t *count)
{
	const size_t of_a = add_starts(a, arch, NULL), of_b = add_starts(b, arch, NULL);
	uint32_t *starts = malloc((of_a + of_b + 3) * sizeof(*starts));
	size_t used = 0;

	if (!starts)
		return NULL;
	starts[0] = 0;
	starts[1] = X32_SYSCALL_BIT;
	starts[2] = UINT32_MAX;
	(void)add_starts(a, arch, starts + 3);
	(void)add_starts(b, arch, starts + 3 + of_a);
	sort(starts, of_a + of_b + 3, sizeof(*starts), compare_numbers);
	for (size_t i = 0; i < of_a + of_b + 3; i++)
		if (i == 0 || starts[i] != starts[used - 1])
			starts[used++] = starts[i];
	*count = used;
	return starts;
}
