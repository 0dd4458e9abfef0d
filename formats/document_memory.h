/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_DOCUMENT_MEMORY_H
#define FORMATS_DOCUMENT_MEMORY_H

/* What the readers of documents share: the memory of a tree, and what holds for every text. */

#include <stdbool.h>
#include <stddef.h>

#include "document.h"

/* Memory that lives as long as the document, aligned for any type; NULL: there is none. */
void *document_allocate(struct document *document, size_t size);

/* A copy of bytes with a NUL behind them. */
char *document_copy(struct document *document, const char *bytes, size_t length);

/*
 * Where nodes stay until their parent is complete, and can be put next to one another. Freed with
 * free(items).
 */
struct node_stack {
	struct node *items;
	size_t count, capacity;
};

bool node_stack_push(struct node_stack *stack, const struct node *node);

/* Takes all nodes above the first `base` as the children of parent; false: out of memory. */
bool node_stack_pop(struct node_stack *stack, size_t base, struct document *document,
		    struct node *parent);

/* Says which keys of an object stand twice; their number, or 1 if memory is out. */
size_t document_duplicate_keys(const struct source *source, const struct node *object,
			       struct diagnostics *diagnostics);

/* No byte order mark, no NUL, nothing but UTF-8; false: it was said where. */
bool document_check_text(const struct source *source, struct diagnostics *diagnostics);

/* Line and column, from 1, of a byte. */
void document_place(const struct source *source, size_t offset, unsigned int *line,
		    unsigned int *column);

/* What stands there, for messages: "'}'", "'True'", "the end of the file". */
#define FOUND_MAX 40
const char *document_found(const struct source *source, size_t offset, char text[FOUND_MAX]);

/* For `return`: says that memory is out; false. */
bool document_no_memory(const struct source *source, struct diagnostics *diagnostics);

#endif
