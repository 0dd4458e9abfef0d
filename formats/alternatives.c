/* SPDX-License-Identifier: MIT */
/*
 * A rule matches what its conditions match and no earlier rule with another answer does. "Not"
 * becomes the opposite of one of the earlier rule's conditions, an alternative for each.
 */
#include "alternatives.h"

#include <stdlib.h>
#include <string.h>

#include "plain_conditions.h"

static bool add(struct alternatives *to, const struct alternative *alternative)
{
	if (to->count == to->capacity) {
		const size_t capacity = to->capacity ? 2 * to->capacity : 8;
		struct alternative *items = NULL;

		if (capacity <= ALTERNATIVES_MAX)
			items = reallocarray(to->items, capacity, sizeof(*items));
		if (!items)
			return false;
		to->items = items;
		to->capacity = capacity;
	}
	to->items[to->count++] = *alternative;
	return true;
}

static bool are_same(const struct stile_table_condition *a, const struct stile_table_condition *b)
{
	return a->argument == b->argument && a->bits == b->bits && a->comparison == b->comparison &&
	       a->mask == b->mask && a->value == b->value;
}

/* Removes what an equality implies; false: what it contradicts. */
static bool keep_beside(struct alternative *alternative,
			const struct stile_table_condition *equality)
{
	size_t kept = 0;

	for (size_t i = 0; i < alternative->count; i++) {
		const struct stile_table_condition other = alternative->conditions[i];

		if (other.argument != equality->argument || other.bits > equality->bits)
			alternative->conditions[kept++] = other;
		else if (!plain_condition_holds(&other, equality->value))
			return false;
	}
	alternative->count = kept;
	return true;
}

/*
 * Adds a condition where it says something. False: nothing matches any more, or there is no room,
 * which *is_full says.
 */
static bool narrow(struct alternative *alternative, const struct stile_table_condition *condition,
		   bool *is_full)
{
	if (condition->comparison == STILE_MASKED_EQUAL && condition->mask == 0)
		return true;
	if (condition->comparison == STILE_GREATER_OR_EQUAL && condition->value == 0)
		return true;
	for (size_t i = 0; i < alternative->count; i++) {
		const struct stile_table_condition *other = &alternative->conditions[i];

		if (are_same(other, condition))
			return true;
		if (other->argument == condition->argument && other->comparison == STILE_EQUAL &&
		    other->bits >= condition->bits)
			return plain_condition_holds(condition, other->value);
	}
	if (condition->comparison == STILE_EQUAL && !keep_beside(alternative, condition))
		return false;
	if (alternative->count == ALTERNATIVE_CONDITIONS_MAX) {
		*is_full = true;
		return false;
	}
	alternative->conditions[alternative->count++] = *condition;
	return true;
}

/* Each of the first with each of the second. */
static bool multiply(struct alternatives *first, const struct plain_conditions *second)
{
	struct alternatives product = { 0 };
	bool is_full = false;

	for (size_t i = 0; i < first->count && !is_full; i++)
		for (size_t k = 0; k < second->count && !is_full; k++) {
			const struct plain_pair *pair = &second->items[k];
			struct alternative both = first->items[i];
			bool is_possible = true;

			for (size_t c = 0; is_possible && c < pair->count; c++)
				is_possible = narrow(&both, &pair->conditions[c], &is_full);
			if (is_possible && !add(&product, &both))
				is_full = true;
		}
	free(first->items);
	*first = product;
	return !is_full;
}

static bool multiply_rule(struct alternatives *alternatives, const struct stile_policy_rule *rule)
{
	struct plain_conditions plain;

	for (size_t i = 0; i < rule->condition_count; i++) {
		plain.count = 0;
		plain_conditions_add(&plain, &rule->conditions[i], false);
		if (!multiply(alternatives, &plain))
			return false;
	}
	return true;
}

/* What a rule does not match: one of its conditions does not hold. */
static bool multiply_opposite(struct alternatives *alternatives,
			      const struct stile_policy_rule *rule)
{
	struct alternatives sum = { 0 };

	for (size_t i = 0; i < rule->condition_count; i++) {
		struct alternatives part = { 0 };
		struct plain_conditions plain = { .count = 0 };
		bool is_good = true;

		for (size_t k = 0; is_good && k < alternatives->count; k++)
			is_good = add(&part, &alternatives->items[k]);
		plain_conditions_add(&plain, &rule->conditions[i], true);
		is_good = is_good && multiply(&part, &plain);
		for (size_t k = 0; is_good && k < part.count; k++)
			is_good = add(&sum, &part.items[k]);
		free(part.items);
		if (!is_good) {
			free(sum.items);
			return false;
		}
	}
	free(alternatives->items);
	*alternatives = sum;
	return true;
}

/* What the rule at this index decides; that of rule_count: the rest. */
static bool add_decided(struct alternatives *alternatives, const struct stile_policy *policy,
			const struct stile_policy_call *call, size_t index,
			bool (*is_wanted)(struct stile_action action, const void *data),
			const void *data)
{
	static const struct alternative all;
	struct alternatives part = { 0 };
	struct stile_policy_rule rule;
	bool is_good = add(&part, &all);

	if (is_good && index < call->rule_count)
		is_good = stile_policy_get_rule(policy, call, index, &rule) &&
			  multiply_rule(&part, &rule);
	for (size_t i = 0; is_good && i < index && part.count; i++) {
		if (!stile_policy_get_rule(policy, call, i, &rule))
			is_good = false;
		else if (!is_wanted(rule.action, data))
			is_good = multiply_opposite(&part, &rule);
	}
	for (size_t i = 0; is_good && i < part.count; i++)
		is_good = add(alternatives, &part.items[i]);
	free(part.items);
	return is_good;
}

bool alternatives_add(struct alternatives *alternatives, const struct stile_policy *policy,
		      const struct stile_policy_call *call,
		      bool (*is_wanted)(struct stile_action action, const void *data),
		      const void *data)
{
	struct stile_policy_rule rule;

	for (size_t i = 0; i < call->rule_count; i++) {
		if (!stile_policy_get_rule(policy, call, i, &rule))
			return false;
		if (is_wanted(rule.action, data) &&
		    !add_decided(alternatives, policy, call, i, is_wanted, data))
			return false;
	}
	return !is_wanted(call->rest, data) ||
	       add_decided(alternatives, policy, call, call->rule_count, is_wanted, data);
}
