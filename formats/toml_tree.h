/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_TOML_TREE_H
#define FORMATS_TOML_TREE_H

/* The tree of a TOML file while it grows: tables may be added to from several places. */

#include "toml_scanner.h"

#define TOML_ITEMS_MAX 65536
#define TOML_CHILDREN_MAX 4096 /* of one table: a key is searched among all of them */

enum toml_origin {
	TOML_VALUE,    /* no table; or one that nothing can be added to */
	TOML_IMPLIED,  /* named on the way to a table: [a.b] names a */
	TOML_HEADER,   /* [a] */
	TOML_DOTTED,   /* named on the way to a value: a.b = 1 names a */
	TOML_ELEMENTS, /* [[a]]: an array of tables */
};

struct toml_item {
	struct node node; /* without children yet */
	enum toml_origin origin;
	struct toml_item *first, *last, *next;
	size_t count; /* of those from first on */
};

struct toml_tree {
	struct toml_scanner scanner;
	struct toml_item *root;
	size_t item_count;
};

/* A new last child of a table or array; NULL: there is no room, which was said. */
struct toml_item *toml_add(struct toml_tree *tree, struct toml_item *parent,
			   const struct node *node, enum toml_origin origin);

/* The child with the key of a node; NULL: there is none. */
struct toml_item *toml_find(const struct toml_item *table, const struct node *node);

/* For `return`: says that a key stands there already. */
bool toml_duplicate(const struct toml_tree *tree, const struct node *node,
		    const struct toml_item *first);

/* The header of a table, "[a.b]" or "[[a.b]]", where the scanner stands: which table it names. */
bool toml_read_header(struct toml_tree *tree, struct toml_item **table);

/* A line "key = value" into a table. */
bool toml_read_pair(struct toml_tree *tree, struct toml_item *table, unsigned int depth);

#endif
