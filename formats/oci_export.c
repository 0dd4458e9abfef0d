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
	bool has_i386;
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
		return oci_write_error(writer, "%s", text);
	diagnose_warning(writer->diagnostics, writer->format->name, 0, 0, "%s", text);
	return 0;
}

int oci_write_error(const struct oci_writer *writer, const char *format, ...)
{
	char text[TEXT_MAX] = "";
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return diagnose_error(writer->diagnostics, writer->format->name, 0, 0, "%s", text);
}

static int no_memory(const struct oci_writer *writer)
{
	return oci_write_error(writer, "out of memory");
}

bool oci_has_errno(struct stile_action action)
{
	return action.kind == STILE_ACTION_ERRNO || action.kind == STILE_ACTION_TRACE;
}

/* Rules of socketcall and ipc that libseccomp makes itself of the call that is meant. */
static bool is_multiplexed(const struct stile_policy_rule *rule)
{
	const struct stile_table_condition *first = rule->conditions;

	return rule->condition_count >= 1 && first->argument == 0 &&
	       first->comparison == STILE_EQUAL;
}

/* Of what is refused in other ways than by the default action. */
static bool is_refused(const struct stile_policy_rule *rule)
{
	return answer_refuses(rule->action);
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

	if (answer_refuses(all->default_action)) {
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
	if (!answer_refuses(all->default_action))
		return oci_write_error(all->writer,
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

/* The lines of a call that would need too many: of what refuses less is said, or more. */
static enum oci_lines_result make_fewer(const struct collection *all,
					const struct stile_policy_call *call,
					bool (*leave_out)(const struct stile_policy_rule *rule),
					struct oci_lines *lines)
{
	enum oci_lines_result result;
	size_t too_long = 0;

	free(lines->items);
	if (!answer_refuses(all->default_action)) {
		result = oci_make_refusing_lines(all->policy, call, all->default_action, all->bits,
						 lines);
		if (result == OCI_LINES_OK)
			(void)oci_cannot_say(all->writer,
					     "%s of %s: its conditions would need more than %d "
					     "entries: more of its calls are refused",
					     call->name, stile_abi_name(call->abi), OCI_LINES_MAX);
		return result;
	}
	result = oci_make_lines(all->policy, call, all->default_action, all->bits, leave_out,
				&too_long, lines);
	if (result == OCI_LINES_OK)
		(void)oci_cannot_say(all->writer,
				     "%s of %s: %zu of its %zu answers would need more than %d "
				     "entries in all: these calls get the default action",
				     call->name, stile_abi_name(call->abi), too_long,
				     call->rule_count + 1, OCI_LINES_FEW);
	return result;
}

/* Whether some of a call is let through, depending on its arguments. */
static bool has_conditions(const struct collection *all, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(all->policy, call, i, &rule); i++)
		if (!answer_refuses(rule.action))
			return true;
	return call->rule_count && !answer_refuses(call->rest);
}

/* Calls that i386's socketcall and ipc make too: libseccomp lets their entries hold for these,
 * without the conditions on the first argument. */
static bool is_spoiled(const struct collection *all, const struct stile_policy_call *call)
{
	uint32_t number, index;

	return all->writer->options->is_lossy && all->has_i386 &&
	       oci_multiplexer(call->name, &number, &index) && answer_refuses(all->default_action);
}

/* Whether no answer of a call is the default action, so that all of its calls have lines. */
static bool is_complete(const struct collection *all, const struct stile_policy_call *call,
			bool (*leave_out)(const struct stile_policy_rule *rule))
{
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(all->policy, call, i, &rule); i++)
		if (answers_are_equal(rule.action, all->default_action))
			return false;
	return !leave_out && !answers_are_equal(call->rest, all->default_action);
}

/* All lines of a call, as few as possible. */
static enum oci_lines_result make_all(const struct collection *all,
				      const struct stile_policy_call *call,
				      bool (*leave_out)(const struct stile_policy_rule *rule),
				      struct oci_lines *lines)
{
	const enum oci_lines_result result = oci_make_lines(all->policy, call, all->default_action,
							    all->bits, leave_out, NULL, lines);

	if (result != OCI_LINES_OK)
		return result;
	oci_merge_lines(lines, all->bits); /* fewer are to be made wider */
	if (is_complete(all, call, leave_out))
		oci_widen_lines(lines, all->bits);
	return OCI_LINES_OK;
}

static int collect_call(struct collection *all, const struct stile_policy_call *call)
{
	bool (*leave_out)(const struct stile_policy_rule *rule) = NULL;
	struct oci_lines lines;
	enum oci_lines_result result;

	if (!call->name)
		return collect_nameless(all, call);
	if (find_written(all, call->name)) /* by another ABI; they are compared at last */
		return 0;
	if (is_multiplexer(call->name))
		leave_out = is_multiplexed;
	else if (is_spoiled(all, call)) {
		if (has_conditions(all, call))
			return oci_cannot_say(all->writer,
					      "%s of %s: libseccomp makes rules for socketcall and "
					      "ipc of it, without all of its conditions: it gets "
					      "the default action",
					      call->name, stile_abi_name(call->abi));
		leave_out = is_refused;
	}
	if (all->writer->is_short && !leave_out && answer_refuses(all->default_action))
		leave_out = is_refused;
	result = make_all(all, call, leave_out, &lines);
	if (result == OCI_LINES_TOO_MANY && all->writer->options->is_lossy)
		result = make_fewer(all, call, leave_out, &lines);
	if (result == OCI_LINES_OK)
		oci_merge_lines(&lines, all->bits);
	if (result == OCI_LINES_OK && are_sayable(&lines)) {
		if (lines.count)
			return append(all, call->name, &lines);
		free(lines.items);
		return 0;
	}
	free(lines.items);
	if (result == OCI_LINES_NO_MEMORY)
		return no_memory(all->writer);
	if (result == OCI_LINES_OK ?
		    oci_cannot_say(all->writer,
				   "%s of %s: a value for the signal handler cannot be said",
				   call->name, stile_abi_name(call->abi)) :
		    oci_cannot_say(all->writer,
				   "%s of %s: its conditions would need more than %d entries",
				   call->name, stile_abi_name(call->abi), OCI_LINES_MAX))
		return -1;
	return refuse(all, call->name);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct written *)a)->name, ((const struct written *)b)->name);
}

static bool have_same_lines(const struct oci_lines *a, const struct oci_lines *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct oci_line *x = &a->items[i], *y = &b->items[i];

		if (!answers_are_equal(x->action, y->action) || x->compared != y->compared)
			return false;
		for (unsigned int k = 0; k < OCI_ARGUMENTS; k++)
			if (!oci_comparisons_equal(&x->arguments[k], &y->arguments[k]))
				return false;
	}
	return true;
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

/* Those that are not left out, in the policy's order. */
static size_t find_abis(const struct oci_writer *writer, const struct stile_policy *policy,
			enum stile_abi abis[STILE_ABI_COUNT])
{
	const size_t all = stile_policy_abis(policy, abis);
	size_t count = 0;

	for (size_t i = 0; i < all; i++)
		if (!(writer->left_out & 1u << abis[i]))
			abis[count++] = abis[i];
	return count;
}

int oci_export(const struct oci_writer *writer, const struct stile_policy *policy,
	       struct oci_export *to)
{
	struct collection all = { .writer = writer, .policy = policy, .bits = 32 };
	struct stile_policy_call call;
	int result;

	*to = (struct oci_export){ 0 };
	if (stile_policy_error(policy))
		return oci_write_error(writer, "%s", stile_policy_message(policy));
	to->listener_path = stile_policy_listener(policy, &to->listener_metadata);
	to->abi_count = find_abis(writer, policy, to->abis);
	result = oci_choose_default(writer, policy, to);
	all.default_action = to->default_action;
	for (size_t a = 0; a < to->abi_count; a++) {
		if (to->abis[a] != STILE_ABI_I386 && to->abis[a] != STILE_ABI_X32)
			all.bits = 64;
		all.has_i386 = all.has_i386 || to->abis[a] == STILE_ABI_I386;
	}
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
