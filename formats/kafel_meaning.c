/* SPDX-License-Identifier: MIT */
#include "kafel_meaning.h"

#include <stdlib.h>

#include "kafel_trial.h"

struct gathered {
	struct kafel_call *calls;
	size_t count;
	enum stile_abi abi;
	struct diagnostics *diagnostics;
};

static int say(struct diagnostics *diagnostics, struct kafel_place place, const char *text)
{
	return diagnose_error(diagnostics, place.file, place.line, place.column, "%s", text);
}

/* Names must stand for something in policies that are not used, too. */
static void check_policy(const struct kafel_policy *policy, enum stile_abi abi,
			 struct diagnostics *diagnostics)
{
	struct kafel_call call;

	for (const struct kafel_statement *s = policy->statements; s; s = s->next)
		for (const struct kafel_entry *entry = s->entries; entry; entry = entry->next)
			if (entry->abis >> abi & 1)
				(void)kafel_resolve(entry, abi, diagnostics, &call);
}

static bool gather_entry(struct gathered *gathered, const struct kafel_entry *entry,
			 struct stile_action action)
{
	struct kafel_call *call = &gathered->calls[gathered->count];

	if (!(entry->abis >> gathered->abi & 1))
		return true;
	if (gathered->count == KAFEL_ENTRIES_MAX) {
		(void)say(gathered->diagnostics, entry->place,
			  "found more than 4096 entries, expected at most as many: join some "
			  "of one call");
		return false;
	}
	if (!kafel_resolve(entry, gathered->abi, gathered->diagnostics, call))
		return false;
	call->action = action;
	gathered->count++;
	return true;
}

/*
 * All entries in the order in which they decide. A policy that is used stands where it is used
 * first: what it says could not be reached a second time. Policies use those above them alone.
 */
static bool gather(struct gathered *gathered, const struct kafel_statement *first)
{
	for (const struct kafel_statement *s = first; s; s = s->next) {
		if (s->used && !s->used->is_used) {
			s->used->is_used = true;
			if (!gather(gathered, s->used->statements))
				return false;
		}
		for (const struct kafel_entry *entry = s->entries; entry; entry = entry->next)
			if (!gather_entry(gathered, entry, s->action))
				return false;
	}
	return true;
}

/* By number, and in the file's order where that is the same: entries lie in their places. */
static int compare_calls(const void *a, const void *b)
{
	const struct kafel_call *const *x = a, *const *y = b;

	if ((*x)->number != (*y)->number)
		return (*x)->number < (*y)->number ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

static bool sort_calls(struct gathered *gathered)
{
	struct kafel_call **order = calloc(gathered->count + 1, sizeof(struct kafel_call *));
	struct kafel_call *sorted = calloc(gathered->count + 1, sizeof(*sorted));

	if (!order || !sorted) {
		free(order);
		free(sorted);
		return false;
	}
	for (size_t i = 0; i < gathered->count; i++)
		order[i] = &gathered->calls[i];
	qsort(order, gathered->count, sizeof(*order), compare_calls);
	for (size_t i = 0; i < gathered->count; i++)
		sorted[i] = *order[i];
	free(order);
	free(gathered->calls);
	gathered->calls = sorted;
	return true;
}

static void add_calls(struct stile_policy *policy, const struct gathered *gathered,
		      struct stile_action rest)
{
	size_t end, total = 0;

	for (size_t i = 0; i < gathered->count && total <= KAFEL_RULES_MAX; i = end) {
		for (end = i + 1; end < gathered->count; end++)
			if (gathered->calls[end].number != gathered->calls[i].number)
				break;
		if (kafel_add_rules(policy, gathered->abi, &gathered->calls[i], end - i, rest,
				    &total, gathered->diagnostics) < 0 &&
		    stile_policy_error(policy) < 0)
			return;
	}
}

/* Kafel kills threads whose calls are by another ABI, and does not look for x32. */
static void set_policy(struct stile_policy *policy, enum stile_abi abi,
		       const struct kafel_tree *tree)
{
	const struct stile_action foreign = { STILE_ACTION_KILL_THREAD, 0 };

	(void)stile_policy_add_abi(policy, abi);
	(void)stile_policy_set_default(policy, tree->default_action);
	(void)stile_policy_set_foreign_abi(policy, foreign);
	if (abi == STILE_ABI_X86_64)
		(void)stile_policy_ignore_x32(policy);
}

static void warn_unused(const struct kafel_tree *tree, const struct source *source,
			struct diagnostics *diagnostics)
{
	if (!tree->outside.statements && tree->policies && !tree->has_default)
		diagnose_warning(diagnostics, source->name, 0, 0,
				 "no policy is used: every call is answered by killing the thread");
	else
		for (const struct kafel_policy *p = tree->policies; p; p = p->next)
			if (!p->is_used && p->place.file == source->name)
				diagnose_warning(diagnostics, p->place.file, p->place.line,
						 p->place.column,
						 "policy '%.100s' is not used and decides nothing",
						 p->name);
}

struct stile_policy *kafel_make_policy(struct kafel_tree *tree, const struct source *source,
				       enum stile_abi abi, struct diagnostics *diagnostics)
{
	struct gathered gathered = { .calls = calloc(KAFEL_ENTRIES_MAX + 1,
						     sizeof(struct kafel_call)),
				     .abi = abi,
				     .diagnostics = diagnostics };
	const struct kafel_trial trial = { abi, tree->default_action, diagnostics };
	struct stile_policy *policy = stile_policy_new();

	for (const struct kafel_policy *p = tree->policies; p; p = p->next)
		check_policy(p, abi, diagnostics);
	check_policy(&tree->outside, abi, diagnostics);
	if (policy && gathered.calls && !has_errors(diagnostics) &&
	    gather(&gathered, tree->outside.statements) && sort_calls(&gathered)) {
		set_policy(policy, abi, tree);
		add_calls(policy, &gathered, tree->default_action);
		if (!has_errors(diagnostics) && stile_policy_error(policy) == 0)
			kafel_try(&trial, gathered.calls, gathered.count);
		warn_unused(tree, source, diagnostics);
	}
	if (!has_errors(diagnostics) && (!policy || !gathered.calls || stile_policy_error(policy)))
		(void)diagnose_error(diagnostics, source->name, 0, 0, "%s",
				     !gathered.calls ? "out of memory" :
						       stile_policy_message(policy));
	free(gathered.calls);
	if (!has_errors(diagnostics))
		return policy;
	stile_policy_free(policy);
	return NULL;
}
