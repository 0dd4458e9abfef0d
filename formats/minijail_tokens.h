/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_MINIJAIL_TOKENS_H
#define FORMATS_MINIJAIL_TOKENS_H

/* The words of minijail's policy files, statement by statement. */

#include <stdbool.h>
#include <stddef.h>

#include "diagnostics.h"
#include "source.h"

enum token_kind {
	TOKEN_WORD,	 /* a name, arg0, an action, return, in */
	TOKEN_DIRECTIVE, /* @include and the like */
	TOKEN_NUMBER,	 /* looks like one; whether it is one its reader says */
	TOKEN_PATH,	 /* begins with '/' or '.' */
	TOKEN_SIGN,	 /* one or two characters */
	TOKEN_END	 /* of the statement; stands behind the others */
};

struct token {
	enum token_kind kind;
	const char *text; /* in the source's bytes */
	size_t length;
	unsigned int line, column; /* from 1 */
	bool is_after_blank; /* a space, a tab or the end of a continued line stands before it */
	bool is_after_tab;
};

struct tokens {
	const struct source *source;
	struct diagnostics *diagnostics;
	const char *at, *end; /* what was not read yet */
	unsigned int line;    /* that at is in */
	bool has_error;	      /* in this or an earlier statement; was said */
	bool has_comment;     /* behind the words of this statement */
	bool has_carriage_returns;
	/* Of the statement that was read; count leaves out TOKEN_END. */
	struct token *items;
	size_t count, capacity;
};

/* Starts reading. Nothing is to be freed but by tokens_free(). */
void tokens_start(struct tokens *tokens, const struct source *source,
		  struct diagnostics *diagnostics);

/*
 * Reads the next statement that has words: a line, and those that it is continued in by '\' at
 * the end. False: there is none. Statements with errors are said and left out.
 */
bool tokens_next(struct tokens *tokens);
void tokens_free(struct tokens *tokens);

bool token_is(const struct token *token, const char *text);

/* A token for messages: "'word'", "the end of the line"; at most size bytes. */
const char *token_shown(const struct token *token, char *text, size_t size);
#define TOKEN_SHOWN_MAX 80

#endif
