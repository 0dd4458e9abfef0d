/* SPDX-License-Identifier: MIT */
/* What minijail's statements mean together. */
#include <errno.h>
#include <stdlib.h>

#include "minijail.h"

/* A filter of a call, in the order in which minijail asks them. */
struct step {
	uint32_t number;
	size_t order; /* of its statement's call in the files */
	const struct minijail_call *call;
	const struct minijail_statement *statement;
};

struct making {
	struct minijail_text *text;
	struct stile_policy *policy;
	struct step *steps; /* by call and order */
	size_t step_count;
};

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };

static bool error_at(struct minijail_text *text, const struct minijail_place *place,
		     const char *sentence)
{
	diagnose_error(text->diagnostics, place->file, place->line, place->column, "%s", sentence);
	return false;
}

/* The kill that compile_seccomp_policy.py does unless it is told otherwise. */
static struct stile_action kill_action(const struct minijail_text *text)
{
	return text->is_denylist ? (struct stile_action){ STILE_ACTION_ERRNO, EPERM } :
				   (struct stile_action){ STILE_ACTION_KILL_THREAD, 0 };
}

static struct stile_action action_of(const struct minijail_text *text, enum minijail_answer answer,
				     struct stile_action action)
{
	switch (answer) {
	case MINIJAIL_UNSAID:
	case MINIJAIL_ALLOW:
		return allow;
	case MINIJAIL_KILL:
	case MINIJAIL_RETURN_ALONE:
		return kill_action(text);
	default:
		return action;
	}
}

/* What a listed call gets when none of its filters matches. */
static struct stile_action default_action(const struct minijail_text *text)
{
	if (text->has_default)
		return action_of(text, text->default_answer, text->default_action);
	return text->is_denylist ? allow : kill_action(text);
}

static int compare_steps(const void *left, const void *right)
{
	const struct step *a = left, *b = right;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Sorts what was said by call. A call in two statements is one of two compilers' only. */
static bool collect(struct making *making)
{
	struct minijail_text *text = making->text;

	making->steps = calloc(text->call_count + 1, sizeof(*making->steps));
	if (!making->steps) {
		diagnose_error(text->diagnostics, text->source->name, 0, 0, "out of memory");
		return false;
	}
	for (size_t i = 0; i < text->statement_count; i++)
		for (size_t c = 0; c < text->statements[i].call_count; c++) {
			const struct minijail_call *call =
				&text->calls[text->statements[i].first_call + c];

			making->steps[making->step_count] = (struct step){ call->number,
									   making->step_count, call,
									   &text->statements[i] };
			making->step_count++;
		}
	qsort(making->steps, making->step_count, sizeof(*making->steps), compare_steps);
	for (size_t i = 1; i < making->step_count && !text->python_feature; i++)
		if (making->steps[i].number == making->steps[i - 1].number) {
			text->python_feature = "a second statement for a call";
			text->python_place = making->steps[i].statement->place;
		}
	return true;
}

/* "EXPRESSION; return ERRNO": to the C parser the errno is for all other calls. */
static bool is_reversed(const struct minijail_statement *statement,
			const struct minijail_filter *filter)
{
	return !statement->is_braced && filter->atom_count > 0 &&
	       (filter->answer == MINIJAIL_RETURN || filter->answer == MINIJAIL_RETURN_ALONE);
}

static void warn_of_reversal(struct minijail_text *text, const struct minijail_filter *filter)
{
	const struct minijail_place *python = &text->python_place, *place = &filter->place;

	if (text->python_feature)
		diagnose_warning(text->diagnostics, place->file, place->line, place->column,
				 "the errno is for calls that match, as compile_seccomp_policy.py "
				 "reads it; minijail's parser in C, for which it is for those that "
				 "do not, refuses this policy: %s at %s:%u",
				 text->python_feature, python->file, python->line);
	else
		diagnose_warning(
			text->diagnostics, place->file, place->line, place->column,
			"the errno is for calls that do not match, as minijail's parser in "
			"C reads it; for compile_seccomp_policy.py it is for those that do");
}

static bool check_filter(struct minijail_text *text, const struct minijail_statement *statement,
			 const struct minijail_filter *filter)
{
	const struct minijail_place *python = &text->python_place, *place = &filter->place;

	if (filter->answer == MINIJAIL_RETURN_ALONE && text->python_feature) {
		diagnose_error(text->diagnostics, place->file, place->line, place->column,
			       "found 'return' without an errno, expected one in a policy for "
			       "compile_seccomp_policy.py, which alone takes %s at %s:%u",
			       text->python_feature, python->file, python->line);
		return false;
	}
	if (is_reversed(statement, filter))
		warn_of_reversal(text, filter);
	if (text->is_denylist && filter->answer != MINIJAIL_UNSAID &&
	    filter->answer != MINIJAIL_RETURN)
		return error_at(text, place,
				"found another action in a denylist, expected 'return ERRNO', "
				"which is "
				"the only one there");
	return true;
}

static bool check(struct minijail_text *text)
{
	bool is_fine = true;

	for (const struct minijail_file *file = text->files; file; file = file->previous)
		if (text->is_denylist && !file->has_denylist) {
			diagnose_error(text->diagnostics, file->name, 1, 1,
				       "found no @denylist in this file, expected one, as another "
				       "file of the policy has it: add the line '@denylist'");
			is_fine = false;
		}
	for (size_t i = 0; i < text->statement_count; i++) {
		const struct minijail_statement *statement = &text->statements[i];

		for (size_t f = 0; f < statement->filter_count; f++)
			is_fine = check_filter(text, statement,
					       &text->filters[statement->first_filter + f]) &&
				  is_fine;
	}
	return is_fine;
}

/* A rule without conditions. */
static bool add_rest(struct making *making, uint32_t number, struct stile_action action, int origin)
{
	const struct stile_policy_rule rule = { .abi = making->text->options->abi,
						.number = number,
						.action = action,
						.origin = origin };

	return stile_policy_add_rule(making->policy, &rule) == 0;
}

static bool decided_before(struct minijail_text *text, const struct minijail_place *place,
			   const char *name, const struct minijail_place *before)
{
	diagnose_error(text->diagnostics, place->file, place->line, place->column,
		       "found more for %s, expected nothing: it was decided for all calls at "
		       "%s:%u; drop one of the two",
		       name, before->file, before->line);
	return false;
}

/* What all filters of a call come to. */
struct call_filters {
	const struct minijail_filter *rest;    /* the one for all calls; NULL: none */
	const struct minijail_filter *refusal; /* the first that lets no matching call through */
};

static bool look_at(struct making *making, const struct step *steps, size_t count,
		    struct call_filters *all)
{
	struct minijail_text *text = making->text;

	for (size_t i = 0; i < count; i++) {
		const struct minijail_statement *statement = steps[i].statement;

		for (size_t f = 0; f < statement->filter_count; f++) {
			const struct minijail_filter *filter =
				&text->filters[statement->first_filter + f];

			if (all->rest)
				return decided_before(text, &filter->place, steps[i].call->name,
						      &all->rest->place);
			if (filter->atom_count == 0)
				all->rest = filter;
			else if (!all->refusal && filter->answer != MINIJAIL_UNSAID &&
				 filter->answer != MINIJAIL_ALLOW)
				all->refusal = filter;
		}
	}
	return true;
}

/* The rules of a statement for one of its calls. */
static bool add_statement(struct making *making, const struct step *step, int origin)
{
	struct minijail_text *text = making->text;
	const struct minijail_statement *statement = step->statement;

	for (size_t f = 0; f < statement->filter_count; f++) {
		const struct minijail_filter *filter = &text->filters[statement->first_filter + f];
		struct stile_action action = action_of(text, filter->answer, filter->action);
		const bool is_reversed_here = is_reversed(statement, filter) &&
					      !text->python_feature;

		if (filter->atom_count == 0) {
			if (!add_rest(making, step->number, action, origin))
				return false;
			continue;
		}
		if (!minijail_add_rules(text, making->policy, filter, step->number, origin,
					is_reversed_here ? allow : action))
			return false;
		if (is_reversed_here && !add_rest(making, step->number, action, origin))
			return false;
	}
	return true;
}

static bool add_call(struct making *making, const struct step *steps, size_t count)
{
	struct minijail_text *text = making->text;
	struct call_filters all = { 0 };
	int origin = -1;

	if (!look_at(making, steps, count, &all))
		return false;
	/* A quirk of compile_seccomp_policy.py, which its users' filters have: what ends in
	 * "allow" is allowed without a look at what stands before. */
	if (all.rest && all.refusal && all.rest->answer == MINIJAIL_ALLOW) {
		const struct minijail_place *place = &all.refusal->place;

		diagnose_warning(text->diagnostics, place->file, place->line, place->column,
				 "minijail forgets this: %s is allowed at %s:%u, and then always",
				 steps[0].call->name, all.rest->place.file, all.rest->place.line);
		return add_rest(making, steps[0].number, allow,
				stile_policy_add_origin(making->policy, all.rest->place.file,
							all.rest->place.line));
	}
	for (size_t i = 0; i < count; i++) {
		const struct minijail_place *place = &steps[i].statement->place;

		origin = stile_policy_add_origin(making->policy, place->file, place->line);
		if (origin < 0 || !add_statement(making, &steps[i], origin))
			return false;
	}
	return add_rest(making, steps[0].number, default_action(text), origin);
}

static bool start_policy(struct making *making)
{
	const struct minijail_text *text = making->text;
	const enum stile_abi abi = text->options->abi;
	struct stile_policy *policy = making->policy;

	return stile_policy_add_abi(policy, abi) == 0 &&
	       stile_policy_set_default(policy, text->is_denylist ? allow : default_action(text)) ==
		       0 &&
	       stile_policy_set_foreign_abi(policy, kill_action(text)) == 0 &&
	       (abi != STILE_ABI_X86_64 || stile_policy_ignore_x32(policy) == 0);
}

static bool make(struct making *making)
{
	bool is_fine = start_policy(making);

	for (size_t i = 0, count; i < making->step_count; i += count) {
		count = 1;
		while (i + count < making->step_count &&
		       making->steps[i + count].number == making->steps[i].number)
			count++;
		is_fine = add_call(making, &making->steps[i], count) && is_fine;
	}
	return is_fine;
}

struct stile_policy *minijail_make_policy(struct minijail_text *text)
{
	struct making making = { .text = text, .policy = stile_policy_new() };

	if (collect(&making) && check(text) && !make(&making) && !has_errors(text->diagnostics))
		diagnose_error(text->diagnostics, text->source->name, 0, 0, "%s",
			       stile_policy_message(making.policy));
	free(making.steps);
	if (!has_errors(text->diagnostics) && stile_policy_error(making.policy) == 0)
		return making.policy;
	stile_policy_free(making.policy);
	return NULL;
}
