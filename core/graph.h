/* SPDX-License-Identifier: MIT */
#ifndef CORE_GRAPH_H
#define CORE_GRAPH_H

/*
 * A decision graph over the 32-bit words of struct seccomp_data: what stands between a policy and
 * a filter. Equal nodes are one node, so equal tails are shared, and a test whose ways lead to the
 * same node is no test.
 */

#include <stdint.h>

#define GRAPH_NODES_MAX 65536
#define GRAPH_ANSWER 255 /* in place of a word */

struct graph_node {
	uint8_t word;	   /* index into struct seccomp_data as words, or GRAPH_ANSWER */
	uint8_t operation; /* BPF_JEQ, BPF_JGE, BPF_JSET */
	uint32_t mask;	   /* that the word is and'ed with before; UINT32_MAX: it is not */
	uint32_t value;	   /* to compare with; of an answer: SECCOMP_RET_* with its data */
	uint32_t then, otherwise;
};

struct graph {
	struct graph_node *nodes;
	uint32_t count, capacity;
	uint32_t *slots; /* hash table of nodes */
	uint32_t slot_count;
	uint32_t answers[8]; /* nodes of answers that were asked for lately, as index + 1 */
	int error; /* the first: -ENOMEM, -E2BIG; whatever is made afterwards is of no use */
};

/* 0 or -ENOMEM. */
int graph_init(struct graph *graph);
void graph_free(struct graph *graph);

/* A node's index. After an error any index, so that callers need to look only once. */
uint32_t graph_answer(struct graph *graph, uint32_t answer);
uint32_t graph_test(struct graph *graph, struct graph_node test);

/* From this value up to the next start's, calls go on at node. */
struct graph_range {
	uint64_t low;
	uint32_t node;
	uint64_t weight; /* how often, beside the others */
};

/*
 * A search for the range in which a word lies (and'ed with mask): ranges ascend from 0. At most
 * chain single values (twice as many if these are all) are asked for one after the other; more of
 * them make a tree. Ranges may be changed.
 */
uint32_t graph_search(struct graph *graph, unsigned int word, uint32_t mask,
		      struct graph_range *ranges, uint32_t count, uint32_t chain);

/* The same for an argument of 16, 32 or 64 bits; 64 are searched by their upper half first. */
uint32_t graph_search_argument(struct graph *graph, unsigned int argument, unsigned int bits,
			       struct graph_range *ranges, uint32_t count, uint32_t chain);

/* Words of an argument. All ABIs of the table are little-endian: the low one is first. */
#define GRAPH_WORD_NUMBER 0
#define GRAPH_WORD_ARCH 1
#define GRAPH_WORD_LOW(argument) (4 + 2 * (argument))
#define GRAPH_WORD_HIGH(argument) (5 + 2 * (argument))

#endif
