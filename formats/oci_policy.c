/* SPDX-License-Identifier: MIT */
/*
 * From a profile to a policy. Entries of one call that all have the same action are alternatives;
 * the others (oci_mixed.c) mean what libseccomp makes of them.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"
#include "oci_rules.h"

#define X32_BIT 0x40000000u
#define NUMBERS 1024	 /* of the table; without x32's bit */
#define FIRST_RULES 2048 /* so many are room for most profiles */

bool oci_policy_error(const struct oci_reader *reader, const struct stile_policy *policy)
{
	diagnose_error(reader->diagnostics, reader->source->name, 0, 0, "%s",
		       stile_policy_message(policy));
	return false;
}

bool oci_add_rule(const struct oci_reader *reader, struct oci_rules *rules,
		  const struct oci_rule *rule)
{
	if (rules->count == OCI_RULES_MAX)
		return oci_error(reader, rule->place, "more than %d rules in one profile",
				 OCI_RULES_MAX);
	if (rules->count == rules->capacity) {
		const size_t capacity = rules->capacity ? 2 * rules->capacity : FIRST_RULES;
		struct oci_rule *items = reallocarray(rules->items, capacity, sizeof(*items));

		if (!items)
			return document_no_memory(reader->source, reader->diagnostics);
		rules->items = items;
		rules->capacity = capacity;
	}
	rules->items[rules->count++] = *rule;
	return true;
}

/* The rules of an entry for one call, given by number. */
static bool add_call(const struct oci_reader *reader, struct oci_rules *rules,
		     const struct oci_entry *entry, const struct node *name, enum stile_abi abi,
		     uint32_t number)
{
	const bool is_narrow = abi == STILE_ABI_I386 || abi == STILE_ABI_X32;
	struct oci_rule rule = { .abi = abi,
				 .number = number,
				 .action = entry->action,
				 .conditions = is_narrow ? entry->narrow : entry->wide,
				 .condition_count = entry->condition_count,
				 .place = name };

	if (!entry->is_any)
		return oci_add_rule(reader, rules, &rule);
	rule.condition_count = 1;
	for (size_t i = 0; i < entry->condition_count; i++, rule.conditions++)
		if (!oci_add_rule(reader, rules, &rule))
			return false;
	return true;
}

/* The same through socketcall or ipc, whose first argument takes the place of the call's. */
static bool add_multiplexed(const struct oci_reader *reader, struct oci_rules *rules,
			    const struct oci_entry *entry, const struct node *name)
{
	const size_t size = sizeof(struct stile_table_condition);
	struct stile_table_condition *conditions;
	struct oci_entry other = *entry;
	uint32_t number, call;
	size_t count = 0;

	if (!oci_multiplexer(name->text, &number, &call))
		return true;
	for (size_t first = 0; first < (entry->is_any ? entry->condition_count : 1); first++) {
		const size_t end = entry->is_any ? first + 1 : entry->condition_count;

		conditions = document_allocate(reader->document, (end - first + 1) * size);
		if (!conditions)
			return document_no_memory(reader->source, reader->diagnostics);
		conditions[0] = (struct stile_table_condition){
			.bits = 32, .comparison = STILE_EQUAL, .parameter = -1, .value = call
		};
		count = 1;
		for (size_t i = first; i < end; i++)
			if (entry->narrow[i].argument != 0)
				conditions[count++] = entry->narrow[i];
		other.narrow = conditions;
		other.condition_count = count;
		other.is_any = false;
		if (!add_call(reader, rules, &other, name, STILE_ABI_I386, number))
			return false;
	}
	return true;
}

/* A name that no ABI of the table has: libseccomp may know it for other machines. */
static void warn_of_name(const struct oci_reader *reader, const struct node *name)
{
	const char *nearest;

	if (seccomp_syscall_resolve_name(name->text) != __NR_SCMP_ERROR)
		return;
	nearest = stile_nearest_syscall(name->text);
	oci_warning(reader, name, "there is no syscall \"%s\": runtimes leave it out%s%s%s",
		    name->text, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
		    nearest ? "\"?" : "");
}

static bool add_name(const struct oci_reader *reader, const struct oci_profile *profile,
		     const struct oci_entry *entry, const struct node *name,
		     struct oci_rules *rules)
{
	const bool is_grant = strchr(name->text, '.');
	bool is_found = false;

	for (size_t i = 0; i < profile->abi_count; i++) {
		const enum stile_abi abi = profile->abis[i];
		long number;

		if (is_grant) {
			if (!oci_add_grant(reader, rules, entry, name, abi))
				return false;
			continue;
		}
		number = stile_syscall_number(abi, name->text);
		if (number >= 0) {
			is_found = true;
			if (!add_call(reader, rules, entry, name, abi, (uint32_t)number))
				return false;
		}
		if (abi == STILE_ABI_I386 && !add_multiplexed(reader, rules, entry, name))
			return false;
	}
	if (!is_grant && !is_found && stile_syscall_since(name->text) == 0)
		warn_of_name(reader, name);
	return true;
}

static bool are_equal(struct stile_action a, struct stile_action b)
{
	return a.kind == b.kind && a.errno_value == b.errno_value;
}

static bool make_rules(const struct oci_reader *reader, const struct oci_profile *profile,
		       struct oci_rules *rules)
{
	bool is_good = true;

	for (size_t i = 0; i < profile->count; i++) {
		const struct oci_entry *entry = &profile->entries[i];

		if (are_equal(entry->action, profile->default_action))
			continue; /* so do runtimes */
		for (size_t k = 0; k < entry->name_count; k++)
			if (!add_name(reader, profile, entry, &entry->names[k], rules))
				is_good = false;
	}
	return is_good;
}

/* What was seen of a call. */
struct seen {
	const struct oci_rule *first; /* NULL: none */
	bool is_mixed;
};

static struct seen *find_seen(struct seen *seen, const struct oci_rule *rule)
{
	return &seen[(size_t)rule->abi * NUMBERS + ((rule->number & ~X32_BIT) % NUMBERS)];
}

/* Finds the calls that have entries of different actions. */
static bool look(const struct oci_rules *rules, struct seen *seen)
{
	bool has_mixed = false;

	for (size_t i = 0; i < rules->count; i++) {
		struct seen *call = find_seen(seen, &rules->items[i]);

		if (!call->first)
			call->first = &rules->items[i];
		else if (!are_equal(call->first->action, rules->items[i].action))
			call->is_mixed = has_mixed = true;
	}
	return has_mixed;
}

/* By call; rules of one stay in the file's order, which is that of their places. */
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

static bool add_all_mixed(const struct oci_reader *reader, struct stile_policy *policy,
			  const struct oci_rules *rules, struct seen *seen)
{
	const struct oci_rule **mixed = calloc(rules->count, sizeof(*mixed));
	struct oci_rule *group = calloc(rules->count, sizeof(*group));
	size_t count = 0, length;
	bool is_good = mixed && group;

	if (!is_good)
		document_no_memory(reader->source, reader->diagnostics);
	for (size_t i = 0; is_good && i < rules->count; i++)
		if (find_seen(seen, &rules->items[i])->is_mixed)
			mixed[count++] = &rules->items[i];
	if (is_good)
		qsort(mixed, count, sizeof(*mixed), compare_calls);
	for (size_t first = 0; is_good && first < count; first += length) {
		for (length = 0;
		     first + length < count && mixed[first + length]->abi == mixed[first]->abi &&
		     mixed[first + length]->number == mixed[first]->number;
		     length++)
			group[length] = *mixed[first + length];
		if (!oci_add_mixed_rules(reader, policy, group, length))
			is_good = false;
	}
	free(mixed);
	free(group);
	return is_good;
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

static bool fill(const struct oci_reader *reader, struct stile_policy *policy,
		 const struct oci_rules *rules)
{
	struct seen *seen = calloc((size_t)STILE_ABI_COUNT * NUMBERS, sizeof(*seen));
	bool has_mixed, is_good = true;

	if (!seen)
		return document_no_memory(reader->source, reader->diagnostics);
	has_mixed = look(rules, seen);
	for (size_t i = 0; is_good && i < rules->count; i++)
		if (!find_seen(seen, &rules->items[i])->is_mixed)
			is_good = oci_add_to_policy(reader, policy, &rules->items[i]);
	if (is_good && has_mixed)
		is_good = add_all_mixed(reader, policy, rules, seen);
	free(seen);
	return is_good;
}

struct stile_policy *oci_policy(const struct oci_reader *reader, const struct oci_profile *profile)
{
	const struct stile_action bad_arch = { .kind = STILE_ACTION_KILL_THREAD };
	struct stile_policy *policy = stile_policy_new();
	struct oci_rules rules = { 0 };
	bool is_good;

	(void)stile_policy_set_default(policy, profile->default_action);
	(void)stile_policy_set_foreign_abi(policy, bad_arch); /* libseccomp's */
	for (size_t i = 0; i < profile->abi_count; i++)
		(void)stile_policy_add_abi(policy, profile->abis[i]);
	is_good = make_rules(reader, profile, &rules);
	if (is_good)
		is_good = fill(reader, policy, &rules);
	if (is_good && stile_policy_error(policy))
		is_good = oci_policy_error(reader, policy);
	free(rules.items);
	if (is_good)
		return policy;
	stile_policy_free(policy);
	return NULL;
}
