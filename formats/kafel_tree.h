/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_TREE_H
#define FORMATS_KAFEL_TREE_H

/* What a Kafel file says, with constants replaced, but before it is known what names stand for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile.h>

#include "document.h"
#include "kafel_lexer.h"

#define KAFEL_EXPRESSION_DEPTH_MAX 200 /* Kafel's own */

enum kafel_operator {
	KAFEL_NUMBER,
	KAFEL_ARGUMENT,
	KAFEL_BIT_OR,
	KAFEL_BIT_AND,
	KAFEL_EQUAL, /* from here on they say yes or no */
	KAFEL_NOT_EQUAL,
	KAFEL_LESS,
	KAFEL_LESS_OR_EQUAL,
	KAFEL_GREATER,
	KAFEL_GREATER_OR_EQUAL,
	KAFEL_OR,
	KAFEL_AND,
	KAFEL_NOT /* of left */
};

struct kafel_expression {
	enum kafel_operator operation;
	unsigned int depth; /* 0: a number or an argument */
	struct kafel_place place;
	uint64_t number;
	const char *name; /* of an argument */
	const struct kafel_expression *left, *right;
};

static inline bool kafel_is_boolean(const struct kafel_expression *expression)
{
	return expression->operation >= KAFEL_EQUAL;
}

/* A call in a block: name, declared arguments, condition. */
struct kafel_entry {
	struct kafel_entry *next;
	struct kafel_place place;
	const char *name; /* NULL: by its number */
	uint32_t number;
	bool has_arguments;			  /* that the file declares */
	const char *arguments[6];		  /* their names; NULL behind the last */
	uint8_t abis;				  /* bit 1 << enum stile_abi: where it holds */
	const struct kafel_expression *condition; /* NULL: always */
};

struct kafel_policy;

/* USE, or a block: an action and calls. */
struct kafel_statement {
	struct kafel_statement *next;
	struct kafel_policy *used; /* NULL: a block */
	struct stile_action action;
	struct kafel_entry *entries;
};

struct kafel_policy {
	struct kafel_policy *next;
	const char *name; /* NULL: what stands outside of policies */
	struct kafel_place place;
	struct kafel_statement *statements, **end;
	bool is_used;
};

struct kafel_tree {
	struct document memory;	       /* all of it */
	struct kafel_policy *policies; /* in the file's order */
	struct kafel_policy outside;
	struct stile_action default_action;
	bool has_default;
};

/* False: errors were said. The tree is to be freed in either case. */
bool kafel_parse(const struct source *source, struct kafel_tree *tree,
		 struct diagnostics *diagnostics);
void kafel_tree_free(struct kafel_tree *tree);

#endif
