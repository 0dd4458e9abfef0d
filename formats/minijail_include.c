/* SPDX-License-Identifier: MIT */
/* Files that minijail's files include. */
#include <stdlib.h>
#include <string.h>

#include "minijail.h"

/*
 * The path from the including file's folder, to be freed; NULL: it was said why there is none.
 * The C parser begins at the working folder, compile_seccomp_policy.py at the including file's;
 * absolute paths are those of an installed system, where the files stand beside one another.
 */
static char *path_of(struct minijail_parser *parser, const struct token *token)
{
	const bool is_absolute = token->text[0] == '/';
	const char *start = token->text + (is_absolute ? 0 : strlen("./"));
	const char *end = token->text + token->length;
	char *path;

	for (const char *c = start; is_absolute && c < end; c++)
		if (*c == '/')
			start = c + 1;
	if (start == end) {
		(void)minijail_expected(parser, token, "the path of a file");
		return NULL;
	}
	path = strndup(start, (size_t)(end - start));
	if (!path)
		(void)minijail_error(parser, token, "out of memory");
	else if (is_absolute)
		diagnose_warning(parser->tokens.diagnostics, parser->file->name, token->line,
				 token->column,
				 "'%s', from beside this file, is read in place of '%.*s'", path,
				 (int)token->length, token->text);
	return path;
}

static bool read_included(struct minijail_parser *parser, const struct token *token,
			  const char *path)
{
	struct minijail_text *text = parser->text;
	struct included_file included;
	struct minijail_file *file;

	if (!include_file_read(&text->includes, parser->by, path, false, token->line, token->column,
			       &included))
		return false;
	file = minijail_add_file(text, included.source.name);
	if (file)
		minijail_read_file(text, &included.source, file, &included);
	include_file_free(&included);
	return file != NULL;
}

bool minijail_include(struct minijail_parser *parser)
{
	const struct token *token = parser->next;
	bool is_read;
	char *path;

	if (token->kind != TOKEN_PATH ||
	    (token->text[0] == '.' && (token->length < 2 || token->text[1] != '/')))
		return minijail_expected(parser, token, "a path that begins with './' or '/'");
	parser->next++;
	if (parser->next->kind != TOKEN_END)
		return minijail_expected(parser, parser->next, "the end of the statement");
	if (parser->by)
		minijail_only_python(parser, token, "@include in an included file");
	path = path_of(parser, token);
	is_read = path && read_included(parser, token, path);
	free(path);
	return is_read;
}
