/* SPDX-License-Identifier: MIT */
#include "minijail.h"

#include <stdlib.h>
#include <string.h>

static void text_free(struct minijail_text *text)
{
	while (text->files) {
		struct minijail_file *file = text->files;

		text->files = file->previous;
		free(file->name);
		free(file);
	}
	free(text->atoms);
	free(text->filters);
	free(text->calls);
	free(text->statements);
}

static struct stile_policy *minijail_read(const struct source *source,
					  const struct read_options *options,
					  struct diagnostics *diagnostics)
{
	struct minijail_text text = { .source = source,
				      .options = options,
				      .diagnostics = diagnostics,
				      .includes = { .main = source,
						    .diagnostics = diagnostics,
						    .depth_max = MINIJAIL_DEPTH_MAX },
				      .bits = options->abi == STILE_ABI_I386 ? 32 : 64 };
	struct stile_policy *policy = NULL;
	struct minijail_file *file;

	if (options->abi == STILE_ABI_X32) {
		diagnose_error(diagnostics, source->name, 0, 0,
			       "found the ABI x32, expected x86_64, i386, aarch64 or riscv64: "
			       "minijail "
			       "makes no filters for others; give --abi");
		return NULL;
	}
	file = minijail_add_file(&text, source->name);
	if (file) {
		minijail_read_file(&text, source, file, NULL);
		if (!has_errors(diagnostics))
			policy = minijail_make_policy(&text);
	}
	text_free(&text);
	return policy;
}

static bool is_call(const struct token *token)
{
	char name[100];

	if (token->kind != TOKEN_WORD || token->length >= sizeof(name))
		return false;
	memcpy(name, token->text, token->length);
	name[token->length] = '\0';
	for (enum stile_abi abi = 0; abi < STILE_ABI_COUNT; abi++)
		if (stile_syscall_number(abi, name) >= 0)
			return true;
	return false;
}

/* "NAME:", "NAME[", "{ NAME", or what begins with a directive of minijail's. */
static bool is_likely_statement(const struct tokens *tokens)
{
	static const char *const directives[] = { "@include", "@default", "@denylist",
						  "@frequency" };
	const struct token *first = tokens->items;

	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
		if (token_is(first, directives[i]))
			return true;
	if (token_is(first, "{") && tokens->count > 1)
		return is_call(first + 1);
	return tokens->count > 2 && is_call(first) &&
	       (token_is(first + 1, ":") || token_is(first + 1, "["));
}

static bool minijail_is_likely(const struct source *source)
{
	struct diagnostics ignored = { 0 };
	struct tokens tokens;
	bool is_likely;

	tokens_start(&tokens, source, &ignored);
	is_likely = tokens_next(&tokens) && !tokens.has_error && is_likely_statement(&tokens);
	tokens_free(&tokens);
	diagnostics_free(&ignored);
	return is_likely;
}

const struct format format_minijail = {
	.name = "minijail",
	.summary = "minijail's policies, of ChromeOS, Android and crosvm",
	.is_likely = minijail_is_likely,
	.read = minijail_read,
	.write = minijail_write,
};
