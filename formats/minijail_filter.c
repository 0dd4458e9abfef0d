/* SPDX-License-Identifier: MIT */
/* What stands behind the colon in minijail's files: expressions and actions. */
#include <string.h>

#include "minijail.h"

#define ATOMS_MAX (16 * MINIJAIL_ENTRIES_MAX)

static const struct {
	const char *sign;
	enum minijail_test test;
} tests[] = {
	{ "==", MINIJAIL_EQUAL },  { "!=", MINIJAIL_NOT_EQUAL },
	{ "<", MINIJAIL_LESS },	   { "<=", MINIJAIL_LESS_OR_EQUAL },
	{ ">", MINIJAIL_GREATER }, { ">=", MINIJAIL_GREATER_OR_EQUAL },
	{ "&", MINIJAIL_ANY_BIT }, { "in", MINIJAIL_NO_OTHER_BIT },
};

static const struct {
	const char *word;
	enum minijail_answer answer;
	enum stile_action_kind kind;
} actions[] = {
	{ "allow", MINIJAIL_ALLOW, STILE_ACTION_ALLOW },
	{ "kill", MINIJAIL_KILL, STILE_ACTION_KILL_THREAD },
	{ "kill-process", MINIJAIL_OTHER, STILE_ACTION_KILL_PROCESS },
	{ "kill-thread", MINIJAIL_OTHER, STILE_ACTION_KILL_THREAD },
	{ "trap", MINIJAIL_OTHER, STILE_ACTION_TRAP },
	{ "trace", MINIJAIL_OTHER, STILE_ACTION_TRACE },
	{ "log", MINIJAIL_OTHER, STILE_ACTION_LOG },
	{ "user-notify", MINIJAIL_OTHER, STILE_ACTION_NOTIFY },
};

static bool is_argument(const struct token *token)
{
	return token->kind == TOKEN_WORD && token->length >= 3 &&
	       memcmp(token->text, "arg", 3) == 0;
}

static bool read_argument(struct minijail_parser *parser, uint8_t *argument)
{
	const struct token *token = parser->next;

	if (!is_argument(token))
		return minijail_expected(parser, token, "an argument: arg0 to arg5");
	if (token->length != 4 || token->text[3] < '0' || token->text[3] > '5')
		return minijail_expected(parser, token, "arg0 to arg5: no call has others");
	*argument = (uint8_t)(token->text[3] - '0');
	parser->next++;
	return true;
}

static bool read_test(struct minijail_parser *parser, enum minijail_test *test)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (token_is(parser->next, tests[i].sign)) {
			*test = tests[i].test;
			parser->next++;
			return true;
		}
	return minijail_expected(parser, parser->next,
				 "a comparison: == != < <= > >= & (any of these bits is set) or in "
				 "(no bit but these is set)");
}

static bool read_atom(struct minijail_parser *parser, bool begins_clause)
{
	struct minijail_text *text = parser->text;
	struct minijail_atom atom = { .begins_clause = begins_clause };
	const struct token *first = parser->next;

	if (!read_argument(parser, &atom.argument) || !read_test(parser, &atom.test) ||
	    !minijail_read_value(parser, &atom.value))
		return false;
	if (!first[1].is_after_blank || !first[2].is_after_blank)
		minijail_only_python(parser, first, "a comparison without blanks");
	if (!minijail_grow(parser, &text->atoms, &text->atom_capacity, text->atom_count,
			   sizeof(atom), ATOMS_MAX))
		return false;
	text->atoms[text->atom_count++] = atom;
	return true;
}

/* Alternatives of what must hold together: "a && b || c". */
static bool read_expression(struct minijail_parser *parser, struct minijail_filter *filter)
{
	bool begins_clause = true;

	for (;;) {
		if (!read_atom(parser, begins_clause))
			return false;
		filter->atom_count++;
		begins_clause = token_is(parser->next, "||");
		if (!begins_clause && !token_is(parser->next, "&&"))
			return true;
		parser->next++;
	}
}

static bool ends_filter(const struct token *token)
{
	return token->kind == TOKEN_END || token_is(token, ",") || token_is(token, "}");
}

static bool read_errno(struct minijail_parser *parser, struct minijail_filter *filter,
		       bool is_braced)
{
	const struct token *token = parser->next;
	uint64_t value;

	if (ends_filter(token)) {
		if (is_braced)
			return minijail_expected(parser, token, "an errno");
		filter->answer = MINIJAIL_RETURN_ALONE;
		return true;
	}
	if (token->is_after_tab)
		return minijail_error(parser, token,
				      "found a tab between 'return' and the errno, expected a "
				      "space: "
				      "minijail's parser in C would take this for no errno");
	if (!minijail_read_value(parser, &value))
		return false;
	if (is_braced && parser->next != token + 1)
		return minijail_error(parser, token,
				      "found several constants for an errno within '{' and '}', "
				      "expected one");
	if ((uint32_t)value == UINT32_MAX)
		return minijail_expected(parser, token, "an errno");
	if (value > UINT16_MAX)
		diagnose_warning(parser->tokens.diagnostics, parser->file->name, token->line,
				 token->column, "of this errno the kernel keeps 16 bits: %u",
				 (unsigned int)(value & UINT16_MAX));
	filter->answer = MINIJAIL_RETURN;
	filter->action = (struct stile_action){ STILE_ACTION_ERRNO, value & UINT16_MAX };
	return true;
}

static bool read_action(struct minijail_parser *parser, struct minijail_filter *filter,
			bool is_braced)
{
	const struct token *token = parser->next++;
	uint64_t value;

	if (token_is(token, "return"))
		return read_errno(parser, filter, is_braced);
	if (!token_is(token, "1") || filter->atom_count > 0)
		minijail_only_python(parser, token, "this action");
	if (token->kind == TOKEN_NUMBER) {
		parser->next = token;
		if (!minijail_read_value(parser, &value))
			return false;
		if (value != 1 || parser->next != token + 1)
			return minijail_expected(parser, token, "1, which allows");
		filter->answer = MINIJAIL_ALLOW;
		return true;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (token_is(token, actions[i].word)) {
			filter->answer = actions[i].answer;
			filter->action = (struct stile_action){ actions[i].kind, 0 };
			return true;
		}
	return minijail_expected(parser, token,
				 "1, an argument's comparison, return ERRNO, allow, kill, "
				 "kill-process, kill-thread, trap, trace, log or user-notify");
}

static bool read_filter(struct minijail_parser *parser, struct minijail_statement *statement)
{
	struct minijail_text *text = parser->text;
	struct minijail_filter filter = { .place = minijail_place(parser, parser->next),
					  .first_atom = text->atom_count };

	if (is_argument(parser->next)) {
		if (!read_expression(parser, &filter))
			return false;
		if (token_is(parser->next, ";")) {
			parser->next++;
			if (!read_action(parser, &filter, statement->is_braced))
				return false;
		}
	} else if (!read_action(parser, &filter, statement->is_braced)) {
		return false;
	}
	if (!minijail_grow(parser, &text->filters, &text->filter_capacity, text->filter_count,
			   sizeof(filter), ATOMS_MAX))
		return false;
	text->filters[text->filter_count++] = filter;
	statement->filter_count++;
	return true;
}

bool minijail_read_filters(struct minijail_parser *parser, struct minijail_statement *statement)
{
	const struct token *first = parser->next;

	statement->first_filter = parser->text->filter_count;
	statement->is_braced = token_is(first, "{");
	if (!statement->is_braced) {
		if (!read_filter(parser, statement))
			return false;
	} else {
		minijail_only_python(parser, first, "several filters in '{' and '}'");
		do {
			parser->next++;
			if (!read_filter(parser, statement))
				return false;
		} while (token_is(parser->next, ","));
		if (!token_is(parser->next, "}"))
			return minijail_expected(parser, parser->next, "',' or '}'");
		parser->next++;
	}
	for (const struct token *token = first + 1; token < parser->next; token++)
		if (token->is_after_tab)
			minijail_only_python(parser, token, "a tab within an expression");
	return true;
}

bool minijail_read_default(struct minijail_parser *parser)
{
	struct minijail_text *text = parser->text;
	struct minijail_filter filter = { 0 };
	const struct token *token = parser->next;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (token_is(token, actions[i].word)) {
			filter.answer = actions[i].answer;
			filter.action = (struct stile_action){ actions[i].kind, 0 };
		}
	if ((filter.answer != MINIJAIL_KILL && filter.answer != MINIJAIL_OTHER) ||
	    filter.action.kind <= STILE_ACTION_TRACE)
		return minijail_expected(parser, token,
					 "kill, kill-process, kill-thread, trap or user-notify");
	text->has_default = true;
	text->default_answer = filter.answer;
	text->default_action = filter.action;
	parser->next++;
	return true;
}
