/* SPDX-License-Identifier: MIT */
/* Any bytes as JSON: a tree with places, or an error; what is taken json-c takes too. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
	if (!condition)
		abort();
}

static void check_node(const struct node *node, unsigned int depth)
{
	check(depth <= DOCUMENT_DEPTH_MAX && node->line > 0 && node->column > 0);
	check((node->kind == NODE_STRING || node->kind == NODE_NUMBER) == (node->text != NULL));
	for (size_t i = 0; i < node->count; i++) {
		check((node->children[i].key != NULL) == (node->kind == NODE_OBJECT));
		check_node(&node->children[i], depth + 1);
	}
}

/* As many values in both trees: no key was merged. */
static size_t count_nodes(const struct node *node)
{
	size_t count = 1;

	for (size_t i = 0; i < node->count; i++)
		count += count_nodes(&node->children[i]);
	return count;
}

static size_t count_values(struct json_object *value)
{
	size_t count = 1;

	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			count += count_values(json_object_array_get_idx(value, i));
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			count += count_values(member);
		}
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics said = { 0 };
	struct document document;
	struct source source = { "fuzz", NULL, size, -1 };
	char *text = malloc(size + 1);

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	source.bytes = text;
	if (json_document_read(&source, &document, &said)) {
		struct json_object *value = json_tokener_parse(text);

		check(said.count == 0);
		check_node(document.root, 0);
		check(count_nodes(document.root) == count_values(value));
		json_object_put(value);
		document_free(&document);
	} else {
		check(has_errors(&said) && said.count > 0 && said.items[0].line > 0);
	}
	diagnostics_free(&said);
	free(text);
	return 0;
}
