/* SPDX-License-Identifier: MIT */
#include "kafel_parser.h"

#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "document_memory.h"
#include "shown.h"

struct constant {
	const char *name; /* first, as in struct named */
	uint64_t value;
};

struct named_policy {
	const char *name;
	struct kafel_policy *policy;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void keep(void *node)
{
	(void)node; /* it lives in the tree's memory */
}

bool kafel_refuse(struct kafel_parser *parser, struct kafel_place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vdiagnose_error(parser->lexer.diagnostics, place.file, place.line, place.column,
			      format, arguments);
	va_end(arguments);
	return false;
}

bool kafel_expected(struct kafel_parser *parser, const char *what)
{
	const struct kafel_token *token = &parser->token;

	if (token->kind == KAFEL_TOKEN_ERROR) /* it was said */
		return false;
	return kafel_refuse(parser, token->place, "expected %s, found %s%s", what,
			    token->kind == KAFEL_TOKEN_KEYWORD ? "the keyword " : "",
			    token->kind == KAFEL_TOKEN_END ? token->text :
							     shown_word(token->text).text);
}

void *kafel_allocate(struct kafel_parser *parser, size_t size)
{
	void *memory = document_allocate(&parser->tree->memory, size);

	if (memory)
		memset(memory, 0, size);
	else
		(void)kafel_refuse(parser, parser->token.place, "out of memory");
	return memory;
}

void kafel_next(struct kafel_parser *parser)
{
	if (parser->token.kind != KAFEL_TOKEN_ERROR)
		parser->token = kafel_lexer_next(&parser->lexer);
}

bool kafel_accept(struct kafel_parser *parser, const char *text)
{
	if (!kafel_token_is(&parser->token, text))
		return false;
	kafel_next(parser);
	return true;
}

bool kafel_expect(struct kafel_parser *parser, const char *text, const char *what)
{
	char quoted[20];

	if (kafel_accept(parser, text))
		return true;
	(void)snprintf(quoted, sizeof(quoted), "'%s'", text);
	return kafel_expected(parser, what ? what : quoted);
}

bool kafel_find_constant(struct kafel_parser *parser, const char *name, uint64_t *value)
{
	const struct constant wanted = { name, 0 };
	struct constant *const *found = tfind(&wanted, &parser->constants, compare_names);

	if (found)
		*value = (*found)->value;
	return found;
}

bool kafel_parse_constant(struct kafel_parser *parser)
{
	struct kafel_token name, number;
	struct constant *constant;
	uint64_t value;

	if (!kafel_expect(parser, "define", "'define' or 'include' behind '#'"))
		return false;
	name = parser->token;
	if (name.kind != KAFEL_TOKEN_NAME)
		return kafel_expected(parser, "a name for a constant");
	kafel_next(parser);
	number = parser->token;
	if (number.kind != KAFEL_TOKEN_NUMBER)
		return kafel_expected(parser, "a number as the constant's value");
	if (kafel_find_constant(parser, name.text, &value) && value != number.number)
		return kafel_refuse(parser, name.place,
				    "found another value for %s, expected %llu, as above: use "
				    "another name",
				    shown_word(name.text).text, (unsigned long long)value);
	constant = kafel_allocate(parser, sizeof(*constant));
	if (!constant)
		return false;
	*constant = (struct constant){ name.text, number.number };
	if (!tsearch(constant, &parser->constants, compare_names))
		return kafel_refuse(parser, name.place, "out of memory");
	kafel_next(parser);
	return true;
}

static struct kafel_policy *find_policy(struct kafel_parser *parser, const char *name)
{
	const struct named_policy wanted = { name, NULL };
	struct named_policy *const *found = tfind(&wanted, &parser->policies, compare_names);

	return found ? (*found)->policy : NULL;
}

/* ": 'a', 'b'", as far as there is room. */
static const char *policies_above(const struct kafel_parser *parser, char *text, size_t size)
{
	const struct kafel_policy *policy = parser->tree->policies;
	size_t used = 0;

	if (!policy)
		return ", of which there is none";
	*text = '\0';
	for (; policy && size - used > sizeof(struct shown); policy = policy->next)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : ": ",
					 shown_word(policy->name).text);
	return text;
}

static bool parse_use(struct kafel_parser *parser, struct kafel_statement *statement)
{
	const struct kafel_token name = parser->token;
	char above[300];

	if (name.kind != KAFEL_TOKEN_NAME)
		return kafel_expected(parser, "the name of a policy");
	statement->used = find_policy(parser, name.text);
	if (!statement->used)
		return kafel_refuse(parser, name.place,
				    "found %s, expected the name of a policy that is defined "
				    "above%s",
				    shown_word(name.text).text,
				    policies_above(parser, above, sizeof(above)));
	kafel_next(parser);
	return true;
}

static bool parse_block(struct kafel_parser *parser, struct kafel_statement *statement)
{
	struct kafel_entry **end = &statement->entries;

	if (!kafel_parse_action(parser, &statement->action) || !kafel_expect(parser, "{", NULL))
		return false;
	if (kafel_accept(parser, "}"))
		return true;
	do {
		*end = kafel_parse_entry(parser);
		if (!*end)
			return false;
		end = &(*end)->next;
	} while (kafel_accept(parser, ","));
	return kafel_expect(parser, "}", "',', '}', '(', '{' or ON");
}

static bool is_statement(const struct kafel_token *token)
{
	return kafel_token_is(token, "USE") || kafel_is_action(token);
}

/* Statements separated by commas. */
static bool parse_statements(struct kafel_parser *parser, struct kafel_policy *policy)
{
	do {
		struct kafel_statement *statement = kafel_allocate(parser, sizeof(*statement));

		if (!statement)
			return false;
		if (!is_statement(&parser->token))
			return kafel_expected(parser, "USE or an action (ALLOW, ERRNO(1), ...)");
		if (kafel_accept(parser, "USE") ? !parse_use(parser, statement) :
						  !parse_block(parser, statement))
			return false;
		*policy->end = statement;
		policy->end = &statement->next;
	} while (kafel_accept(parser, ","));
	return true;
}

static bool add_policy(struct kafel_parser *parser, struct kafel_policy *policy)
{
	struct named_policy *named = kafel_allocate(parser, sizeof(*named));

	if (!named)
		return false;
	*named = (struct named_policy){ policy->name, policy };
	if (!tsearch(named, &parser->policies, compare_names))
		return kafel_refuse(parser, policy->place, "out of memory");
	*parser->policies_end = policy;
	parser->policies_end = &policy->next;
	return true;
}

static bool parse_policy(struct kafel_parser *parser)
{
	const struct kafel_token name = parser->token;
	struct kafel_policy *policy = kafel_allocate(parser, sizeof(*policy));
	const struct kafel_policy *before;

	if (!policy)
		return false;
	*policy = (struct kafel_policy){ .name = name.text,
					 .place = name.place,
					 .end = &policy->statements };
	if (name.kind != KAFEL_TOKEN_NAME)
		return kafel_expected(parser, "a name for the policy");
	kafel_next(parser);
	if (!kafel_expect(parser, "{", NULL))
		return false;
	if (!kafel_accept(parser, "}") &&
	    (!parse_statements(parser, policy) || !kafel_expect(parser, "}", "',' or '}'")))
		return false;
	before = find_policy(parser, name.text);
	if (before)
		return kafel_refuse(parser, name.place,
				    "found a second policy %s, expected another name than that "
				    "of the one at %.200s:%u",
				    shown_word(name.text).text, before->place.file,
				    before->place.line);
	return add_policy(parser, policy);
}

static bool parse_default(struct kafel_parser *parser, struct kafel_place place)
{
	if (!kafel_parse_action(parser, &parser->tree->default_action))
		return false;
	if (parser->tree->has_default)
		return kafel_refuse(parser, place,
				    "found a second DEFAULT, expected one: remove one of the two");
	parser->tree->has_default = true;
	return true;
}

static bool parse_program(struct kafel_parser *parser)
{
	bool is_good = true;

	do {
		const struct kafel_place place = parser->token.place;

		if (kafel_accept(parser, "#"))
			is_good = kafel_parse_constant(parser);
		else if (kafel_accept(parser, "POLICY"))
			is_good = parse_policy(parser);
		else if (kafel_accept(parser, "DEFAULT"))
			is_good = parse_default(parser, place);
		else if (is_statement(&parser->token))
			is_good = parse_statements(parser, &parser->tree->outside);
		else
			is_good = kafel_expected(parser, "POLICY, USE, DEFAULT, #define, #include "
							 "or an action (ALLOW, ERRNO(1), ...)");
	} while (is_good && parser->token.kind != KAFEL_TOKEN_END &&
		 parser->token.kind != KAFEL_TOKEN_ERROR);
	return is_good && parser->token.kind == KAFEL_TOKEN_END;
}

bool kafel_parse(const struct source *source, struct kafel_tree *tree,
		 struct diagnostics *diagnostics)
{
	struct kafel_parser parser = { .tree = tree, .policies_end = &tree->policies };
	bool is_good;

	*tree = (struct kafel_tree){ .default_action = { STILE_ACTION_KILL_THREAD, 0 } };
	tree->outside.end = &tree->outside.statements;
	kafel_lexer_start(&parser.lexer, source, &tree->memory, diagnostics);
	parser.token = kafel_lexer_next(&parser.lexer);
	is_good = parse_program(&parser);
	kafel_lexer_end(&parser.lexer);
	tdestroy(parser.constants, keep);
	tdestroy(parser.policies, keep);
	return is_good;
}

void kafel_tree_free(struct kafel_tree *tree)
{
	document_free(&tree->memory);
}
