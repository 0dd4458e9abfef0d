/* SPDX-License-Identifier: MIT */
/*
 * From a profile to a policy. Entries of one call that all have the same action are alternatives;
 * the others (oci_mixed.c) mean what libseccomp makes of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"
#include "oci_rules.h"

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

static bool add_name(const struct oci_reader *reader, const struct oci_profile *profile,
		     const struct oci_entry *entry, const struct node *name,
		     struct oci_rules *rules)
{
	const bool is_grant = strchr(name->text, '.');

	for (size_t i = 0; i < profile->abi_count; i++) {
		const enum stile_abi abi = profile->abis[i];
		long number;

		if (is_grant) {
			if (!oci_add_grant(reader, rules, entry, name, abi))
				return false;
			continue;
		}
		number = stile_syscall_number(abi, name->text);
		if (number >= 0 && !add_call(reader, rules, entry, name, abi, (uint32_t)number))
			return false;
		if (abi == STILE_ABI_I386 && !add_multiplexed(reader, rules, entry, name))
			return false;
	}
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

static void new_policy(const struct oci_reader *reader, const struct oci_profile *profile,
		       struct oci_rules *rules)
{
	const struct stile_action bad_arch = { .kind = STILE_ACTION_KILL_THREAD };

	stile_policy_free(rules->policy);
	rules->policy = stile_policy_new();
	rules->total = 0;
	reader->origin->place = NULL;
	(void)stile_policy_set_default(rules->policy, profile->default_action);
	(void)stile_policy_set_foreign_abi(rules->policy, bad_arch); /* libseccomp's */
	for (size_t i = 0; i < profile->abi_count; i++)
		(void)stile_policy_add_abi(rules->policy, profile->abis[i]);
}

struct stile_policy *oci_policy(const struct oci_reader *reader, const struct oci_profile *profile)
{
	struct oci_rules rules = { 0 };
	bool is_good;

	rules.seen = calloc((size_t)STILE_ABI_COUNT * OCI_NUMBERS, sizeof(*rules.seen));
	if (!rules.seen) {
		document_no_memory(reader->source, reader->diagnostics);
		return NULL;
	}
	new_policy(reader, profile, &rules);
	is_good = make_rules(reader, profile, &rules);
	if (rules.has_mixed && rules.total <= OCI_RULES_MAX) {
		rules.is_second = true;
		new_policy(reader, profile, &rules);
		is_good = make_rules(reader, profile, &rules) && is_good;
		is_good = oci_add_kept_rules(reader, &rules) && is_good;
	}
	if (is_good && stile_policy_error(rules.policy))
		is_good = oci_policy_error(reader, rules.policy);
	free(rules.items);
	free(rules.seen);
	if (is_good)
		return rules.policy;
	stile_policy_free(rules.policy);
	return NULL;
}
