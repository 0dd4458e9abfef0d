/* SPDX-License-Identifier: MIT */
/* Rules on their way into the policy. */
#include "oci_rules.h"

#include <stdlib.h>

#include "document_memory.h"

#define X32_BIT 0x40000000u

bool oci_policy_error(const struct oci_reader *reader, const struct stile_policy *policy)
{
	diagnose_error(reader->diagnostics, reader->source->name, 0, 0, "%s",
		       stile_policy_message(policy));
	return false;
}

bool oci_add_to_policy(const struct oci_reader *reader, struct stile_policy *policy,
		       const struct oci_rule *rule)
{
	struct stile_policy_rule added = { .abi = rule->abi,
					   .number = rule->number,
					   .action = rule->action,
					   .conditions = rule->conditions,
					   .condition_count = rule->condition_count };

	if (rule->place != reader->origin->place) { /* those of a name follow one another */
		reader->origin->place = rule->place;
		reader->origin->index = stile_policy_add_origin(policy, reader->source->name,
								rule->place->line);
	}
	added.origin = reader->origin->index;
	if (added.origin < 0 || stile_policy_add_rule(policy, &added))
		return oci_policy_error(reader, policy);
	return true;
}

static struct oci_seen *find_seen(const struct oci_rules *rules, const struct oci_rule *rule)
{
	return &rules->seen[(size_t)rule->abi * OCI_NUMBERS +
			    (rule->number & ~X32_BIT) % OCI_NUMBERS];
}

static bool keep(const struct oci_reader *reader, struct oci_rules *rules,
		 const struct oci_rule *rule)
{
	if (rules->count == rules->capacity) {
		const size_t capacity = rules->capacity ? 2 * rules->capacity : 64;
		struct oci_rule *items = reallocarray(rules->items, capacity, sizeof(*items));

		if (!items)
			return document_no_memory(reader->source, reader->diagnostics);
		rules->items = items;
		rules->capacity = capacity;
	}
	rules->items[rules->count++] = *rule;
	return true;
}

bool oci_add_rule(const struct oci_reader *reader, struct oci_rules *rules,
		  const struct oci_rule *rule)
{
	struct oci_seen *seen = find_seen(rules, rule);

	if (rules->total++ == OCI_RULES_MAX)
		return oci_error(reader, rule->place, "more than %d rules in one profile",
				 OCI_RULES_MAX);
	if (rules->is_second)
		return seen->is_mixed ? keep(reader, rules, rule) :
					oci_add_to_policy(reader, rules->policy, rule);
	if (seen->kind == 0) {
		seen->kind = (uint8_t)(rule->action.kind + 1);
		seen->errno_value = (uint16_t)rule->action.errno_value;
	} else if (seen->kind != (uint8_t)(rule->action.kind + 1) ||
		   seen->errno_value != rule->action.errno_value) {
		seen->is_mixed = rules->has_mixed = true;
	}
	return rules->has_mixed || oci_add_to_policy(reader, rules->policy, rule);
}

/* By call; rules of one stay in the file's order. */
static int compare_calls(const void *a, const void *b)
{
	const struct oci_rule *left = *(const struct oci_rule *const *)a;
	const struct oci_rule *right = *(const struct oci_rule *const *)b;

	if (left->abi != right->abi)
		return left->abi < right->abi ? -1 : 1;
	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return (left > right) - (left < right);
}

bool oci_add_kept_rules(const struct oci_reader *reader, struct oci_rules *rules)
{
	const struct oci_rule **sorted = calloc(rules->count + 1, sizeof(*sorted));
	struct oci_rule *call = calloc(rules->count + 1, sizeof(*call));
	size_t length;
	bool is_good = sorted && call, are_added = true;

	if (!is_good)
		document_no_memory(reader->source, reader->diagnostics);
	for (size_t i = 0; is_good && i < rules->count; i++)
		sorted[i] = &rules->items[i];
	if (is_good && rules->count)
		qsort(sorted, rules->count, sizeof(*sorted), compare_calls);
	for (size_t first = 0; is_good && first < rules->count; first += length) {
		for (length = 0; first + length < rules->count &&
				 sorted[first + length]->abi == sorted[first]->abi &&
				 sorted[first + length]->number == sorted[first]->number;
		     length++)
			call[length] = *sorted[first + length];
		are_added = oci_add_mixed_rules(reader, rules->policy, call, length) && are_added;
	}
	free(sorted);
	free(call);
	return is_good && are_added;
}
