/* SPDX-License-Identifier: MIT */
/* What names stand for: calls, and their arguments in conditions. */
#include <stdio.h>
#include <string.h>

#include "kafel_bits.h"
#include "kafel_meaning.h"
#include "shown.h"

#define SUGGESTION_MAX 200

static int refuse(struct diagnostics *diagnostics, struct kafel_place place, const char *name,
		  const char *expected, const char *suggestion)
{
	return diagnose_error(diagnostics, place.file, place.line, place.column,
			      "found %s, expected %s%s", shown_word(name).text, expected,
			      suggestion);
}

/* What to say of a call that Kafel does not know. */
static void suggest(enum stile_abi abi, const char *name, char text[SUGGESTION_MAX])
{
	const long number = stile_syscall_number(abi, name);
	const char *nearest;
	struct kafel_syscall known;

	text[0] = '\0';
	if (number >= 0) {
		if (kafel_find_number(abi, (uint32_t)number, &known))
			(void)snprintf(text, SUGGESTION_MAX, ": Kafel calls it '%.*s'",
				       known.name_length, known.name);
		else
			(void)snprintf(text, SUGGESTION_MAX,
				       ", which Kafel has no name for: write SYSCALL[%ld]", number);
		return;
	}
	nearest = stile_nearest_syscall(name);
	if (!nearest)
		return;
	if (stile_syscall_number(abi, nearest) >= 0 &&
	    kafel_find_number(abi, (uint32_t)stile_syscall_number(abi, nearest), &known))
		(void)snprintf(text, SUGGESTION_MAX, ": did you mean '%.*s'?", known.name_length,
			       known.name);
}

/* The arguments that a file declares take the place of those that Kafel knows. */
static void declare_arguments(const struct kafel_entry *entry, struct kafel_syscall *syscall)
{
	unsigned int i = 0;

	for (; i < KAFEL_ARGUMENTS_MAX && entry->arguments[i]; i++) {
		syscall->arguments[i].name = entry->arguments[i];
		syscall->arguments[i].length = (int)strlen(entry->arguments[i]);
		syscall->arguments[i].is_wide = true;
	}
	syscall->argument_count = i;
}

static int find_argument(const struct kafel_syscall *syscall, const char *name)
{
	const int length = (int)strlen(name);

	for (unsigned int i = 0; i < syscall->argument_count; i++)
		if (syscall->arguments[i].length == length &&
		    strncmp(syscall->arguments[i].name, name, (size_t)length) == 0)
			return (int)i;
	return -1;
}

static int refuse_argument(const struct kafel_call *call, const struct kafel_expression *leaf,
			   struct diagnostics *diagnostics)
{
	const struct kafel_syscall *syscall = &call->syscall;
	char names[SUGGESTION_MAX] = "";
	int length = 0;

	for (unsigned int i = 0; i < syscall->argument_count && length < SUGGESTION_MAX; i++)
		length += snprintf(names + length, (size_t)(SUGGESTION_MAX - length), "%s'%.*s'",
				   i ? ", " : ": ", syscall->arguments[i].length,
				   syscall->arguments[i].name);
	if (syscall->argument_count == 0)
		(void)snprintf(names, sizeof(names),
			       ": none is known of this call, name them: CALL(first, second)");
	return refuse(diagnostics, leaf->place, leaf->name, "an argument or a constant", names);
}

/* Returns how many names there are that stand for nothing. */
static int check_names(const struct kafel_call *call, const struct kafel_expression *expression,
		       struct diagnostics *diagnostics)
{
	int wrong = 0;

	if (!expression || expression->operation == KAFEL_NUMBER)
		return 0;
	if (expression->operation != KAFEL_ARGUMENT) {
		wrong = check_names(call, expression->left, diagnostics);
		return wrong + check_names(call, expression->right, diagnostics);
	}
	if (find_argument(&call->syscall, expression->name) >= 0)
		return 0;
	(void)refuse_argument(call, expression, diagnostics);
	return 1;
}

bool kafel_resolve(const struct kafel_entry *entry, enum stile_abi abi,
		   struct diagnostics *diagnostics, struct kafel_call *call)
{
	char suggestion[SUGGESTION_MAX];

	*call = (struct kafel_call){ .entry = entry, .number = entry->number };
	if (entry->name) {
		if (!kafel_find_name(abi, entry->name, &call->syscall)) {
			suggest(abi, entry->name, suggestion);
			(void)refuse(diagnostics, entry->place, entry->name,
				     "a system call that Kafel knows, or a constant", suggestion);
			return false;
		}
		call->number = call->syscall.number;
	}
	if (entry->has_arguments)
		declare_arguments(entry, &call->syscall);
	return check_names(call, entry->condition, diagnostics) == 0;
}

static void find_bits(const struct kafel_call *call, const struct kafel_expression *expression,
		      struct kafel_bits *bits)
{
	struct kafel_bits right;
	int argument;

	switch (expression->operation) {
	case KAFEL_NUMBER:
		kafel_bits_number(bits, expression->number);
		return;
	case KAFEL_ARGUMENT:
		argument = find_argument(&call->syscall, expression->name);
		kafel_bits_argument(bits, (unsigned int)argument,
				    call->syscall.arguments[argument].is_wide);
		return;
	default:
		find_bits(call, expression->left, bits);
		find_bits(call, expression->right, &right);
		if (expression->operation == KAFEL_BIT_AND)
			kafel_bits_and(bits, &right);
		else
			kafel_bits_or(bits, &right);
	}
}

static void decide(const struct kafel_call *call, const struct kafel_expression *expression,
		   struct kafel_decisions *list)
{
	struct kafel_decisions other = { 0 };

	switch (expression->operation) {
	case KAFEL_NOT:
		decide(call, expression->left, list);
		kafel_decisions_negate(list);
		return;
	case KAFEL_AND:
	case KAFEL_OR:
		decide(call, expression->left, list);
		decide(call, expression->right, &other);
		if (expression->operation == KAFEL_AND)
			kafel_decisions_and(list, &other);
		else
			kafel_decisions_or(list, &other);
		return;
	default: {
		struct kafel_bits left, right;

		find_bits(call, expression->left, &left);
		find_bits(call, expression->right, &right);
		kafel_bits_compare(expression->operation, &left, &right, list);
	}
	}
}

void kafel_decide(const struct kafel_call *call, struct kafel_decisions *list)
{
	*list = (struct kafel_decisions){ 0 };
	if (call->entry->condition)
		decide(call, call->entry->condition, list);
	else
		list->rest = true;
}
