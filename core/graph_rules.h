/* SPDX-License-Identifier: MIT */
#ifndef CORE_GRAPH_RULES_H
#define CORE_GRAPH_RULES_H

/* The rules of one call become a graph. */

#include "arena.h"
#include "graph.h"
#include "policy.h"
#include "rule_terms.h"

#define VALUES_IN_A_ROW 10 /* of one word, before a search by halves becomes shorter */

/* A rule whose other terms are known to hold. */
struct entry {
	uint32_t rule;
	uint32_t left; /* terms that are not decided yet: bit 1 << index */
};

#define MEMO_SLOTS 256

/* What one list of entries became; a later list may take the slot. */
struct memo {
	const struct entry *entries;
	uint32_t count, rest, node, generation;
};

/* Lives as long as a policy is compiled; the arena as long as a decision. */
struct rules_graph {
	struct graph *graph;
	struct arena arena;
	struct rule_terms *rules;
	uint32_t rule_count;
	bool in_a_row;	     /* take the rules one by one */
	uint32_t lists_left; /* that may be looked at; then the rules are taken one by one, too */
	uint32_t node_limit; /* so many nodes, and the same */
	uint32_t generation;
	struct memo memo[MEMO_SLOTS];
};

/* The node that decides a call; graph->error tells of failures. */
uint32_t graph_decision(struct rules_graph *rules, const struct policy *policy,
			const struct decision *decision);

/* ---- Between graph_rules.c and graph_split.c */

/*
 * The node for a list of entries, of which the first that matches decides, and for what comes if
 * none does.
 */
uint32_t graph_entries(struct rules_graph *rules, const struct entry *entries, uint32_t count,
		       uint32_t rest, unsigned int depth);

/* Asks one question of all entries at once and goes on with what each outcome leaves; false: that
 * would copy too many entries that do not ask it. */
bool graph_split(struct rules_graph *rules, const struct term *question,
		 const struct entry *entries, uint32_t count, uint32_t rest, unsigned int depth,
		 uint32_t *node);

/* The index of the entry's term that asks the question and is not decided; -1: none. */
int entry_find_term(const struct rules_graph *rules, struct entry entry,
		    const struct term *question);

/* A test of some values of a word under a mask, ascending: to each its node, else other. */
struct masked_choice {
	uint32_t value, node;
};
uint32_t graph_masked(struct graph *graph, unsigned int word, uint32_t mask,
		      const struct masked_choice *choices, uint32_t count, uint32_t other,
		      struct graph_range *ranges);

#endif
