/* SPDX-License-Identifier: MIT */
#include "kafel_lexer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"
#include "shown.h"

#define NUMBER_MAX_LENGTH 70 /* more digits are more than 64 bits, in any base */

static struct kafel_input *input_of(struct kafel_lexer *lexer)
{
	return &lexer->inputs[lexer->depth];
}

static int byte_at(const struct kafel_input *input, size_t ahead)
{
	return input->length - input->position > ahead ?
		       (unsigned char)input->bytes[input->position + ahead] :
		       -1;
}

static struct kafel_place place_of(const struct kafel_input *input)
{
	return (struct kafel_place){ input->name, input->line,
				     (unsigned int)(input->position - input->line_start) + 1 };
}

/* One byte on. */
static void step(struct kafel_input *input)
{
	if (input->bytes[input->position++] == '\n') {
		input->line++;
		input->line_start = input->position;
	}
}

static void skip(struct kafel_input *input, size_t count)
{
	while (count--)
		step(input);
}

static bool starts_with(const struct kafel_input *input, const char *text)
{
	const size_t length = strlen(text);

	return input->length - input->position >= length &&
	       memcmp(input->bytes + input->position, text, length) == 0;
}

#define fail(lexer, place, ...)                                                           \
	((lexer)->has_failed = true,                                                      \
	 diagnose_error((lexer)->diagnostics, (place).file, (place).line, (place).column, \
			__VA_ARGS__) == 0)

/*
 * Behind the comment's start. Kafel's own scanner reads an asterisk together with whatever stands
 * behind it, so that two asterisks and a slash do not end a comment.
 */
static bool skip_comment(struct kafel_lexer *lexer, struct kafel_place start)
{
	struct kafel_input *input = input_of(lexer);

	while (byte_at(input, 0) >= 0) {
		if (starts_with(input, "*/")) {
			skip(input, 2);
			return true;
		}
		if (starts_with(input, "**/")) {
			const struct kafel_place place = place_of(input);

			diagnose_warning(lexer->diagnostics, place.file, place.line, place.column,
					 "Kafel does not end a comment at \"**/\": what follows "
					 "belongs to it, up to the next \"*/\"");
		}
		skip(input, byte_at(input, 0) == '*' && byte_at(input, 1) >= 0 ? 2 : 1);
	}
	if (lexer->depth == 0)
		return fail(lexer, start,
			    "found the end of the file within this comment, expected \"*/\"");
	diagnose_warning(lexer->diagnostics, start.file, start.line, start.column,
			 "this comment has no end, and so goes to the end of the included file");
	return true;
}

/* Blanks and comments. False: it was said why not. */
static bool skip_blanks(struct kafel_lexer *lexer)
{
	struct kafel_input *input = input_of(lexer);

	for (;;) {
		if (starts_with(input, "//")) {
			while (byte_at(input, 0) >= 0 && byte_at(input, 0) != '\n')
				step(input);
		} else if (starts_with(input, "/*")) {
			const struct kafel_place start = place_of(input);

			skip(input, 2);
			if (!skip_comment(lexer, start))
				return false;
		} else if (byte_at(input, 0) >= 0 && strchr(" \t\n", byte_at(input, 0)) &&
			   byte_at(input, 0)) {
			step(input);
		} else {
			return true;
		}
	}
}

static bool start_file(struct kafel_lexer *lexer, const char *path, struct kafel_place place)
{
	const unsigned int depth = lexer->depth;
	struct included_file *file = &lexer->files[depth];
	struct kafel_input *input = &lexer->inputs[depth + 1];

	if (depth == KAFEL_INCLUDE_DEPTH_MAX)
		return fail(lexer, place,
			    "found file number %u of a chain in which each includes the next, "
			    "expected at most %u, as Kafel takes: include %s further up",
			    depth + 1, depth, shown_word(path).text);
	if (!include_file_read(&lexer->includes, depth ? &lexer->files[depth - 1] : NULL, path,
			       true, place.line, place.column, file)) {
		lexer->has_failed = true;
		return false;
	}
	*input = (struct kafel_input){ document_copy(lexer->memory, file->source.name,
						     strlen(file->source.name)),
				       file->source.bytes,
				       file->source.length,
				       0,
				       1,
				       0 };
	lexer->depth++;
	lexer->is_in_include = false;
	return input->name || fail(lexer, place, "out of memory");
}

/* A file's name in quotes, where the input stands. */
static bool include(struct kafel_lexer *lexer)
{
	struct kafel_input *input = input_of(lexer);
	const struct kafel_place place = place_of(input);
	const char *start = input->bytes + input->position + 1;
	const char *end = memchr(start, '"', input->length - input->position - 1);
	const char *path;

	if (!end || memchr(start, '\n', (size_t)(end - start)))
		return fail(lexer, place, "found no end of this file's name, expected '\"'");
	path = document_copy(lexer->memory, start, (size_t)(end - start));
	if (!path)
		return fail(lexer, place, "out of memory");
	if (strlen(path) != (size_t)(end - start))
		return fail(lexer, place,
			    "found a NUL in this file's name, expected text: remove it");
	skip(input, (size_t)(end - start) + 2);
	return start_file(lexer, path, place);
}

/* What stands in a line of #include, up to the next file or the line's end. */
static bool read_include_line(struct kafel_lexer *lexer)
{
	struct kafel_input *input = input_of(lexer);
	bool is_apart = false;

	for (; byte_at(input, 0) == ' ' || byte_at(input, 0) == '\t'; is_apart = true)
		step(input);
	if (byte_at(input, 0) < 0)
		return fail(lexer, place_of(input),
			    "expected a newline or ';' behind #include, found the end of the file");
	if (byte_at(input, 0) == '\n' || byte_at(input, 0) == ';') {
		step(input);
		lexer->is_in_include = false;
		return true;
	}
	if (byte_at(input, 0) != '"')
		return fail(lexer, place_of(input),
			    "expected a file's name in double quotes, a newline or ';' behind "
			    "#include, found '%c'",
			    byte_at(input, 0));
	if (!is_apart)
		return fail(lexer, place_of(input),
			    "expected a blank before a file's name, found '\"'");
	return include(lexer);
}

/* Back to the file that included this one. */
static void end_file(struct kafel_lexer *lexer)
{
	include_file_free(&lexer->files[--lexer->depth]);
	lexer->is_in_include = true;
}

/* To where a token, or the end of the main file, stands. */
static bool find_token(struct kafel_lexer *lexer)
{
	for (;;) {
		if (lexer->is_in_include) {
			if (!read_include_line(lexer))
				return false;
			continue;
		}
		if (!skip_blanks(lexer))
			return false;
		if (starts_with(input_of(lexer), "#include")) {
			skip(input_of(lexer), strlen("#include"));
			lexer->is_in_include = true;
		} else if (byte_at(input_of(lexer), 0) < 0 && lexer->depth > 0) {
			end_file(lexer);
		} else {
			return true;
		}
	}
}

static size_t span(const struct kafel_input *input, size_t from, const char *accepted)
{
	size_t length = 0;

	while (byte_at(input, from + length) > 0 && strchr(accepted, byte_at(input, from + length)))
		length++;
	return length;
}

/* As Kafel's scanner finds a number: its length, base, and what stands before its digits. */
static size_t number_length(const struct kafel_input *input, int *base, size_t *prefix)
{
	const int first = byte_at(input, 0), second = byte_at(input, 1);
	const size_t sign = first == '-';

	*prefix = 0;
	*base = 10;
	if (first == '0' && second == 'x' && byte_at(input, 2) > 0 && isxdigit(byte_at(input, 2))) {
		*base = 16;
		*prefix = 2;
		return 2 + span(input, 2, "0123456789abcdefABCDEF");
	}
	if (first == '0' && second == 'b' && span(input, 2, "01")) {
		*base = 2;
		*prefix = 2;
		return 2 + span(input, 2, "01");
	}
	if (first == '0') {
		*base = second > 0 && isdigit(second) ? 8 : 10;
		return span(input, 0, "0123456789");
	}
	if (byte_at(input, sign) >= '1' && byte_at(input, sign) <= '9')
		return sign + span(input, sign, "0123456789");
	return 0;
}

static bool read_number(struct kafel_lexer *lexer, struct kafel_token *token, size_t length,
			int base, size_t prefix)
{
	const char *end;

	errno = 0;
	token->number = strtoull(token->text + prefix, (char **)&end, base);
	if (errno == ERANGE)
		return fail(lexer, token->place,
			    "found %s, which has more than 64 bits, expected a number up to "
			    "0xffffffffffffffff",
			    shown_word(token->text).text);
	if (end != token->text + length)
		diagnose_warning(lexer->diagnostics, token->place.file, token->place.line,
				 token->place.column,
				 "%s begins with 0 and so is octal, and Kafel reads it up to its "
				 "first 8 or 9, as %s",
				 shown_word(token->text).text,
				 shown_bytes(token->text, (size_t)(end - token->text)).text);
	return true;
}

static bool is_keyword(const char *text)
{
	static const char *const keywords[] = {
		"SYSCALL",     "ALLOW",	  "LOG",  "USER_NOTIF", "ERRNO", "KILL_PROCESS",
		"KILL_THREAD", "KILL",	  "DENY", "TRAP",	"TRACE", "USE",
		"POLICY",      "DEFAULT", "ON",	  "define"
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (strcmp(text, keywords[i]) == 0)
			return true;
	return false;
}

static size_t sign_length(const struct kafel_input *input)
{
	static const char *const signs[] = { "==", "!=", "<=", ">=", "||", "&&", "<", ">", "|", "&",
					     "[",  "]",	 "(",  ")",  "{",  "}",	 ",", "!", "#" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (starts_with(input, signs[i]))
			return strlen(signs[i]);
	return 0;
}

static bool refuse_byte(struct kafel_lexer *lexer, struct kafel_place place)
{
	const int byte = byte_at(input_of(lexer), 0);

	if (byte == '\r')
		return fail(lexer, place,
			    "found a carriage return, which Kafel does not take, expected lines "
			    "that end with a newline alone");
	if (byte == 0)
		return fail(lexer, place, "found a NUL, expected text: remove it");
	if (byte == '_')
		return fail(lexer, place,
			    "found '_', expected a letter, with which Kafel's names begin");
	if (byte == '-')
		return fail(lexer, place, "found '-', expected a number from 1 behind it");
	return fail(lexer, place,
		    "found '%c', with which nothing begins in Kafel, expected a name, a number or "
		    "one "
		    "of { } ( ) [ ] , & | ! = < > #: remove it",
		    byte);
}

static bool read_token(struct kafel_lexer *lexer, struct kafel_token *token)
{
	struct kafel_input *input = input_of(lexer);
	const int first = byte_at(input, 0);
	int base = 10;
	size_t prefix = 0, length = number_length(input, &base, &prefix);

	if (length) {
		token->kind = KAFEL_TOKEN_NUMBER;
	} else if (first < 128 && isalpha(first)) {
		token->kind = KAFEL_TOKEN_NAME;
		while (byte_at(input, length) > 0 && byte_at(input, length) < 128 &&
		       (isalnum(byte_at(input, length)) || byte_at(input, length) == '_'))
			length++;
	} else {
		token->kind = KAFEL_TOKEN_SIGN;
		length = sign_length(input);
	}
	if (!length)
		return refuse_byte(lexer, token->place);
	token->text = document_copy(lexer->memory, input->bytes + input->position, length);
	if (!token->text)
		return fail(lexer, token->place, "out of memory");
	skip(input, length);
	if (token->kind == KAFEL_TOKEN_NAME && is_keyword(token->text))
		token->kind = KAFEL_TOKEN_KEYWORD;
	return token->kind != KAFEL_TOKEN_NUMBER || read_number(lexer, token, length, base, prefix);
}

struct kafel_token kafel_lexer_next(struct kafel_lexer *lexer)
{
	struct kafel_token token = { .kind = KAFEL_TOKEN_ERROR, .text = "" };

	if (lexer->has_failed || !find_token(lexer))
		return token;
	token.place = place_of(input_of(lexer));
	if (byte_at(input_of(lexer), 0) < 0) {
		token.kind = KAFEL_TOKEN_END;
		token.text = "the end of the file";
	} else if (!read_token(lexer, &token)) {
		token.kind = KAFEL_TOKEN_ERROR;
	}
	return token;
}

void kafel_lexer_start(struct kafel_lexer *lexer, const struct source *source,
		       struct document *memory, struct diagnostics *diagnostics)
{
	*lexer = (struct kafel_lexer){ .memory = memory, .diagnostics = diagnostics };
	lexer->includes = (struct includes){ .main = source,
					     .diagnostics = diagnostics,
					     .depth_max = KAFEL_INCLUDE_DEPTH_MAX };
	lexer->inputs[0] =
		(struct kafel_input){ source->name, source->bytes, source->length, 0, 1, 0 };
}

void kafel_lexer_end(struct kafel_lexer *lexer)
{
	while (lexer->depth > 0)
		include_file_free(&lexer->files[--lexer->depth]);
}

bool kafel_token_is(const struct kafel_token *token, const char *text)
{
	return (token->kind == KAFEL_TOKEN_KEYWORD || token->kind == KAFEL_TOKEN_SIGN) &&
	       strcmp(token->text, text) == 0;
}
