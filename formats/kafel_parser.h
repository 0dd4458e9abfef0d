/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_PARSER_H
#define FORMATS_KAFEL_PARSER_H

/* What the parser's parts share. */

#include "kafel_tree.h"

struct kafel_parser {
	struct kafel_lexer lexer;
	struct kafel_token token; /* the next one */
	struct kafel_tree *tree;
	struct kafel_policy **policies_end;
	void *constants, *policies; /* of tsearch(3), by name */
	unsigned int nesting;	    /* of parentheses and '!' */
};

/* Says what was expected in place of the next token; false. */
bool kafel_expected(struct kafel_parser *parser, const char *what);
/* Says that something at a place is wrong; false. */
bool kafel_refuse(struct kafel_parser *parser, struct kafel_place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Cleared memory that lives as long as the tree; NULL: it was said. */
void *kafel_allocate(struct kafel_parser *parser, size_t size);

void kafel_next(struct kafel_parser *parser);
/* Takes the next token if it is this sign or keyword. */
bool kafel_accept(struct kafel_parser *parser, const char *text);
/* ... and says so if it is not; what: in words, NULL: the text itself. */
bool kafel_expect(struct kafel_parser *parser, const char *text, const char *what);

/* The value of a constant by its name; false: there is none. */
bool kafel_find_constant(struct kafel_parser *parser, const char *name, uint64_t *value);
/* "#define NAME NUMBER", behind the '#'. */
bool kafel_parse_constant(struct kafel_parser *parser);

/* Expressions separated by commas, of which one must hold. NULL: it was said. */
const struct kafel_expression *kafel_parse_condition(struct kafel_parser *parser);

/* "name(arguments) ON abis { condition }". NULL: it was said. */
struct kafel_entry *kafel_parse_entry(struct kafel_parser *parser);

/* "ERRNO(5)". Whether there is one to be parsed; false: it was said. */
bool kafel_is_action(const struct kafel_token *token);
bool kafel_parse_action(struct kafel_parser *parser, struct stile_action *action);

#endif
