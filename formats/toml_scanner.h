/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_TOML_SCANNER_H
#define FORMATS_TOML_SCANNER_H

/* Keys, strings, numbers and booleans of TOML, from a text that document_check_text() took. */

#include <stdbool.h>
#include <stddef.h>

#include "document.h"

struct toml_scanner {
	const struct source *source;
	struct document *document;
	struct diagnostics *diagnostics;
	size_t at;	   /* offset of the next byte */
	unsigned int line; /* of that */
	size_t line_start;
};

/* The next byte, or the one behind it; NUL at the end. */
char toml_peek(const struct toml_scanner *scanner);
char toml_peek_at(const struct toml_scanner *scanner, size_t distance);

/* Goes one byte on. */
void toml_advance(struct toml_scanner *scanner);

/* Over blanks; over comments, blanks and ends of lines. False: a comment has a control byte. */
void toml_skip_blanks(struct toml_scanner *scanner);
bool toml_skip_lines(struct toml_scanner *scanner);

/* Over the rest of a line: a comment, or nothing. False: there is more, which was said. */
bool toml_end_line(struct toml_scanner *scanner);

/* For `return`: says what was found where the scanner stands, and what was expected. */
bool toml_unexpected(const struct toml_scanner *scanner, const char *expected);

/* Sets a node's place to where the scanner stands. */
void toml_place(const struct toml_scanner *scanner, struct node *node);

/* Reads a bare or quoted key into key, key_line and key_column. */
bool toml_read_key(struct toml_scanner *scanner, struct node *node);

/* Reads a string, a number or a boolean. */
bool toml_read_scalar(struct toml_scanner *scanner, struct node *node);

/* Reads any string, at whose quote the scanner stands. */
bool toml_read_string(struct toml_scanner *scanner, bool is_key, const char **text);

#endif
