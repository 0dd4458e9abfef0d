/* SPDX-License-Identifier: MIT */
/*
 * TOML 1.0, as far as it can say a policy: without fractions, dates and times. There is no library
 * for C that could be asked.
 */
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"
#include "toml_tree.h"

static bool read_value(struct toml_tree *tree, struct toml_item *parent, const struct node *key,
		       unsigned int depth);

static bool read_array(struct toml_tree *tree, struct toml_item *array, unsigned int depth)
{
	struct toml_scanner *scanner = &tree->scanner;
	const struct node no_key = { 0 };

	toml_advance(scanner);
	for (;;) {
		if (!toml_skip_lines(scanner))
			return false;
		if (toml_peek(scanner) == ']')
			break;
		if (!read_value(tree, array, &no_key, depth) || !toml_skip_lines(scanner))
			return false;
		if (toml_peek(scanner) == ',')
			toml_advance(scanner);
		else if (toml_peek(scanner) != ']')
			return toml_unexpected(scanner, "',' or ']'");
	}
	toml_advance(scanner);
	return true;
}

static bool read_inline_table(struct toml_tree *tree, struct toml_item *table, unsigned int depth)
{
	struct toml_scanner *scanner = &tree->scanner;

	toml_advance(scanner);
	toml_skip_blanks(scanner);
	if (toml_peek(scanner) == '}') {
		toml_advance(scanner);
		return true;
	}
	for (;;) {
		toml_skip_blanks(scanner);
		if (!toml_read_pair(tree, table, depth))
			return false;
		toml_skip_blanks(scanner);
		if (toml_peek(scanner) == '}')
			break;
		if (toml_peek(scanner) != ',')
			return toml_unexpected(scanner, "',' or '}'");
		toml_advance(scanner);
	}
	toml_advance(scanner);
	return true;
}

static bool read_value(struct toml_tree *tree, struct toml_item *parent, const struct node *key,
		       unsigned int depth)
{
	struct toml_scanner *scanner = &tree->scanner;
	const char byte = toml_peek(scanner);
	struct toml_item *item;
	struct node node = *key;

	toml_place(scanner, &node);
	if (byte != '[' && byte != '{')
		return toml_read_scalar(scanner, &node) &&
		       toml_add(tree, parent, &node, TOML_VALUE);
	if (depth >= DOCUMENT_DEPTH_MAX)
		return toml_unexpected(scanner, "values that are less deep");
	node.kind = byte == '[' ? NODE_ARRAY : NODE_OBJECT;
	item = toml_add(tree, parent, &node, TOML_VALUE);
	if (!item)
		return false;
	return byte == '[' ? read_array(tree, item, depth + 1) :
			     read_inline_table(tree, item, depth + 1);
}

bool toml_read_pair(struct toml_tree *tree, struct toml_item *table, unsigned int depth)
{
	struct toml_scanner *scanner = &tree->scanner;
	struct node key = { .kind = NODE_OBJECT };
	struct toml_item *item;

	for (;; depth++) {
		if (depth >= DOCUMENT_DEPTH_MAX)
			return toml_unexpected(scanner, "keys that are less deep");
		toml_place(scanner, &key);
		if (!toml_read_key(scanner, &key))
			return false;
		toml_skip_blanks(scanner);
		item = toml_find(table, &key);
		if (toml_peek(scanner) != '.')
			break;
		if (item && item->origin != TOML_DOTTED)
			return toml_duplicate(tree, &key, item);
		table = item ? item : toml_add(tree, table, &key, TOML_DOTTED);
		if (!table)
			return false;
		toml_advance(scanner);
		toml_skip_blanks(scanner);
	}
	if (toml_peek(scanner) != '=')
		return toml_unexpected(scanner, "'=' or '.' behind the key");
	if (item)
		return toml_duplicate(tree, &key, item);
	toml_advance(scanner);
	toml_skip_blanks(scanner);
	return read_value(tree, table, &key, depth);
}

static bool read_lines(struct toml_tree *tree)
{
	struct toml_scanner *scanner = &tree->scanner;
	struct toml_item *table = tree->root;

	for (;;) {
		bool is_good;

		if (!toml_skip_lines(scanner))
			return false;
		if (scanner->at == scanner->source->length)
			return true;
		is_good = toml_peek(scanner) == '[' ? toml_read_header(tree, &table) :
						      toml_read_pair(tree, table, 1);
		if (!is_good || !toml_end_line(scanner))
			return false;
	}
}

/* Puts all children next to one another. */
static bool settle(struct toml_tree *tree, struct toml_item *item, struct node *node)
{
	struct node *children = NULL;
	size_t i = 0;

	*node = item->node;
	if (item->count)
		children = document_allocate(tree->scanner.document,
					     item->count * sizeof(*children));
	if (item->count && !children)
		return document_no_memory(tree->scanner.source, tree->scanner.diagnostics);
	for (struct toml_item *child = item->first; child; child = child->next)
		if (!settle(tree, child, &children[i++]))
			return false;
	node->children = children;
	node->count = item->count;
	return true;
}

bool toml_document_read(const struct source *source, struct document *document,
			struct diagnostics *diagnostics)
{
	const struct node table = { .kind = NODE_OBJECT, .line = 1, .column = 1 };
	struct toml_tree tree = { .scanner = { .source = source,
					       .document = document,
					       .diagnostics = diagnostics,
					       .line = 1 } };

	*document = (struct document){ 0 };
	if (!document_check_text(source, diagnostics))
		return false;
	tree.root = toml_add(&tree, NULL, &table, TOML_HEADER);
	if (tree.root && read_lines(&tree)) {
		document->root = document_allocate(document, sizeof(*document->root));
		if (!document->root)
			document_no_memory(source, diagnostics);
		else if (settle(&tree, tree.root, document->root))
			return true;
	}
	document_free(document);
	return false;
}
