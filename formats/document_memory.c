/* SPDX-License-Identifier: MIT */
#include "document_memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHUNK 16384
#define LARGEST_CHUNK (1u << 20)

struct chunk {
	struct chunk *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct chunk *add_chunk(struct document *document, size_t size)
{
	const struct chunk *last = document->memory;
	size_t capacity = last ? 2 * last->size : FIRST_CHUNK;
	struct chunk *chunk;

	if (capacity > LARGEST_CHUNK)
		capacity = LARGEST_CHUNK;
	if (capacity < size)
		capacity = size;
	chunk = malloc(sizeof(*chunk) + capacity);
	if (!chunk)
		return NULL;
	chunk->next = document->memory;
	chunk->used = 0;
	chunk->size = capacity;
	document->memory = chunk;
	return chunk;
}

/* Strings need no alignment: they lie close together. */
static void *allocate(struct document *document, size_t size, size_t alignment)
{
	struct chunk *chunk = document->memory;
	size_t start;

	if (size > SIZE_MAX / 2)
		return NULL;
	start = chunk ? (chunk->used + alignment - 1) & ~(alignment - 1) : 0;
	if (!chunk || start > chunk->size || chunk->size - start < size) {
		chunk = add_chunk(document, size);
		start = 0;
	}
	if (!chunk)
		return NULL;
	chunk->used = start + size;
	return chunk->bytes + start;
}

void *document_allocate(struct document *document, size_t size)
{
	return allocate(document, size, alignof(max_align_t));
}

char *document_copy(struct document *document, const char *bytes, size_t length)
{
	char *copy = allocate(document, length + 1, 1);

	if (!copy)
		return NULL;
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

void document_free(struct document *document)
{
	struct chunk *chunk = document->memory, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*document = (struct document){ 0 };
}

bool node_stack_push(struct node_stack *stack, const struct node *node)
{
	if (stack->count == stack->capacity) {
		const size_t capacity = stack->capacity ? 2 * stack->capacity : 128;
		struct node *items = reallocarray(stack->items, capacity, sizeof(*items));

		if (!items)
			return false;
		stack->items = items;
		stack->capacity = capacity;
	}
	stack->items[stack->count++] = *node;
	return true;
}

bool node_stack_pop(struct node_stack *stack, size_t base, struct document *document,
		    struct node *parent)
{
	const size_t count = stack->count - base;
	struct node *children;

	if (count == 0)
		return true;
	children = document_allocate(document, count * sizeof(*children));
	if (!children)
		return false;
	memcpy(children, stack->items + base, count * sizeof(*children));
	parent->children = children;
	parent->count = count;
	stack->count = base;
	return true;
}
