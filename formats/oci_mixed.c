/* SPDX-License-Identifier: MIT */
/*
 * Entries of one call with different actions. Where two of them match the same calls, which one
 * counts depends on how libseccomp makes its tree of them; so libseccomp is asked to make it, and
 * what its filter answers is read from that.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "document_memory.h"
#include "oci_libseccomp.h"
#include "oci_rules.h"

#define PAIRS_MAX 20000	  /* of rules with different actions that are compared */
#define CONDITIONS_MAX 12 /* of two rules, six arguments each */
#define FILTER_MAX 4096	  /* instructions */
#define STAND_IN "read"	  /* the tree of a call does not depend on which it is */

static bool are_equal(struct stile_action a, struct stile_action b)
{
	return a.kind == b.kind && a.errno_value == b.errno_value;
}

/* A call that two rules match: 1, 0: there is none, or a negative error. */
static int find_common(const struct oci_rule *a, const struct oci_rule *b,
		       struct seccomp_data *data)
{
	struct stile_table_condition both[CONDITIONS_MAX];
	struct stile_policy_rule rule = {
		.abi = a->abi, .number = a->number, .conditions = both, .origin = -1
	};
	struct stile_policy_call call;
	struct stile_policy *policy;
	int found = -ENOMEM;

	if (a->condition_count + b->condition_count > CONDITIONS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < a->condition_count; i++)
		both[rule.condition_count++] = a->conditions[i];
	for (size_t i = 0; i < b->condition_count; i++)
		both[rule.condition_count++] = b->conditions[i];
	policy = stile_policy_new();
	(void)stile_policy_add_abi(policy, a->abi);
	if (stile_policy_add_rule(policy, &rule) == 0 &&
	    stile_policy_find_call(policy, a->abi, a->number, &call))
		found = stile_policy_reach(policy, &call, 0, data);
	stile_policy_free(policy);
	return found;
}

/* Pairs of rules with different actions. */
static size_t count_pairs(const struct oci_rule *rules, size_t count)
{
	size_t pairs = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			pairs += !are_equal(rules[i].action, rules[j].action);
	return pairs;
}

static bool overlap(const struct oci_rule *rules, size_t count)
{
	struct seccomp_data data;

	if (count_pairs(rules, count) > PAIRS_MAX)
		return true;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (!are_equal(rules[i].action, rules[j].action) &&
			    find_common(&rules[i], &rules[j], &data) != 0)
				return true;
	return false;
}

/* Puts the rules into a libseccomp filter, as runtimes do. */
static bool add_rules(const struct oci_reader *reader, scmp_filter_ctx context,
		      const struct oci_rule *rules, size_t count)
{
	const int number = seccomp_syscall_resolve_name(STAND_IN);
	bool is_good = true;

	for (size_t i = 0; i < count; i++) {
		struct scmp_arg_cmp comparisons[CONDITIONS_MAX];
		int error;

		for (size_t k = 0; k < rules[i].condition_count; k++)
			comparisons[k] = oci_libseccomp_comparison(&rules[i].conditions[k]);
		error = seccomp_rule_add_array(context, oci_libseccomp_action(rules[i].action),
					       number, (unsigned int)rules[i].condition_count,
					       comparisons);
		if (error == -EEXIST)
			is_good = oci_error(reader, rules[i].place,
					    "\"%s\" has the same conditions before this, with "
					    "another action: runtimes refuse that",
					    rules[i].place->text);
		else if (error)
			is_good = oci_error(reader, rules[i].place, "libseccomp refuses \"%s\": %s",
					    rules[i].place->text, strerror(-error));
	}
	return is_good;
}

/* What libseccomp's filter of the rules says. NULL: it was said why. */
static struct stile_policy *read_filter(const struct oci_reader *reader, scmp_filter_ctx context,
					const struct oci_rule *rules)
{
	const size_t size = FILTER_MAX * sizeof(struct sock_filter);
	struct sock_filter *instructions = malloc(size);
	const int file = memfd_create("filter", MFD_CLOEXEC);
	struct stile_policy *policy = NULL;
	ssize_t length = -1;

	if (instructions && file >= 0 && seccomp_export_bpf(context, file) == 0)
		length = pread(file, instructions, size, 0);
	if (length > 0)
		policy = stile_policy_from_filter(instructions,
						  (size_t)length / sizeof(*instructions),
						  "libseccomp");
	if (!policy)
		oci_error(reader, rules[0].place, "libseccomp made no filter of \"%s\"",
			  rules[0].place->text);
	else if (stile_policy_error(policy))
		oci_policy_error(reader, policy);
	free(instructions);
	if (file >= 0)
		close(file);
	if (policy && stile_policy_error(policy)) {
		stile_policy_free(policy);
		return NULL;
	}
	return policy;
}

static struct stile_policy *ask_libseccomp(const struct oci_reader *reader,
					   const struct stile_policy *policy,
					   const struct oci_rule *rules, size_t count)
{
	const uint32_t arch = oci_libseccomp_arch(rules->abi), native = seccomp_arch_native();
	scmp_filter_ctx context = seccomp_init(oci_libseccomp_action(stile_policy_default(policy)));
	struct stile_policy *answer = NULL;

	if (!context) {
		document_no_memory(reader->source, reader->diagnostics);
		return NULL;
	}
	if (arch != native &&
	    (seccomp_arch_add(context, arch) || seccomp_arch_remove(context, native)))
		oci_error(reader, rules->place, "libseccomp cannot make filters for %s",
			  stile_abi_name(rules->abi));
	else if (add_rules(reader, context, rules, count))
		answer = read_filter(reader, context, rules);
	seccomp_release(context);
	return answer;
}

/* Says of each pair that overlaps which one lost, once for each loser. */
static void warn_of_losers(const struct oci_reader *reader, const struct stile_policy *answer,
			   const struct oci_rule *rules, size_t count)
{
	const uint32_t number = (uint32_t)stile_syscall_number(rules->abi, STAND_IN);

	if (rules->abi != reader->options->abi) /* it would be said again for each ABI */
		return;
	if (count_pairs(rules, count) > PAIRS_MAX) {
		oci_warning(reader, rules->place,
			    "\"%s\" has %zu entries with different actions: where they overlap, "
			    "some lose",
			    rules->place->text, count);
		return;
	}
	for (size_t j = 0; j < count; j++)
		for (size_t i = 0; i < count; i++) {
			struct stile_decision decision;
			struct seccomp_data data;

			if (i == j || are_equal(rules[i].action, rules[j].action) ||
			    find_common(&rules[i], &rules[j], &data) != 1)
				continue;
			data.nr = (int)number;
			if (stile_policy_decide(answer, &data, &decision) ||
			    !are_equal(decision.action, rules[i].action))
				continue;
			oci_warning(reader, rules[j].place,
				    "\"%s\" here loses to its entry in line %u where both match",
				    rules[j].place->text, rules[i].place->line);
			break;
		}
}

/* The first rule with this action: where an answer of libseccomp's filter is from. */
static const struct node *place_of(const struct oci_rule *rules, size_t count,
				   struct stile_action action)
{
	for (size_t i = 0; i < count; i++)
		if (are_equal(rules[i].action, action))
			return rules[i].place;
	return rules->place;
}

static bool copy_answer(const struct oci_reader *reader, struct stile_policy *policy,
			const struct stile_policy *answer, const struct oci_rule *rules,
			size_t count)
{
	const uint32_t number = (uint32_t)stile_syscall_number(rules->abi, STAND_IN);
	struct oci_rule added = { .abi = rules->abi, .number = rules->number };
	struct stile_policy_call call;
	struct stile_policy_rule rule;

	if (!stile_policy_find_call(answer, rules->abi, number, &call))
		return true; /* all get the default action */
	for (size_t i = 0; stile_policy_get_rule(answer, &call, i, &rule); i++) {
		added.action = rule.action;
		added.conditions = rule.conditions;
		added.condition_count = rule.condition_count;
		added.place = place_of(rules, count, rule.action);
		if (!oci_add_to_policy(reader, policy, &added))
			return false;
	}
	if (are_equal(call.rest, stile_policy_default(policy)))
		return true;
	added.action = call.rest;
	added.condition_count = 0;
	added.place = place_of(rules, count, call.rest);
	return oci_add_to_policy(reader, policy, &added);
}

bool oci_add_mixed_rules(const struct oci_reader *reader, struct stile_policy *policy,
			 const struct oci_rule *rules, size_t count)
{
	const bool has_overlap = overlap(rules, count);
	struct stile_policy *answer;
	bool is_good = true;

	for (size_t i = 0; has_overlap && i < count; i++)
		if (rules[i].is_grant)
			return oci_error(reader, rules[i].place,
					 "the grant \"%s\" and another entry have different "
					 "actions for the same calls: leave one of them out",
					 rules[i].place->text);
	if (!has_overlap) {
		for (size_t i = 0; is_good && i < count; i++)
			is_good = oci_add_to_policy(reader, policy, &rules[i]);
		return is_good;
	}
	answer = ask_libseccomp(reader, policy, rules, count);
	if (!answer)
		return false;
	warn_of_losers(reader, answer, rules, count);
	is_good = copy_answer(reader, policy, answer, rules, count);
	stile_policy_free(answer);
	return is_good;
}
