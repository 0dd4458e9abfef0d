/* SPDX-License-Identifier: MIT */
/* Any bytes as TOML: a tree with places, or one error; and as tiny-jail's policy. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
	if (!condition)
		abort();
}

static void check_node(const struct node *node)
{
	check(node->line > 0 && node->column > 0 && node->kind != NODE_NULL);
	check((node->kind == NODE_STRING || node->kind == NODE_NUMBER) == (node->text != NULL));
	for (size_t i = 0; i < node->count; i++) {
		check((node->children[i].key != NULL) == (node->kind == NODE_OBJECT));
		if (node->kind == NODE_OBJECT)
			check(node_find(node, node->children[i].key) == &node->children[i]);
		check_node(&node->children[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct read_options options = { .abi = STILE_ABI_X86_64 };
	struct source source = { "fuzz", NULL, size, -1 };
	struct diagnostics said = { 0 };
	struct stile_policy *policy;
	struct document document;
	char *text = malloc(size + 1);

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	source.bytes = text;
	(void)format_tiny_jail.is_likely(&source);
	if (toml_document_read(&source, &document, &said)) {
		check(!has_errors(&said));
		check_node(document.root);
		document_free(&document);
		policy = format_tiny_jail.read(&source, &options, &said);
		check(!policy == has_errors(&said));
		stile_policy_free(policy);
	} else {
		check(said.error_count == 1);
	}
	diagnostics_free(&said);
	free(text);
	return 0;
}
