/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_LEXER_H
#define FORMATS_KAFEL_LEXER_H

/* Kafel's words, across the files that a file includes. */

#include <stdbool.h>
#include <stdint.h>

#include "document.h"
#include "include_file.h"

#define KAFEL_INCLUDE_DEPTH_MAX 16 /* Kafel's own */

enum kafel_token_kind {
	KAFEL_TOKEN_END,
	KAFEL_TOKEN_ERROR, /* it was said; nothing comes behind it */
	KAFEL_TOKEN_NAME,
	KAFEL_TOKEN_NUMBER,
	KAFEL_TOKEN_SIGN,   /* text is all of it */
	KAFEL_TOKEN_KEYWORD /* text is all of it */
};

struct kafel_place {
	const char *file; /* lives as long as the lexer's memory */
	unsigned int line, column;
};

struct kafel_token {
	enum kafel_token_kind kind;
	struct kafel_place place;
	const char *text; /* lives as long as the lexer's memory; "the end of the file" */
	uint64_t number;
};

struct kafel_input {
	const char *name, *bytes;
	size_t length, position;
	unsigned int line;
	size_t line_start; /* position of its first byte */
};

struct kafel_lexer {
	struct document *memory;
	struct diagnostics *diagnostics;
	struct includes includes;
	struct included_file files[KAFEL_INCLUDE_DEPTH_MAX];
	struct kafel_input inputs[KAFEL_INCLUDE_DEPTH_MAX + 1];
	unsigned int depth; /* of the file that is being read; 0: the main one */
	bool is_in_include; /* behind a file's name in a line of #include */
	bool has_failed;
};

/* What is read lives in memory, which must stay while tokens are in use. */
void kafel_lexer_start(struct kafel_lexer *lexer, const struct source *source,
		       struct document *memory, struct diagnostics *diagnostics);
struct kafel_token kafel_lexer_next(struct kafel_lexer *lexer);
void kafel_lexer_end(struct kafel_lexer *lexer);

/* Whether a token is this keyword or sign. */
bool kafel_token_is(const struct kafel_token *token, const char *text);

#endif
