/* SPDX-License-Identifier: MIT */
/* Tables and headers of TOML: what may be added to what. */
#include "toml_tree.h"

#include <string.h>

#include "document_memory.h"

static bool refuse(const struct toml_tree *tree, const struct node *node, const char *sentence)
{
	diagnose_error(tree->scanner.diagnostics, tree->scanner.source->name, node->key_line,
		       node->key_column, "%s", sentence);
	return false;
}

struct toml_item *toml_add(struct toml_tree *tree, struct toml_item *parent,
			   const struct node *node, enum toml_origin origin)
{
	struct toml_item *item;

	if (tree->item_count == TOML_ITEMS_MAX ||
	    (parent && parent->node.kind == NODE_OBJECT && parent->count == TOML_CHILDREN_MAX)) {
		diagnose_error(tree->scanner.diagnostics, tree->scanner.source->name,
			       tree->scanner.line, 0, "there are more than %d %s",
			       tree->item_count == TOML_ITEMS_MAX ? TOML_ITEMS_MAX :
								    TOML_CHILDREN_MAX,
			       tree->item_count == TOML_ITEMS_MAX ? "values" : "keys in a table");
		return NULL;
	}
	item = document_allocate(tree->scanner.document, sizeof(*item));
	if (!item) {
		document_no_memory(tree->scanner.source, tree->scanner.diagnostics);
		return NULL;
	}
	*item = (struct toml_item){ .node = *node, .origin = origin };
	tree->item_count++;
	if (!parent)
		return item;
	if (parent->last)
		parent->last->next = item;
	else
		parent->first = item;
	parent->last = item;
	parent->count++;
	return item;
}

struct toml_item *toml_find(const struct toml_item *table, const struct node *node)
{
	for (struct toml_item *item = table->first; item; item = item->next)
		if (strcmp(item->node.key, node->key) == 0)
			return item;
	return NULL;
}

bool toml_duplicate(const struct toml_tree *tree, const struct node *node,
		    const struct toml_item *first)
{
	diagnose_error(tree->scanner.diagnostics, tree->scanner.source->name, node->key_line,
		       node->key_column,
		       "the key \"%s\" stands here a second time; the first is in line %u",
		       node->key, first->node.key_line);
	return false;
}

/* A table on the way to that of a header; the last element of an array of tables. */
static bool enter(struct toml_tree *tree, struct toml_item **table, const struct node *key)
{
	struct toml_item *item = toml_find(*table, key);

	if (!item) {
		*table = toml_add(tree, *table, key, TOML_IMPLIED);
		return *table != NULL;
	}
	if (item->origin == TOML_VALUE)
		return refuse(tree, key, "this key has a value, to which nothing can be added");
	*table = item->origin == TOML_ELEMENTS ? item->last : item;
	return true;
}

/* [a] */
static bool define(struct toml_tree *tree, struct toml_item **table, const struct node *key)
{
	struct toml_item *item = toml_find(*table, key);

	if (!item) {
		*table = toml_add(tree, *table, key, TOML_HEADER);
		return *table != NULL;
	}
	if (item->origin != TOML_IMPLIED)
		return toml_duplicate(tree, key, item);
	item->origin = TOML_HEADER;
	item->node = *key;
	*table = item;
	return true;
}

/* [[a]] */
static bool define_element(struct toml_tree *tree, struct toml_item **table, const struct node *key)
{
	struct toml_item *item = toml_find(*table, key);
	struct node node = *key;

	if (item && item->origin != TOML_ELEMENTS)
		return toml_duplicate(tree, key, item);
	if (!item) {
		node.kind = NODE_ARRAY;
		item = toml_add(tree, *table, &node, TOML_ELEMENTS);
	}
	if (!item)
		return false;
	node.kind = NODE_OBJECT;
	node.key = NULL;
	*table = toml_add(tree, item, &node, TOML_HEADER);
	return *table != NULL;
}

bool toml_read_header(struct toml_tree *tree, struct toml_item **table)
{
	struct toml_scanner *scanner = &tree->scanner;
	struct node key = { .kind = NODE_OBJECT };
	bool is_element;

	*table = tree->root;
	toml_advance(scanner);
	is_element = toml_peek(scanner) == '[';
	if (is_element)
		toml_advance(scanner);
	for (unsigned int depth = 2;; depth++) {
		toml_skip_blanks(scanner);
		if (depth > DOCUMENT_DEPTH_MAX)
			return toml_unexpected(scanner, "tables that are less deep");
		toml_place(scanner, &key);
		if (!toml_read_key(scanner, &key))
			return false;
		toml_skip_blanks(scanner);
		if (toml_peek(scanner) != '.')
			break;
		toml_advance(scanner);
		if (!enter(tree, table, &key))
			return false;
	}
	if (toml_peek(scanner) != ']' || (is_element && toml_peek_at(scanner, 1) != ']'))
		return toml_unexpected(scanner, is_element ? "'.' or ']]'" : "'.' or ']'");
	toml_advance(scanner);
	if (is_element)
		toml_advance(scanner);
	return is_element ? define_element(tree, table, &key) : define(tree, table, &key);
}
