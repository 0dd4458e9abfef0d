/* SPDX-License-Identifier: MIT */
#include "oci_export.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "oci_rules.h"
#include "oci_words.h"

#define TEXT_MAX 600

/* A call that is written. */
struct written {
	const char *name;
	struct oci_lines lines;
};

struct collection {
	const struct oci_writer *writer;
	const struct stile_policy *policy;
	struct stile_action default_action;
	unsigned int bits; /* that the entries' comparisons have */
	struct written *items;
	size_t count, capacity;
};

int oci_cannot_say(const struct oci_writer *writer, const char *format, ...)
{
	char text[TEXT_MAX] = "";
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (!writer->options->is_lossy)
		return diagnose_error(writer->diagnostics, writer->format, 0, 0, "%s", text);
	diagnose_warning(writer->diagnostics, writer->format, 0, 0, "%s", text);
	return 0;
}

static int no_memory(const struct oci_writer *writer)
{
	return diagnose_error(writer->diagnostics, writer->format, 0, 0, "out of memory");
}

bool oci_has_errno(struct stile_action action)
{
	return action.kind == STILE_ACTION_ERRNO || action.kind == STILE_ACTION_TRACE;
}

static bool lets_through(struct stile_action action)
{
	return action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_LOG;
}

/* Rules of socketcall and ipc that libseccomp makes itself of the call that is meant. */
static bool is_multiplexed(const struct stile_policy_rule *rule)
{
	const struct stile_table_condition *first = rule->conditions;

	return rule->condition_count >= 1 && first->argument == 0 &&
	       first->comparison == STILE_EQUAL;
}

static bool is_multiplexer(const char *name)
{
	return strcmp(name, "socketcall") == 0 || strcmp(name, "ipc") == 0;
}

static const struct written *find_written(const struct collection *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	return NULL;
}

static int append(struct collection *all, const char *name, const struct oci_lines *lines)
{
	if (all->count == all->capacity) {
		const size_t capacity = all->capacity ? 2 * all->capacity : 256;
		struct written *items = reallocarray(all->items, capacity, sizeof(*items));

		if (!items) {
			free(lines->items);
			return no_memory(all->writer);
		}
		all->items = items;
		all->capacity = capacity;
	}
	all->items[all->count++] = (struct written){ name, *lines };
	return 0;
}

/* A call that cannot be said is refused: by the default action, or by one of its own. */
static int refuse(struct collection *all, const char *name)
{
	struct oci_lines lines = { calloc(1, sizeof(*lines.items)), 1, 1 };

	if (!lets_through(all->default_action)) {
		free(lines.items);
		return 0;
	}
	if (!lines.items)
		return no_memory(all->writer);
	lines.items[0].action = (struct stile_action){ STILE_ACTION_ERRNO, EPERM };
	return append(all, name, &lines);
}

static int collect_nameless(struct collection *all, const struct stile_policy_call *call)
{
	if (call->rule_count == 0 && answers_are_equal(call->rest, all->default_action))
		return 0;
	if (lets_through(all->default_action))
		return diagnose_error(all->writer->diagnostics, all->writer->format, 0, 0,
				      "syscall %u of %s has no name, and would be let through",
				      call->number, stile_abi_name(call->abi));
	return oci_cannot_say(all->writer, "syscall %u of %s has no name%s", call->number,
			      stile_abi_name(call->abi),
			      all->writer->options->is_lossy ? ": it gets the default action" : "");
}

/* Lines of the format have no values for TRAP, and none of another kind for some answers. */
static bool are_sayable(const struct oci_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		if (lines->items[i].action.kind == STILE_ACTION_TRAP &&
		    lines->items[i].action.errno_value)
			return false;
	return true;
}

static int collect_call(struct collection *all, const struct stile_policy_call *call)
{
	bool (*leave_out)(const struct stile_policy_rule *rule) = NULL;
	bool is_rest_left_out = false;
	struct oci_lines lines;
	enum oci_lines_result result;

	if (!call->name)
		return collect_nameless(all, call);
	if (find_written(all, call->name)) /* by another ABI; they are compared at last */
		return 0;
	if (is_multiplexer(call->name))
		leave_out = is_multiplexed;
	if (all->writer->options->is_lossy && call->rule_count && !lets_through(call->rest) &&
	    !lets_through(all->default_action)) {
		is_rest_left_out = true; /* the entries for it may be hundreds */
		if (!answers_are_equal(call->rest, all->default_action))
			(void)oci_cannot_say(all->writer,
					     "%s of %s: what no rule matches gets the default "
					     "action",
					     call->name, stile_abi_name(call->abi));
	}
	result = oci_make_lines(all->policy, call, all->default_action, all->bits, leave_out,
				is_rest_left_out, &lines);
	if (result == OCI_LINES_OK && are_sayable(&lines)) {
		if (lines.count)
			return append(all, call->name, &lines);
		free(lines.items);
		return 0;
	}
	free(lines.items);
	if (result == OCI_LINES_NO_MEMORY)
		return no_memory(all->writer);
	if (oci_cannot_say(all->writer,
			   result == OCI_LINES_OK ?
				   "%s of %s: a value for the signal handler cannot be said" :
				   "%s of %s: its conditions would need more than 1024 entries",
			   call->name, stile_abi_name(call->abi)))
		return -1;
	return refuse(all, call->name);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct written *)a)->name, ((const struct written *)b)->name);
}

static bool have_same_lines(const struct oci_lines *a, const struct oci_lines *b)
{
	return a->count == b->count &&
	       memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0;
}

static bool is_conditional(const struct oci_group *group)
{
	return group->lines.items[0].compared != 0;
}

/* By name within those without conditions and those with. */
static int compare_groups(const void *a, const void *b)
{
	const struct oci_group *left = a, *right = b;

	if (is_conditional(left) != is_conditional(right))
		return is_conditional(left) ? 1 : -1;
	return strcmp(left->names[0], right->names[0]);
}

static int group(struct collection *all, struct oci_export *to)
{
	to->groups = calloc(all->count + 1, sizeof(*to->groups));
	if (!to->groups)
		return no_memory(all->writer);
	if (all->count)
		qsort(all->items, all->count, sizeof(*all->items), compare_names);
	for (size_t i = 0; i < all->count; i++) {
		struct written *call = &all->items[i];
		struct oci_group *found = to->groups;

		while (found < to->groups + to->count &&
		       !have_same_lines(&found->lines, &call->lines))
			found++;
		if (found == to->groups + to->count) {
			found->names = calloc(all->count, sizeof(*found->names));
			if (!found->names)
				return no_memory(all->writer);
			found->lines = call->lines;
			call->lines.items = NULL;
			to->count++;
		}
		found->names[found->count++] = call->name;
	}
	if (to->count)
		qsort(to->groups, to->count, sizeof(*to->groups), compare_groups);
	return 0;
}

/* There is one default action, for all ABIs and for numbers that nobody knows. */
static int choose_default(const struct oci_writer *writer, const struct stile_policy *policy,
			  struct oci_export *to)
{
	to->default_action = stile_policy_unknown(policy, to->abis[0]);
	for (size_t i = 1; i < to->abi_count; i++)
		if (!answers_are_equal(stile_policy_unknown(policy, to->abis[i]),
				       to->default_action))
			return diagnose_error(writer->diagnostics, writer->format, 0, 0,
					      "numbers that no call has get different answers by "
					      "%s and %s: the format has one default action",
					      stile_abi_name(to->abis[0]),
					      stile_abi_name(to->abis[i]));
	if (to->default_action.kind == STILE_ACTION_NOTIFY)
		return diagnose_error(writer->diagnostics, writer->format, 0, 0,
				      "runtimes refuse to notify as default action");
	if (to->default_action.kind == STILE_ACTION_TRAP && to->default_action.errno_value)
		return diagnose_error(writer->diagnostics, writer->format, 0, 0,
				      "the default action has a value for the signal handler, "
				      "which cannot be said");
	return 0;
}

/* libseccomp kills the thread on calls by other ABIs. */
static int check_foreign(const struct oci_writer *writer, const struct stile_policy *policy)
{
	const struct stile_action foreign = stile_policy_foreign_abi(policy);
	char text[64];

	/* x32 is another ABI there; that is the same if unknown calls die in the same way. */
	if (stile_policy_ignores_x32(policy) &&
	    stile_policy_default(policy).kind != STILE_ACTION_KILL_THREAD &&
	    oci_cannot_say(writer, "calls by x32 would be calls by another ABI, not unknown ones"))
		return -1;
	if (foreign.kind == STILE_ACTION_KILL_THREAD)
		return 0;
	stile_format_action(foreign, text, sizeof(text));
	return oci_cannot_say(writer,
			      "calls by another ABI (%s) can only kill the thread in this format",
			      text);
}

int oci_export(const struct oci_writer *writer, const struct stile_policy *policy,
	       struct oci_export *to)
{
	struct collection all = { .writer = writer, .policy = policy, .bits = 32 };
	struct stile_policy_call call;
	int result;

	*to = (struct oci_export){ 0 };
	if (stile_policy_error(policy))
		return diagnose_error(writer->diagnostics, writer->format, 0, 0, "%s",
				      stile_policy_message(policy));
	to->abi_count = stile_policy_abis(policy, to->abis);
	result = choose_default(writer, policy, to);
	if (check_foreign(writer, policy))
		result = -1;
	all.default_action = to->default_action;
	for (size_t a = 0; a < to->abi_count; a++)
		if (to->abis[a] != STILE_ABI_I386 && to->abis[a] != STILE_ABI_X32)
			all.bits = 64;
	for (size_t a = 0; a < to->abi_count; a++)
		for (size_t i = 0; stile_policy_get_call(policy, to->abis[a], i, &call); i++)
			if (collect_call(&all, &call))
				result = -1;
	if (result == 0)
		result = group(&all, to);
	for (size_t i = 0; i < all.count; i++)
		free(all.items[i].lines.items);
	free(all.items);
	return result;
}

void oci_export_free(struct oci_export *export)
{
	for (size_t i = 0; i < export->count; i++) {
		free(export->groups[i].names);
		free(export->groups[i].lines.items);
	}
	free(export->groups);
}
