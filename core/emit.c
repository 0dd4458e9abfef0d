/* SPDX-License-Identifier: MIT */
/*
 * Written from the end to the beginning, so that what is jumped to stands already. The accumulator
 * is loaded only where it does not hold the word already: a node may be entered at its load, at
 * its mask or at its test.
 */
#include "emit.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>

#define NOWHERE UINT32_MAX
/* What a conditional jump reaches, less the two jumps that may come between. */
#define REACH (UINT8_MAX - 2)

/* What of a node's instructions its predecessor has done already. */
enum entry {
	ENTRY_LOAD, /* nothing */
	ENTRY_MASK, /* the word is in the accumulator, more bits of it than wanted */
	ENTRY_TEST, /* all */
	ENTRY_COUNT
};

struct place {
	uint32_t entries[ENTRY_COUNT]; /* counted from the end of the program */
	uint32_t jumps[ENTRY_COUNT];   /* the last long jump to it */
	bool is_entered[ENTRY_COUNT];
	bool is_reached, is_written;
};

struct emitter {
	const struct graph *graph;
	struct place *places; /* by node */
	struct sock_filter *code;
	uint32_t count;
	uint32_t *stack; /* nodes that wait for those behind them */
	uint32_t depth;
};

static enum entry entry_after(const struct graph_node *before, const struct graph_node *node)
{
	if (before->word != node->word)
		return ENTRY_LOAD;
	if (before->mask == node->mask)
		return ENTRY_TEST;
	return node->mask & ~before->mask ? ENTRY_LOAD : ENTRY_MASK;
}

static void enter(struct emitter *e, const struct graph_node *before, uint32_t node)
{
	struct place *place = &e->places[node];
	enum entry entry = ENTRY_LOAD;

	if (before)
		entry = entry_after(before, &e->graph->nodes[node]);
	place->is_reached = true;
	place->is_entered[entry] = true;
}

/* Where each node is entered, and how many are reached. A node's index is above its successors'. */
static uint32_t find_entries(struct emitter *e, uint32_t first)
{
	uint32_t reached = 0;

	for (uint32_t i = 0; i <= first; i++)
		for (unsigned int k = 0; k < ENTRY_COUNT; k++)
			e->places[i].entries[k] = e->places[i].jumps[k] = NOWHERE;
	enter(e, NULL, first);
	for (uint32_t i = first + 1; i-- > 0;) {
		const struct graph_node *node = &e->graph->nodes[i];

		if (!e->places[i].is_reached)
			continue;
		reached++;
		if (node->word == GRAPH_ANSWER)
			continue;
		enter(e, node, node->then);
		enter(e, node, node->otherwise);
	}
	return reached;
}

static uint32_t write(struct emitter *e, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	e->code[e->count] = (struct sock_filter){ code, jt, jf, k };
	return e->count++;
}

/* A place within reach that leads to a node: the node itself, a long jump to it that is there
 * already, or one that is written now. Answers are written again instead: that is no longer. */
static uint32_t reach(struct emitter *e, const struct graph_node *before, uint32_t node)
{
	const struct graph_node *target = &e->graph->nodes[node];
	struct place *place = &e->places[node];
	uint32_t *jump, to;
	enum entry entry;

	if (target->word == GRAPH_ANSWER) {
		to = place->entries[ENTRY_LOAD];
		if (to == NOWHERE || e->count - to > REACH) {
			to = write(e, BPF_RET | BPF_K, 0, 0, target->value);
			place->entries[ENTRY_LOAD] = to;
		}
		return to;
	}
	entry = entry_after(before, target);
	to = place->entries[entry];
	if (e->count - to <= REACH)
		return to;
	jump = &place->jumps[entry];
	if (*jump == NOWHERE || e->count - *jump > REACH)
		*jump = write(e, BPF_JMP | BPF_JA, 0, 0, e->count - to - 1);
	return *jump;
}

static void write_node(struct emitter *e, uint32_t index)
{
	const struct graph_node *node = &e->graph->nodes[index];
	struct place *place = &e->places[index];
	const uint32_t otherwise = reach(e, node, node->otherwise);
	const uint32_t then = reach(e, node, node->then);
	const uint32_t at = e->count;

	place->is_written = true;
	place->entries[ENTRY_TEST] = write(e, (uint16_t)(BPF_JMP | node->operation | BPF_K),
					   (uint8_t)(at - then - 1), (uint8_t)(at - otherwise - 1),
					   node->value);
	if (node->mask != UINT32_MAX &&
	    (place->is_entered[ENTRY_MASK] || place->is_entered[ENTRY_LOAD]))
		place->entries[ENTRY_MASK] = write(e, BPF_ALU | BPF_AND | BPF_K, 0, 0, node->mask);
	if (place->is_entered[ENTRY_LOAD])
		place->entries[ENTRY_LOAD] = write(e, BPF_LD | BPF_W | BPF_ABS, 0, 0,
						   (uint32_t)(node->word * sizeof(uint32_t)));
}

/* Has a node written before the one that is on top of the stack. */
static bool push(struct emitter *e, uint32_t node)
{
	if (e->graph->nodes[node].word == GRAPH_ANSWER || e->places[node].is_written)
		return false;
	e->stack[e->depth++] = node;
	return true;
}

/* What a test goes on to when it fails is written last, so that it comes next in the program. */
static void write_all(struct emitter *e, uint32_t first)
{
	(void)push(e, first);
	while (e->depth) {
		const uint32_t index = e->stack[e->depth - 1];
		const struct graph_node *node = &e->graph->nodes[index];

		if (push(e, node->then) || push(e, node->otherwise))
			continue;
		e->depth--;
		write_node(e, index);
	}
	if (e->count == 0) /* one answer for all */
		(void)write(e, BPF_RET | BPF_K, 0, 0, e->graph->nodes[first].value);
}

static int take(struct emitter *e, struct filter *filter)
{
	filter->instructions = malloc(e->count * sizeof(*filter->instructions));
	if (!filter->instructions)
		return -ENOMEM;
	filter->count = e->count;
	for (uint32_t i = 0; i < e->count; i++)
		filter->instructions[i] = e->code[e->count - 1 - i];
	return 0;
}

int emit(const struct graph *graph, uint32_t first, struct filter *filter)
{
	struct emitter e = { .graph = graph };
	uint32_t reached = 0;
	int error = -ENOMEM;

	filter->instructions = NULL;
	filter->count = 0;
	e.places = calloc((size_t)first + 1, sizeof(*e.places));
	if (e.places)
		reached = find_entries(&e, first);
	/* Each node: load, mask, test, and for either way a jump or an answer. */
	e.code = malloc((5 * (size_t)reached + 1) * sizeof(*e.code));
	e.stack = malloc(((size_t)reached + 1) * sizeof(*e.stack));
	if (e.places && e.code && e.stack) {
		write_all(&e, first);
		error = take(&e, filter);
	}
	free(e.places);
	free(e.code);
	free(e.stack);
	return error;
}
