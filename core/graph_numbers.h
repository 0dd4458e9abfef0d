/* SPDX-License-Identifier: MIT */
#ifndef CORE_GRAPH_NUMBERS_H
#define CORE_GRAPH_NUMBERS_H

/* A whole policy becomes a graph: architecture, then number, then each call's rules. */

#include <stdbool.h>

#include "graph.h"
#include "policy.h"

/* How a graph is made. */
struct graph_options {
	const uint64_t *weights; /* how often each syscall of the table is made, NULL: not known */
	bool in_a_row; /* rules of a call one after the other: slower, and at times shorter */
};

/* The first node; errors are in graph->error. */
uint32_t graph_policy(struct graph *graph, const struct policy *policy,
		      const struct graph_options *options);

/* How many tests there are from a node on, each counted once; 0 if memory is out. */
uint32_t graph_size(const struct graph *graph, uint32_t node);

/* The nodes that decide the calls of one ABI, by the index of its decisions; NULL: memory is out,
 * graph->error says so. Freed by the caller. */
uint32_t *graph_decisions(struct graph *graph, const struct policy *policy,
			  const struct policy_abi *abi, const struct graph_options *options);

#endif
