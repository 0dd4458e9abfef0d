/* SPDX-License-Identifier: MIT */
#include "toml_scanner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "document_memory.h"

char toml_peek_at(const struct toml_scanner *scanner, size_t distance)
{
	return scanner->source->length - scanner->at > distance ?
		       scanner->source->bytes[scanner->at + distance] :
		       '\0';
}

char toml_peek(const struct toml_scanner *scanner)
{
	return toml_peek_at(scanner, 0);
}

void toml_advance(struct toml_scanner *scanner)
{
	if (scanner->source->bytes[scanner->at++] == '\n') {
		scanner->line++;
		scanner->line_start = scanner->at;
	}
}

void toml_skip_blanks(struct toml_scanner *scanner)
{
	while (toml_peek(scanner) == ' ' || toml_peek(scanner) == '\t')
		toml_advance(scanner);
}

bool toml_unexpected(const struct toml_scanner *scanner, const char *expected)
{
	char text[FOUND_MAX];

	diagnose_error(scanner->diagnostics, scanner->source->name, scanner->line,
		       (unsigned int)(scanner->at - scanner->line_start + 1),
		       "found %s, expected %s", document_found(scanner->source, scanner->at, text),
		       expected);
	return false;
}

static bool is_at_line_end(const struct toml_scanner *scanner)
{
	return toml_peek(scanner) == '\n' ||
	       (toml_peek(scanner) == '\r' && toml_peek_at(scanner, 1) == '\n');
}

static bool is_control(char byte)
{
	return ((unsigned char)byte < ' ' && byte != '\t') || byte == 0x7f;
}

static bool skip_comment(struct toml_scanner *scanner)
{
	if (toml_peek(scanner) != '#')
		return true;
	while (toml_peek(scanner) && !is_at_line_end(scanner)) {
		if (is_control(toml_peek(scanner)))
			return toml_unexpected(scanner, "a comment without control characters");
		toml_advance(scanner);
	}
	return true;
}

bool toml_skip_lines(struct toml_scanner *scanner)
{
	for (;;) {
		toml_skip_blanks(scanner);
		if (!skip_comment(scanner))
			return false;
		if (!is_at_line_end(scanner))
			return true;
		if (toml_peek(scanner) == '\r')
			toml_advance(scanner);
		toml_advance(scanner);
	}
}

bool toml_end_line(struct toml_scanner *scanner)
{
	toml_skip_blanks(scanner);
	if (!skip_comment(scanner))
		return false;
	if (toml_peek(scanner) && !is_at_line_end(scanner))
		return toml_unexpected(scanner, "the end of the line");
	return true;
}

void toml_place(const struct toml_scanner *scanner, struct node *node)
{
	node->line = scanner->line;
	node->column = (unsigned int)(scanner->at - scanner->line_start + 1);
}

static bool is_bare(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

bool toml_read_key(struct toml_scanner *scanner, struct node *node)
{
	const size_t start = scanner->at;
	struct node place;

	toml_place(scanner, &place);
	node->key_line = place.line;
	node->key_column = place.column;
	if (toml_peek(scanner) == '"' || toml_peek(scanner) == '\'')
		return toml_read_string(scanner, true, &node->key);
	while (is_bare(toml_peek(scanner)))
		toml_advance(scanner);
	if (scanner->at == start)
		return toml_unexpected(scanner, "a key");
	node->key = document_copy(scanner->document, scanner->source->bytes + start,
				  scanner->at - start);
	return node->key || document_no_memory(scanner->source, scanner->diagnostics);
}

static int digit_value(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return 16;
}

/* Digits, between which single underscores may stand. */
static bool read_digits(struct toml_scanner *scanner, unsigned int base, uint64_t *value)
{
	const struct toml_scanner start = *scanner;
	unsigned int digit = (unsigned int)digit_value(toml_peek(scanner));

	*value = 0;
	if (digit >= base)
		return toml_unexpected(scanner, "a digit of the number");
	for (;;) {
		if (__builtin_mul_overflow(*value, (uint64_t)base, value) ||
		    __builtin_add_overflow(*value, (uint64_t)digit, value))
			return toml_unexpected(&start, "a number of at most 64 bits");
		toml_advance(scanner);
		if (toml_peek(scanner) == '_') {
			toml_advance(scanner);
			if ((unsigned int)digit_value(toml_peek(scanner)) >= base)
				return toml_unexpected(scanner, "a digit behind the '_'");
		}
		digit = (unsigned int)digit_value(toml_peek(scanner));
		if (digit >= base)
			return true;
	}
}

static bool refuse_word(const struct toml_scanner *scanner)
{
	const char byte = toml_peek(scanner);

	if (byte == '.' || byte == 'e' || byte == 'E')
		return toml_unexpected(scanner, "a whole number: fractions and exponents mean "
						"nothing in a policy");
	if (byte == '-' || byte == ':' || byte == 'T')
		return toml_unexpected(scanner, "a number: dates and times mean nothing in a "
						"policy");
	return toml_unexpected(scanner, "the end of the number");
}

static bool ends_number(char byte)
{
	return byte == '\0' || strchr(" \t\r\n#,]}", byte);
}

/* "0750-01-01" and "07:30" begin with zeros too. */
static bool is_date(const struct toml_scanner *scanner)
{
	size_t digits = 0;

	while (digits < 5 && digit_value(toml_peek_at(scanner, digits)) < 10)
		digits++;
	return (digits == 2 && toml_peek_at(scanner, 2) == ':') ||
	       (digits == 4 && toml_peek_at(scanner, 4) == '-');
}

/* The text of a number node is its digits to the base of ten, with '-' if it is negative. */
static bool read_number(struct toml_scanner *scanner, struct node *node)
{
	unsigned int base = 10;
	bool is_signed = false, is_negative = false;
	const struct toml_scanner start = *scanner;
	uint64_t value;
	char text[24];
	int length;

	node->kind = NODE_NUMBER;
	if (toml_peek(scanner) == '+' || toml_peek(scanner) == '-') {
		is_signed = true;
		is_negative = toml_peek(scanner) == '-';
		toml_advance(scanner);
	}
	if (toml_peek(scanner) == 'i' || toml_peek(scanner) == 'n')
		return toml_unexpected(&start, "a whole number");
	if (toml_peek(scanner) == '0' && !ends_number(toml_peek_at(scanner, 1))) {
		const char letter = toml_peek_at(scanner, 1);

		base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
		if (base != 10 && is_signed)
			return toml_unexpected(&start, "a number with either a sign or a base");
		if (base == 10 && (letter == '_' || (letter >= '0' && letter <= '9')) &&
		    !is_date(scanner))
			return toml_unexpected(&start, "a number without a zero before it");
		if (base != 10) {
			toml_advance(scanner);
			toml_advance(scanner);
		}
	}
	if (!read_digits(scanner, base, &value))
		return false;
	if (!ends_number(toml_peek(scanner)))
		return refuse_word(scanner);
	length = snprintf(text, sizeof(text), "%s%" PRIu64, is_negative && value ? "-" : "", value);
	if (length < 0)
		return toml_unexpected(&start, "a number");
	node->text = document_copy(scanner->document, text, (size_t)length);
	return node->text || document_no_memory(scanner->source, scanner->diagnostics);
}

static bool take_word(struct toml_scanner *scanner, const char *word)
{
	const size_t length = strlen(word);

	if (scanner->source->length - scanner->at < length ||
	    memcmp(scanner->source->bytes + scanner->at, word, length) != 0 ||
	    is_bare(toml_peek_at(scanner, length)))
		return false;
	scanner->at += length;
	return true;
}

bool toml_read_scalar(struct toml_scanner *scanner, struct node *node)
{
	const char byte = toml_peek(scanner);

	if (byte == '"' || byte == '\'') {
		node->kind = NODE_STRING;
		return toml_read_string(scanner, false, &node->text);
	}
	if ((byte >= '0' && byte <= '9') || byte == '+' || byte == '-')
		return read_number(scanner, node);
	node->kind = NODE_BOOLEAN;
	node->boolean = take_word(scanner, "true");
	return node->boolean || take_word(scanner, "false") ||
	       toml_unexpected(scanner, "a value: strings stand in quotes");
}
