/* SPDX-License-Identifier: MIT */
/* minijail's files, statement by statement. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "minijail.h"

bool minijail_error(struct minijail_parser *parser, const struct token *token, const char *format,
		    ...)
{
	va_list arguments;

	va_start(arguments, format);
	vdiagnose_error(parser->tokens.diagnostics, parser->file->name, token->line, token->column,
			format, arguments);
	va_end(arguments);
	return false;
}

bool minijail_expected(struct minijail_parser *parser, const struct token *token, const char *what)
{
	char shown[TOKEN_SHOWN_MAX];

	return minijail_error(parser, token, "found %s, expected %s",
			      token_shown(token, shown, sizeof(shown)), what);
}

struct minijail_place minijail_place(const struct minijail_parser *parser,
				     const struct token *token)
{
	return (struct minijail_place){ parser->file->name, token->line, token->column };
}

void minijail_only_python(struct minijail_parser *parser, const struct token *token,
			  const char *feature)
{
	if (parser->text->python_feature)
		return;
	parser->text->python_feature = feature;
	parser->text->python_place = minijail_place(parser, token);
}

bool minijail_grow(struct minijail_parser *parser, void *array, size_t *capacity, size_t count,
		   size_t size, size_t max)
{
	const size_t wanted = *capacity ? 2 * *capacity : 64;
	void *items;

	if (count < *capacity)
		return true;
	if (count >= max)
		return minijail_error(parser, parser->tokens.items,
				      "found entry number %zu of the policy, expected at most %zu: "
				      "join statements of the same meaning",
				      count + 1, max);
	memcpy(&items, array, sizeof(items));
	items = realloc(items, wanted * size);
	if (!items)
		return minijail_error(parser, parser->tokens.items, "out of memory");
	memcpy(array, &items, sizeof(items));
	*capacity = wanted;
	return true;
}

static bool expect_end(struct minijail_parser *parser)
{
	return parser->next->kind == TOKEN_END ||
	       minijail_expected(parser, parser->next, "the end of the statement");
}

static bool read_directive(struct minijail_parser *parser)
{
	const struct token *token = parser->next++;

	if (token_is(token, "@include"))
		return minijail_include(parser);
	if (token_is(token, "@frequency")) {
		if (parser->next->kind != TOKEN_PATH)
			return minijail_expected(parser, parser->next,
						 "a path that begins with './' or '/'");
		parser->next++;
		diagnose_warning(parser->tokens.diagnostics, parser->file->name, token->line,
				 token->column,
				 "not read: how often calls are made changes no "
				 "answer");
		return expect_end(parser);
	}
	if (token_is(token, "@default")) {
		minijail_only_python(parser, token, "@default");
		return minijail_read_default(parser) && expect_end(parser);
	}
	if (token_is(token, "@denylist")) {
		minijail_only_python(parser, token, "@denylist");
		parser->text->is_denylist = parser->file->has_denylist = true;
		return expect_end(parser);
	}
	return minijail_expected(parser, token, "@include, @default, @denylist or @frequency");
}

static bool read_statement(struct minijail_parser *parser)
{
	struct minijail_text *text = parser->text;
	struct minijail_statement statement;

	parser->next = parser->tokens.items;
	if (parser->tokens.has_comment)
		minijail_only_python(parser, parser->next, "a comment behind a statement");
	if (parser->next->kind == TOKEN_DIRECTIVE)
		return read_directive(parser);
	statement = (struct minijail_statement){ .place = minijail_place(parser, parser->next) };
	if (!minijail_read_calls(parser, &statement) ||
	    !minijail_read_filters(parser, &statement) || !expect_end(parser))
		return false;
	if (!minijail_grow(parser, &text->statements, &text->statement_capacity,
			   text->statement_count, sizeof(statement), MINIJAIL_ENTRIES_MAX))
		return false;
	text->statements[text->statement_count++] = statement;
	return true;
}

void minijail_read_file(struct minijail_text *text, const struct source *source,
			struct minijail_file *file, const struct included_file *by)
{
	struct minijail_parser parser = { .text = text, .by = by, .file = file };

	tokens_start(&parser.tokens, source, text->diagnostics);
	while (tokens_next(&parser.tokens)) {
		if (parser.tokens.has_carriage_returns)
			minijail_only_python(&parser, parser.tokens.items,
					     "lines that end in CR and LF");
		(void)read_statement(&parser);
	}
	tokens_free(&parser.tokens);
}

struct minijail_file *minijail_add_file(struct minijail_text *text, const char *name)
{
	struct minijail_file *file = calloc(1, sizeof(*file));

	if (file) {
		file->name = strdup(name);
		file->previous = text->files;
		text->files = file;
	}
	if (!file || !file->name) {
		diagnose_error(text->diagnostics, text->source->name, 0, 0, "out of memory");
		return NULL;
	}
	return file;
}
