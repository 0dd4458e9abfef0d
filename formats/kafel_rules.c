/* SPDX-License-Identifier: MIT */
/*
 * Entries for one call as a policy's rules. Where a case says that an entry does not hold, the
 * entries behind it decide: they are added once more, within that case.
 */
#include <stdlib.h>

#include "kafel_meaning.h"
#include "plain_conditions.h"

#define RULES_MAX 4096 /* of one call */
#define CASES_MAX 8192 /* of all entries of one call */
#define WITHIN_MAX 32  /* cases within one another */
#define NEGATED_MAX 8  /* "a != 1 && b != 2 && ..." that become one rule */

struct rules {
	struct stile_policy *policy;
	enum stile_abi abi;
	const struct kafel_call *calls;
	struct kafel_decisions *lists; /* of the calls' conditions */
	int *origins;
	size_t count;
	struct stile_action rest;
	size_t added, *total;
	const char *why_not;
};

static const struct kafel_conjunction anything;
static const char too_many_rules[] =
	"found conditions for this call that are too much, expected at "
	"most 4096 rules of all of them: use fewer";

/* Masks as conditions, with the comparisons; how many. */
static size_t make_conditions(const struct kafel_conjunction *all,
			      struct stile_table_condition conditions[32])
{
	size_t count = 0;

	for (unsigned int i = 0; i < 6; i++) {
		const uint64_t mask = all->mask[i];
		const unsigned int bits = mask > UINT32_MAX ? 64 : 32;
		const bool is_whole = mask == UINT64_MAX >> (64 - bits);

		if (!mask)
			continue;
		conditions[count++] = (struct stile_table_condition){
			.argument = (uint8_t)i,
			.bits = (uint8_t)bits,
			.comparison = is_whole ? STILE_EQUAL : STILE_MASKED_EQUAL,
			.parameter = -1,
			.mask = is_whole ? 0 : mask,
			.value = all->value[i]
		};
	}
	for (unsigned int i = 0; i < all->part_count; i++)
		conditions[count++] = all->parts[i];
	return count;
}

static void add_rule(struct rules *rules, const struct kafel_conjunction *all, size_t index)
{
	struct stile_table_condition conditions[32];
	struct stile_policy_rule rule = { .abi = rules->abi,
					  .number = rules->calls[0].number,
					  .action = rules->rest,
					  .conditions = conditions,
					  .condition_count = make_conditions(all, conditions),
					  .origin = -1 };

	if (rules->why_not)
		return;
	if (++rules->added > RULES_MAX) {
		rules->why_not = too_many_rules;
		return;
	}
	if (++*rules->total > KAFEL_RULES_MAX) {
		rules->why_not = "found with this call more than 65536 rules, which is too much, "
				 "expected fewer: use fewer '||' within '&&'";
		return;
	}
	if (index < rules->count) {
		rule.action = rules->calls[index].action;
		rule.origin = rules->origins[index];
	}
	if (stile_policy_add_rule(rules->policy, &rule) < 0)
		rules->why_not = stile_policy_message(rules->policy);
}

/* A comparison turned round; false: it has no opposite. */
static bool negate(const struct kafel_conjunction *all, struct kafel_conjunction *opposite)
{
	struct stile_table_condition conditions[32];

	if (make_conditions(all, conditions) != 1 || conditions[0].comparison == STILE_MASKED_EQUAL)
		return false;
	conditions[0].comparison = (uint8_t)opposite_comparison(conditions[0].comparison);
	*opposite = (struct kafel_conjunction){ .part_count = 1 };
	opposite->parts[0] = conditions[0];
	return true;
}

/* A list that only says what must not be, as what must be: "fd != 1". False: it is another. */
static bool turn_round(const struct kafel_decisions *list, struct kafel_conjunction *all)
{
	const char *why_not = NULL;

	*all = anything;
	if (!list->rest || list->count == 0 || list->count > NEGATED_MAX)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		struct kafel_conjunction opposite;

		if (list->cases[i].answer || !negate(&list->cases[i].all, &opposite) ||
		    !kafel_conjoin(all, &opposite, &why_not))
			return false;
	}
	return true;
}

static void add_from(struct rules *rules, size_t index, const struct kafel_conjunction *within,
		     unsigned int depth);

/* The cases of one entry; what stands behind it decides in those that do not hold. */
static void add_cases(struct rules *rules, size_t index, const struct kafel_conjunction *within,
		      unsigned int depth)
{
	const struct kafel_decisions *list = &rules->lists[index];

	for (size_t i = 0; i < list->count && !rules->why_not; i++) {
		struct kafel_conjunction all = *within;

		if (!kafel_conjoin(&all, &list->cases[i].all, &rules->why_not))
			continue;
		if (list->cases[i].answer)
			add_rule(rules, &all, index);
		else
			add_from(rules, index + 1, &all, depth + 1);
	}
}

/* The entries from this one on, where all of within holds. */
static void add_from(struct rules *rules, size_t index, const struct kafel_conjunction *within,
		     unsigned int depth)
{
	if (depth > WITHIN_MAX)
		rules->why_not = "found more than 32 entries for this call with conditions that "
				 "say what must not be, which is too much, expected fewer: join "
				 "some";
	for (; index < rules->count && !rules->why_not; index++) {
		struct kafel_conjunction turned;

		if (turn_round(&rules->lists[index], &turned)) {
			struct kafel_conjunction all = *within;

			if (kafel_conjoin(&all, &turned, &rules->why_not))
				add_rule(rules, &all, index);
			continue;
		}
		add_cases(rules, index, within, depth);
		if (!rules->lists[index].rest)
			continue;
		add_rule(rules, within, index);
		return;
	}
	if (depth > 0) /* else it is what the call gets anyway */
		add_rule(rules, within, rules->count);
}

static void prepare(struct rules *rules)
{
	size_t cases = 0;

	for (size_t i = 0; i < rules->count && !rules->why_not; i++) {
		const struct kafel_place *place = &rules->calls[i].entry->place;

		kafel_decide(&rules->calls[i], &rules->lists[i]);
		rules->why_not = rules->lists[i].why_not;
		cases += rules->lists[i].count;
		if (cases > CASES_MAX)
			rules->why_not = too_many_rules;
		rules->origins[i] = stile_policy_add_origin(rules->policy, place->file,
							    place->line);
		if (rules->origins[i] < 0)
			rules->why_not = stile_policy_message(rules->policy);
	}
}

int kafel_add_rules(struct stile_policy *policy, enum stile_abi abi, const struct kafel_call *calls,
		    size_t count, struct stile_action rest, size_t *total,
		    struct diagnostics *diagnostics)
{
	const struct kafel_place *place = &calls[0].entry->place;
	struct rules rules = { .policy = policy,
			       .abi = abi,
			       .calls = calls,
			       .lists = calloc(count, sizeof(*rules.lists)),
			       .origins = calloc(count, sizeof(*rules.origins)),
			       .count = count,
			       .rest = rest,
			       .total = total };

	if (!rules.lists || !rules.origins)
		rules.why_not = "out of memory";
	if (!rules.why_not)
		prepare(&rules);
	if (!rules.why_not)
		add_from(&rules, 0, &anything, 0);
	for (size_t i = 0; rules.lists && i < count; i++)
		kafel_decisions_free(&rules.lists[i]);
	free(rules.lists);
	free(rules.origins);
	if (!rules.why_not)
		return 0;
	return diagnose_error(diagnostics, place->file, place->line, place->column, "%s",
			      rules.why_not);
}
