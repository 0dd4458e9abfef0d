/* SPDX-License-Identifier: MIT */
/* The syscalls before the colon in minijail's files, with the architectures they are for. */
#include <string.h>

#include "minijail.h"
#include "shown.h"

#define CALLS_MAX (16 * MINIJAIL_ENTRIES_MAX)
#define NAME_MAX_BYTES 100

/* minijail's names of our ABIs. */
static const char *architecture(enum stile_abi abi)
{
	switch (abi) {
	case STILE_ABI_I386:
		return "x86";
	case STILE_ABI_AARCH64:
		return "arm64";
	default:
		return stile_abi_name(abi);
	}
}

/* An ABI that has the call, for a message; NULL: none. */
static const char *other_abi(const char *name)
{
	for (enum stile_abi abi = 0; abi < STILE_ABI_COUNT; abi++)
		if (stile_syscall_number(abi, name) >= 0)
			return stile_abi_name(abi);
	return NULL;
}

static bool unknown_call(struct minijail_parser *parser, const struct token *token,
			 const char *name)
{
	const char *abi = stile_abi_name(parser->text->options->abi);
	const char *other = other_abi(name), *nearest = stile_nearest_syscall(name);
	const struct shown found = shown_word(name);

	if (other)
		return minijail_error(parser, token,
				      "found %s, expected a system call that %s has: %s has this "
				      "one; remove it",
				      found.text, abi, other);
	return minijail_error(parser, token,
			      "found %s, expected a system call: none is called so%s%s%s",
			      found.text, nearest ? "; did you mean '" : "", nearest ? nearest : "",
			      nearest ? "'?" : "");
}

static bool add_call(struct minijail_parser *parser, const struct token *token,
		     struct minijail_statement *statement)
{
	struct minijail_text *text = parser->text;
	char name[NAME_MAX_BYTES];
	long number;

	if (memchr(token->text, '@', token->length))
		return minijail_error(parser, token,
				      "found the group %s, expected a system call: groups are "
				      "defined "
				      "outside of this file, in constants.json; write the calls "
				      "themselves",
				      shown_bytes(token->text, token->length).text);
	if (token->length >= sizeof(name))
		return minijail_expected(parser, token, "a system call");
	memcpy(name, token->text, token->length);
	name[token->length] = '\0';
	number = stile_syscall_number(text->options->abi, name);
	if (number < 0)
		return unknown_call(parser, token, name);
	if (!minijail_grow(parser, &text->calls, &text->call_capacity, text->call_count,
			   sizeof(*text->calls), CALLS_MAX))
		return false;
	text->calls[text->call_count++] = (struct minijail_call){
		(uint32_t)number, stile_syscall_name(text->options->abi, number)
	};
	statement->call_count++;
	return true;
}

/* "KEY=VALUE,VALUE"; *is_other becomes true if the key is arch and no value is ours. */
static bool read_pair(struct minijail_parser *parser, bool *has_arch, bool *is_other)
{
	const struct token *key = parser->next++;
	const bool is_arch = token_is(key, "arch");
	bool is_ours = false;

	if (key->kind != TOKEN_WORD)
		return minijail_expected(parser, key, "a key: arch");
	if (is_arch && *has_arch)
		return minijail_error(parser, key,
				      "found arch a second time, expected it once: write "
				      "arch=x86_64,arm64");
	if (!is_arch)
		diagnose_warning(parser->tokens.diagnostics, parser->file->name, key->line,
				 key->column, "minijail ignores this: it knows arch");
	if (!token_is(parser->next, "="))
		return minijail_expected(parser, parser->next, "'='");
	do {
		const struct token *value = ++parser->next;

		if (value->kind != TOKEN_WORD)
			return minijail_expected(parser, value, "an architecture, such as x86_64");
		is_ours = is_ours || token_is(value, architecture(parser->text->options->abi));
		parser->next++;
	} while (token_is(parser->next, ","));
	*has_arch = *has_arch || is_arch;
	*is_other = *is_other || (is_arch && !is_ours);
	return true;
}

/* "[arch=x86_64]" */
static bool read_metadata(struct minijail_parser *parser, bool *is_other)
{
	bool has_arch = false;

	minijail_only_python(parser, parser->next, "'[' and ']'");
	do {
		parser->next++;
		if (!read_pair(parser, &has_arch, is_other))
			return false;
	} while (token_is(parser->next, ";"));
	if (!token_is(parser->next, "]"))
		return minijail_expected(parser, parser->next, "',', ';' or ']'");
	parser->next++;
	return true;
}

static bool read_call(struct minijail_parser *parser, struct minijail_statement *statement)
{
	const struct token *token = parser->next;
	bool is_other = false;

	if (token->kind != TOKEN_WORD)
		return minijail_expected(parser, token, "a system call");
	parser->next++;
	if (token_is(parser->next, "[") && !read_metadata(parser, &is_other))
		return false;
	return is_other || add_call(parser, token, statement);
}

bool minijail_read_calls(struct minijail_parser *parser, struct minijail_statement *statement)
{
	statement->first_call = parser->text->call_count;
	if (!token_is(parser->next, "{")) {
		if (!read_call(parser, statement))
			return false;
	} else {
		minijail_only_python(parser, parser->next, "several calls in '{' and '}'");
		do {
			parser->next++;
			if (!read_call(parser, statement))
				return false;
		} while (token_is(parser->next, ","));
		if (!token_is(parser->next, "}"))
			return minijail_expected(parser, parser->next, "',' or '}'");
		parser->next++;
	}
	if (!token_is(parser->next, ":"))
		return minijail_expected(parser, parser->next, "':'");
	parser->next++;
	return true;
}
