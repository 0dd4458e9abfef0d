/* SPDX-License-Identifier: MIT */
/*
 * Arguments that are compared with one another: filters do that bit by bit, and some such
 * conditions come to more ways than the proof of a filter follows. What cannot be proved cannot be
 * enforced or written, so it is tried here, where it can be said of a line.
 */
#include "kafel_trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kafel_meaning.h"

/* A comparison and the first two arguments in it. */
struct between {
	const struct kafel_expression *comparison;
	const char *names[2]; /* NULL: fewer */
};

static void find_names(const struct kafel_expression *expression, struct between *between)
{
	if (!expression || between->names[1])
		return;
	if (expression->operation != KAFEL_ARGUMENT) {
		find_names(expression->left, between);
		find_names(expression->right, between);
	} else if (!between->names[0]) {
		between->names[0] = expression->name;
	} else if (strcmp(between->names[0], expression->name) != 0) {
		between->names[1] = expression->name;
	}
}

/* The first comparison with two arguments; false: there is none. */
static bool find_between(const struct kafel_expression *expression, struct between *between)
{
	struct between here = { .comparison = expression };

	if (!expression || !kafel_is_boolean(expression))
		return false;
	if (expression->operation >= KAFEL_OR)
		return find_between(expression->left, between) ||
		       find_between(expression->right, between);
	find_names(expression, &here);
	if (!here.names[1])
		return false;
	*between = here;
	return true;
}

/* How many calls from the first on have its number; *has_between: one of them such a comparison. */
static size_t group_length(const struct kafel_call *calls, size_t count, struct between *between,
			   bool *has_between)
{
	size_t length = 0;

	*has_between = false;
	for (; length < count && calls[length].number == calls[0].number; length++)
		*has_between = *has_between ||
			       find_between(calls[length].entry->condition, between);
	return length;
}

/* 0: a filter for these calls alone was proved; else an error. */
static int try_calls(const struct kafel_trial *trial, const struct kafel_call *calls, size_t count)
{
	struct stile_policy *policy = stile_policy_new();
	struct sock_filter *instructions = NULL;
	int error = stile_policy_add_abi(policy, trial->abi);
	size_t length, total = 0;

	if (!error)
		error = stile_policy_set_default(policy, trial->rest);
	for (size_t i = 0; !error && i < count; i += length) {
		struct between between;
		bool has_between;

		length = group_length(calls + i, count - i, &between, &has_between);
		if (has_between)
			error = kafel_add_rules(policy, trial->abi, calls + i, length, trial->rest,
						&total, trial->diagnostics);
	}
	if (!error)
		error = stile_policy_compile(policy, &instructions, &length);
	free(instructions);
	stile_policy_free(policy);
	return error;
}

static void refuse(const struct kafel_trial *trial, const struct between *between, int error,
		   const char *with)
{
	const struct kafel_place *place = &between->comparison->place;

	if (error == -ENOMEM)
		(void)diagnose_error(trial->diagnostics, place->file, place->line, place->column,
				     "out of memory");
	else
		(void)diagnose_error(
			trial->diagnostics, place->file, place->line, place->column,
			"'%.40s' and '%.40s' are compared with each other, which a filter does bit "
			"by bit; with %s that is more than can be proved: expected numbers beside "
			"them, or fewer bits, such as (%.40s & 0xff) == (%.40s & 0xff)",
			between->names[0], between->names[1], with, between->names[0],
			between->names[1]);
}

/* Which of them is it? The first that fails alone ends it. */
static void find_culprit(const struct kafel_trial *trial, const struct kafel_call *calls,
			 size_t count, const struct between *first, int error)
{
	struct between between;
	bool has_between;

	for (size_t i = 0, length; i < count; i += length) {
		int alone = 0;

		length = group_length(calls + i, count - i, &between, &has_between);
		if (has_between)
			alone = try_calls(trial, calls + i, length);
		if (alone) {
			refuse(trial, &between, alone, "what else is said of this call");
			return;
		}
	}
	refuse(trial, first, error, "what is said of other calls");
}

void kafel_try(const struct kafel_trial *trial, const struct kafel_call *calls, size_t count)
{
	struct between between, first = { 0 };
	size_t groups = 0;
	int error;

	for (size_t i = 0, length; i < count; i += length) {
		bool has_between;

		length = group_length(calls + i, count - i, &between, &has_between);
		if (has_between && groups++ == 0)
			first = between;
	}
	error = groups ? try_calls(trial, calls, count) : 0;
	if (error && groups == 1)
		refuse(trial, &first, error, "what else is said of this call");
	else if (error)
		find_culprit(trial, calls, count, &first, error);
}
