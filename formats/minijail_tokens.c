/* SPDX-License-Identifier: MIT */
#include "minijail_tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shown.h"

#define STATEMENT_TOKENS_MAX 65536

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void tokens_start(struct tokens *tokens, const struct source *source,
		  struct diagnostics *diagnostics)
{
	*tokens = (struct tokens){ .source = source,
				   .diagnostics = diagnostics,
				   .at = source->bytes,
				   .end = source->bytes + source->length,
				   .line = 1 };
}

void tokens_free(struct tokens *tokens)
{
	free(tokens->items);
	*tokens = (struct tokens){ 0 };
}

bool token_is(const struct token *token, const char *text)
{
	return strlen(text) == token->length && memcmp(token->text, text, token->length) == 0;
}

const char *token_shown(const struct token *token, char *text, size_t size)
{
	if (token->kind == TOKEN_END)
		(void)snprintf(text, size, "the end of the statement");
	else
		(void)snprintf(text, size, "%s", shown_bytes(token->text, token->length).text);
	return text;
}

static bool add(struct tokens *tokens, const struct token *token)
{
	if (tokens->count == tokens->capacity) {
		const size_t capacity = tokens->capacity ? 2 * tokens->capacity : 64;
		struct token *items = NULL;

		if (capacity <= STATEMENT_TOKENS_MAX)
			items = realloc(tokens->items, capacity * sizeof(*items));
		if (!items) {
			diagnose_error(tokens->diagnostics, tokens->source->name, token->line,
				       token->column,
				       "found word number %zu of this statement, expected fewer: "
				       "write several statements",
				       tokens->count + 1);
			tokens->has_error = true;
			return false;
		}
		tokens->items = items;
		tokens->capacity = capacity;
	}
	tokens->items[tokens->count++] = *token;
	return true;
}

/* The bytes of a word of some kind; 0: none begins here. */
static size_t word_length(const char *at, const char *end, enum token_kind *kind)
{
	const char *c = at + 1;

	if (is_letter(*at)) {
		*kind = TOKEN_WORD;
		while (c < end && (is_letter(*c) || is_digit(*c) || *c == '-' || *c == '@'))
			c++;
	} else if (*at == '@') {
		*kind = TOKEN_DIRECTIVE;
		while (c < end && (is_letter(*c) || is_digit(*c)))
			c++;
	} else if (is_digit(*at) || (*at == '-' && c < end && is_digit(*c))) {
		*kind = TOKEN_NUMBER;
		while (c < end && (is_letter(*c) || is_digit(*c)))
			c++;
	} else if (*at == '/' || *at == '.') {
		*kind = TOKEN_PATH;
		while (c < end && *c != ' ' && *c != '\t')
			c++;
	} else {
		return 0;
	}
	return (size_t)(c - at);
}

static size_t sign_length(const char *at, const char *end)
{
	static const char *const signs[] = { "||", "&&", "==", "!=", "<=", ">=" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (end - at >= 2 && memcmp(at, signs[i], 2) == 0)
			return 2;
	return *at && strchr(":;,~(){}[]|&<>=", *at) ? 1 : 0;
}

/* The words of one line, which ends before end. False: an error, which was said. */
static bool read_words(struct tokens *tokens, const char *end)
{
	const char *start = tokens->at, *at = start;

	for (bool blank = true, tab = false; at < end; blank = tab = false) {
		struct token token = { .text = at, .line = tokens->line };

		while (at < end && (*at == ' ' || *at == '\t')) {
			blank = true;
			tab = *at++ == '\t' || tab;
		}
		if (at == end)
			break;
		if (*at == '#') {
			tokens->has_comment = tokens->has_comment || tokens->count > 0;
			break;
		}
		token.text = at;
		token.column = (unsigned int)(at - start) + 1;
		token.is_after_blank = blank;
		token.is_after_tab = tab;
		token.length = word_length(at, end, &token.kind);
		if (token.length == 0) {
			token.kind = TOKEN_SIGN;
			token.length = sign_length(at, end);
		}
		if (token.length == 0) {
			diagnose_error(tokens->diagnostics, tokens->source->name, token.line,
				       token.column,
				       "found '%c', expected a word, a number or one of : ; , ~ ( "
				       ") { } "
				       "[ ] | & < > =: remove it",
				       *at);
			tokens->has_error = true;
			return false;
		}
		if (!add(tokens, &token))
			return false;
		at += token.length;
	}
	return true;
}

static bool check_bytes(struct tokens *tokens, const char *end)
{
	for (const char *c = tokens->at; c < end; c++)
		if ((unsigned char)*c < ' ' && *c != '\t') {
			diagnose_error(tokens->diagnostics, tokens->source->name, tokens->line,
				       (unsigned int)(c - tokens->at) + 1,
				       "found a control character (\\x%02x), expected text: remove "
				       "it",
				       *c);
			tokens->has_error = true;
			return false;
		}
	return true;
}

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline : end;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

static bool is_comment(const char *at, const char *end)
{
	at = skip_blanks(at, end);
	return at < end && *at == '#';
}

/*
 * minijail's parser in C lets a comment go on in the next line after '\', its compiler in python
 * does not. Where that makes a difference nobody can say what the file means.
 */
static void check_comment(struct tokens *tokens, const char *end)
{
	const char *newline = line_end(end, tokens->end), *next = newline + 1;
	const unsigned int column = (unsigned int)(end - tokens->at);

	if (next >= tokens->end)
		return;
	end = line_end(next, tokens->end);
	if (skip_blanks(next, end) == end || is_comment(next, end))
		return;
	diagnose_error(tokens->diagnostics, tokens->source->name, tokens->line, column,
		       "found '\\' at the end of a comment, expected none: for one of minijail's "
		       "parsers the next line belongs to the comment, for the other it does not; "
		       "remove it");
	tokens->has_error = true;
}

/* Reads a line. *is_continued: the statement goes on in the next one. False: it has an error. */
static bool read_line(struct tokens *tokens, bool *is_continued)
{
	const char *newline = line_end(tokens->at, tokens->end), *end = newline;
	const char *const start = tokens->at;
	bool is_fine;

	if (end > tokens->at && newline < tokens->end && end[-1] == '\r') {
		end--;
		tokens->has_carriage_returns = true;
	}
	*is_continued = end > tokens->at && end[-1] == '\\';
	is_fine = check_bytes(tokens, end);
	if (is_fine && *is_continued && tokens->count == 0 && is_comment(tokens->at, end)) {
		check_comment(tokens, end);
		*is_continued = false;
	} else if (is_fine) {
		is_fine = read_words(tokens, *is_continued ? end - 1 : end);
	}
	tokens->at = newline < tokens->end ? newline + 1 : newline;
	if (*is_continued && tokens->at == tokens->end) {
		diagnose_warning(tokens->diagnostics, tokens->source->name, tokens->line,
				 (unsigned int)(end - start),
				 "the file ends in '\\': minijail drops this whole statement");
		tokens->count = 0;
		*is_continued = false;
	}
	tokens->line++;
	return is_fine;
}

bool tokens_next(struct tokens *tokens)
{
	while (tokens->at < tokens->end) {
		bool is_continued = true, is_fine = true;

		tokens->count = 0;
		tokens->has_comment = false;
		while (is_continued)
			is_fine = read_line(tokens, &is_continued) && is_fine;
		if (is_fine && tokens->count > 0) {
			const struct token *last = &tokens->items[tokens->count - 1];
			const struct token stop = { .kind = TOKEN_END,
						    .text = last->text + last->length,
						    .line = last->line,
						    .column = last->column +
							      (unsigned int)last->length };

			if (add(tokens, &stop)) {
				tokens->count--;
				return true;
			}
		}
	}
	return false;
}
