/* SPDX-License-Identifier: MIT */
/* TOML's four kinds of strings: basic ("") and literal (''), of one line or of several. */
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"
#include "toml_scanner.h"

struct buffer {
	char *bytes;
	size_t length, capacity;
};

static bool put(struct toml_scanner *scanner, struct buffer *buffer, char byte)
{
	if (buffer->length == buffer->capacity) {
		const size_t capacity = buffer->capacity ? 2 * buffer->capacity : 64;
		char *bytes = realloc(buffer->bytes, capacity);

		if (!bytes)
			return document_no_memory(scanner->source, scanner->diagnostics);
		buffer->bytes = bytes;
		buffer->capacity = capacity;
	}
	buffer->bytes[buffer->length++] = byte;
	return true;
}

static bool put_code(struct toml_scanner *scanner, struct buffer *buffer, uint32_t code)
{
	if (code < 0x80)
		return put(scanner, buffer, (char)code);
	if (code < 0x800)
		return put(scanner, buffer, (char)(0xc0 | code >> 6)) &&
		       put(scanner, buffer, (char)(0x80 | (code & 0x3f)));
	if (code < 0x10000)
		return put(scanner, buffer, (char)(0xe0 | code >> 12)) &&
		       put(scanner, buffer, (char)(0x80 | (code >> 6 & 0x3f))) &&
		       put(scanner, buffer, (char)(0x80 | (code & 0x3f)));
	return put(scanner, buffer, (char)(0xf0 | code >> 18)) &&
	       put(scanner, buffer, (char)(0x80 | (code >> 12 & 0x3f))) &&
	       put(scanner, buffer, (char)(0x80 | (code >> 6 & 0x3f))) &&
	       put(scanner, buffer, (char)(0x80 | (code & 0x3f)));
}

/* \uXXXX and \UXXXXXXXX, from behind the letter on */
static bool read_code(struct toml_scanner *scanner, struct buffer *buffer, unsigned int digits)
{
	const struct toml_scanner start = *scanner;
	uint32_t code = 0;

	for (unsigned int i = 0; i < digits; i++) {
		static const char hex[] = "00112233445566778899aAbBcCdDeEfF";
		const char byte = toml_peek(scanner);
		const char *at = byte ? strchr(hex, byte) : NULL;

		if (!at)
			return toml_unexpected(scanner, "a hexadecimal digit of the character");
		code = code << 4 | (uint32_t)(at - hex) / 2;
		toml_advance(scanner);
	}
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return toml_unexpected(&start, "a character of Unicode, not NUL");
	return put_code(scanner, buffer, code);
}

static bool is_line_end(const struct toml_scanner *scanner)
{
	return toml_peek(scanner) == '\n' ||
	       (toml_peek(scanner) == '\r' && toml_peek_at(scanner, 1) == '\n');
}

/* A backslash before the end of a line: the line goes on at the next thing that is no blank. */
static bool read_continuation(struct toml_scanner *scanner)
{
	toml_skip_blanks(scanner);
	if (!is_line_end(scanner))
		return toml_unexpected(scanner, "the end of the line behind the '\\'");
	while (is_line_end(scanner) || toml_peek(scanner) == ' ' || toml_peek(scanner) == '\t')
		toml_advance(scanner);
	return true;
}

/* From the backslash on. */
static bool read_escape(struct toml_scanner *scanner, struct buffer *buffer, bool is_multi_line)
{
	static const char letters[] = "btnfr\"\\", bytes[] = "\b\t\n\f\r\"\\";
	const char *at;
	char letter;

	toml_advance(scanner);
	letter = toml_peek(scanner);
	if (is_multi_line && (is_line_end(scanner) || letter == ' ' || letter == '\t'))
		return read_continuation(scanner);
	at = letter ? strchr(letters, letter) : NULL;
	if (!at && letter != 'u' && letter != 'U')
		return toml_unexpected(scanner, "one of b, t, n, f, r, u, U, '\"' and '\\' behind "
						"the '\\'");
	toml_advance(scanner);
	if (at)
		return put(scanner, buffer, bytes[at - letters]);
	return read_code(scanner, buffer, letter == 'u' ? 4 : 8);
}

static size_t count_quotes(const struct toml_scanner *scanner, char quote)
{
	size_t count = 0;

	while (count < 6 && toml_peek_at(scanner, count) == quote)
		count++;
	return count;
}

/*
 * One byte or escape of a string; *is_end: it ends here. Up to two quotes may stand before the
 * three that end a string of several lines.
 */
static bool read_next(struct toml_scanner *scanner, struct buffer *buffer, char quote,
		      bool is_multi_line, bool *is_end)
{
	const char byte = toml_peek(scanner);

	if (byte == quote && (!is_multi_line || count_quotes(scanner, quote) >= 3)) {
		size_t extra = is_multi_line ? count_quotes(scanner, quote) - 3 : 0;

		if (extra > 2)
			return toml_unexpected(scanner, "at most five quotes");
		while (extra--) {
			toml_advance(scanner);
			if (!put(scanner, buffer, quote))
				return false;
		}
		for (int i = 0; i < (is_multi_line ? 3 : 1); i++)
			toml_advance(scanner);
		*is_end = true;
		return true;
	}
	if (byte == '\0' || (!is_multi_line && is_line_end(scanner)))
		return toml_unexpected(scanner, is_multi_line ? "three quotes that end the string" :
								"a quote that ends the string");
	if (byte == '\\' && quote == '"')
		return read_escape(scanner, buffer, is_multi_line);
	if (is_line_end(scanner) && byte == '\r') {
		toml_advance(scanner);
		return true;
	}
	if (((unsigned char)byte < ' ' && byte != '\t' && byte != '\n') || byte == 0x7f)
		return toml_unexpected(scanner, "a string without control characters");
	toml_advance(scanner);
	return put(scanner, buffer, byte);
}

bool toml_read_string(struct toml_scanner *scanner, bool is_key, const char **text)
{
	const char quote = toml_peek(scanner);
	const bool is_multi_line = count_quotes(scanner, quote) >= 3;
	struct buffer buffer = { 0 };
	bool is_end = false, is_good = true;

	if (is_multi_line && is_key)
		return toml_unexpected(scanner, "a key of one line");
	for (int i = 0; i < (is_multi_line ? 3 : 1); i++)
		toml_advance(scanner);
	if (is_multi_line && is_line_end(scanner)) { /* the first one does not count */
		if (toml_peek(scanner) == '\r')
			toml_advance(scanner);
		toml_advance(scanner);
	}
	while (is_good && !is_end)
		is_good = read_next(scanner, &buffer, quote, is_multi_line, &is_end);
	if (is_good) {
		*text = document_copy(scanner->document, buffer.bytes ? buffer.bytes : "",
				      buffer.length);
		if (!*text)
			is_good = document_no_memory(scanner->source, scanner->diagnostics);
	}
	free(buffer.bytes);
	return is_good;
}
