/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 512

int graph_init(struct graph *graph)
{
	memset(graph, 0, sizeof(*graph));
	graph->capacity = FIRST_CAPACITY;
	graph->slot_count = 4 * FIRST_CAPACITY; /* a power of two; at most half are used */
	graph->nodes = malloc(graph->capacity * sizeof(*graph->nodes));
	graph->slots = calloc(graph->slot_count, sizeof(*graph->slots));
	if (graph->nodes && graph->slots)
		return 0;
	graph_free(graph);
	return -ENOMEM;
}

void graph_free(struct graph *graph)
{
	free(graph->nodes);
	free(graph->slots);
	memset(graph, 0, sizeof(*graph));
}

static uint32_t hash(const struct graph_node *node)
{
	uint64_t h = (uint64_t)node->value << 32 | node->mask;

	h = (h ^ node->word ^ (uint64_t)node->operation << 8) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 29 ^ ((uint64_t)node->then << 32 | node->otherwise)) *
	    UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(h >> 32);
}

static bool equal(const struct graph_node *a, const struct graph_node *b)
{
	return a->word == b->word && a->operation == b->operation && a->mask == b->mask &&
	       a->value == b->value && a->then == b->then && a->otherwise == b->otherwise;
}

/* The slot where a node is (as index + 1) or would be (0). */
static uint32_t *find_slot(struct graph *graph, const struct graph_node *node)
{
	uint32_t at = hash(node);

	for (;; at++) {
		uint32_t *slot = &graph->slots[at & (graph->slot_count - 1)];

		if (*slot == 0 || equal(&graph->nodes[*slot - 1], node))
			return slot;
	}
}

static int grow(struct graph *graph)
{
	const uint32_t capacity = 2 * graph->capacity;
	struct graph_node *nodes;
	uint32_t *slots;

	if (graph->count >= GRAPH_NODES_MAX)
		return -E2BIG;
	nodes = realloc(graph->nodes, capacity * sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	graph->nodes = nodes;
	graph->capacity = capacity;
	slots = calloc(4 * (size_t)capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(graph->slots);
	graph->slots = slots;
	graph->slot_count = 4 * capacity;
	for (uint32_t i = 0; i < graph->count; i++)
		*find_slot(graph, &graph->nodes[i]) = i + 1;
	return 0;
}

static uint32_t add(struct graph *graph, const struct graph_node *node)
{
	uint32_t *slot;

	if (graph->error)
		return 0;
	slot = find_slot(graph, node);
	if (*slot)
		return *slot - 1;
	if (graph->count == graph->capacity) {
		graph->error = grow(graph);
		if (graph->error)
			return 0;
		slot = find_slot(graph, node);
	}
	graph->nodes[graph->count] = *node;
	*slot = ++graph->count;
	return graph->count - 1;
}

uint32_t graph_answer(struct graph *graph, uint32_t answer)
{
	uint32_t *known = &graph->answers[(answer >> 16 ^ answer) & 7];

	if (*known && graph->nodes[*known - 1].value == answer)
		return *known - 1;
	*known = add(graph, &(struct graph_node){ .word = GRAPH_ANSWER, .value = answer }) + 1;
	return graph->error ? 0 : *known - 1;
}

uint32_t graph_test(struct graph *graph, struct graph_node test)
{
	if (test.then == test.otherwise)
		return test.then;
	return add(graph, &test);
}
