/* SPDX-License-Identifier: MIT */
#include "graph_numbers.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdlib.h>

#include "audit_arch.h"
#include "graph_rules.h"
#include "prologue.h"

#define CALLS_IN_A_ROW 4 /* numbers asked for one after the other before the search halves */

/*
 * A call that is decided by its number alone is remembered by the kernel, which asks the filter
 * once, at load. One that has conditions comes here every time.
 */
#define WEIGHT_SIMPLE 1
#define WEIGHT_CONDITIONAL 1000
#define WEIGHT_MOST 1000000000 /* what the most frequent call weighs */

/* A list of ranges of numbers that grows; room was made for all of them. */
struct numbers {
	struct graph_range *ranges;
	uint32_t count;
	uint64_t next;		 /* the first number that is not in it */
	struct graph_range last; /* -1, if it has a decision: it comes behind x32's numbers */
	bool has_last;
};

static void add(struct numbers *numbers, uint64_t end, uint32_t node, uint64_t weight)
{
	if (end <= numbers->next)
		return;
	numbers->ranges[numbers->count++] = (struct graph_range){ numbers->next, node, weight };
	numbers->next = end;
}

uint32_t *graph_decisions(struct graph *graph, const struct policy *policy,
			  const struct policy_abi *abi, const struct graph_options *options)
{
	struct rules_graph *rules = calloc(1, sizeof(*rules));
	uint32_t *nodes = calloc((size_t)abi->decision_count + 1, sizeof(*nodes));

	if (rules && nodes) {
		rules->graph = graph;
		rules->in_a_row = options->in_a_row;
		for (uint32_t i = 0; i < abi->decision_count; i++)
			nodes[i] = graph_decision(rules, policy, &abi->decisions[i]);
		arena_free(&rules->arena);
	} else {
		if (!graph->error)
			graph->error = -ENOMEM;
		free(nodes);
		nodes = NULL;
	}
	free(rules);
	return nodes;
}

static uint64_t most(const uint64_t *weights, const struct policy_abi *abi)
{
	uint64_t found = 0;

	for (uint32_t i = 0; weights && i < abi->decision_count; i++)
		if (abi->decisions[i].syscall != NO_SYSCALL &&
		    weights[abi->decisions[i].syscall] > found)
			found = weights[abi->decisions[i].syscall];
	return found;
}

static uint64_t weigh(const struct graph *graph, uint32_t node, const uint64_t *weights,
		      uint16_t syscall, uint64_t heaviest)
{
	if (graph->error || graph->nodes[node].word == GRAPH_ANSWER)
		return WEIGHT_SIMPLE;
	if (heaviest == 0 || syscall == NO_SYSCALL)
		return WEIGHT_CONDITIONAL;
	return WEIGHT_CONDITIONAL +
	       (uint64_t)((double)weights[syscall] / (double)heaviest * WEIGHT_MOST);
}

/* What the numbers of an ABI get that have no decision. */
static uint32_t unknown_node(struct graph *graph, const struct policy *policy,
			     const struct policy_abi *abi)
{
	return graph_answer(graph, action_answer(unknown_answer(policy, abi)));
}

/* The numbers of one ABI; gaps have what unknown numbers get. */
static void add_abi(struct numbers *numbers, struct graph *graph, const struct policy *policy,
		    const struct policy_abi *abi, const struct graph_options *options)
{
	const uint32_t unknown = unknown_node(graph, policy, abi);
	uint32_t *nodes = graph_decisions(graph, policy, abi, options);
	const uint64_t heaviest = most(options->weights, abi);

	if (!nodes)
		return;
	for (uint32_t i = 0; i < abi->decision_count; i++) {
		const struct decision *decision = &abi->decisions[i];
		const uint32_t number = (uint32_t)decision->number;
		const uint64_t weight = weigh(graph, nodes[i], options->weights, decision->syscall,
					      heaviest);

		if (number == UINT32_MAX) {
			numbers->last = (struct graph_range){ number, nodes[i], weight };
			numbers->has_last = true;
			break;
		}
		add(numbers, number, unknown, WEIGHT_SIMPLE);
		add(numbers, (uint64_t)number + 1, nodes[i], weight);
	}
	free(nodes);
}

static const struct policy_abi *find_abi(const struct policy *policy, enum stile_abi abi)
{
	for (uint32_t i = 0; i < policy->abi_count; i++)
		if (policy->abis[i].abi == abi)
			return &policy->abis[i];
	return NULL;
}

/* -1 and what is left before it. */
static void add_last(struct numbers *numbers, struct graph *graph, const struct policy *policy,
		     uint32_t arch)
{
	const uint32_t unknown = unknown_node(graph, policy,
					      policy_find_abi(policy, arch, UINT32_MAX));

	if (numbers->has_last)
		add(numbers, UINT32_MAX, unknown, WEIGHT_SIMPLE);
	add(numbers, UINT64_C(1) << 32, numbers->has_last ? numbers->last.node : unknown,
	    numbers->has_last ? numbers->last.weight : WEIGHT_SIMPLE);
}

/* All numbers of one architecture that the policy knows. x86_64 has two ABIs: x32 sets bit 30. */
static uint32_t graph_arch(struct graph *graph, const struct policy *policy, uint32_t arch,
			   const struct graph_options *options)
{
	const uint32_t foreign = graph_answer(graph, action_answer(policy->foreign_action));
	struct numbers numbers = { 0 };
	size_t room = 8;
	uint32_t node;

	for (uint32_t i = 0; i < policy->abi_count; i++)
		room += 2 * (size_t)policy->abis[i].decision_count;
	numbers.ranges = calloc(room, sizeof(*numbers.ranges));
	if (!numbers.ranges) {
		if (!graph->error)
			graph->error = -ENOMEM;
		return 0;
	}
	if (arch == AUDIT_ARCH_X86_64) {
		const struct policy_abi *x86_64 = find_abi(policy, STILE_ABI_X86_64);
		const struct policy_abi *x32 = find_abi(policy, STILE_ABI_X32);

		if (x86_64)
			add_abi(&numbers, graph, policy, x86_64, options);
		add(&numbers, X32_SYSCALL_BIT,
		    x86_64 ? unknown_node(graph, policy, x86_64) : foreign, WEIGHT_SIMPLE);
		if (x32)
			add_abi(&numbers, graph, policy, x32, options);
		add(&numbers, UINT32_MAX, x32 ? unknown_node(graph, policy, x32) : foreign,
		    WEIGHT_SIMPLE);
	} else {
		for (uint32_t i = 0; i < policy->abi_count; i++)
			if (audit_arch(policy->abis[i].abi) == arch)
				add_abi(&numbers, graph, policy, &policy->abis[i], options);
	}
	add_last(&numbers, graph, policy, arch);
	node = graph_search(graph, GRAPH_WORD_NUMBER, UINT32_MAX, numbers.ranges, numbers.count,
			    CALLS_IN_A_ROW);
	free(numbers.ranges);
	return node;
}

/* Whether an earlier ABI has the same architecture. */
static bool is_repeated(const struct policy *policy, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (audit_arch(policy->abis[i].abi) == audit_arch(policy->abis[index].abi))
			return true;
	return false;
}

uint32_t graph_policy(struct graph *graph, const struct policy *policy,
		      const struct graph_options *options)
{
	uint32_t node = graph_answer(graph, action_answer(policy->foreign_action));

	/* The first ABI is asked for first. */
	for (uint32_t i = policy->abi_count; i-- > 0;) {
		const uint32_t arch = audit_arch(policy->abis[i].abi);

		if (is_repeated(policy, i))
			continue;
		node = graph_test(graph, (struct graph_node){
						 .word = GRAPH_WORD_ARCH,
						 .operation = BPF_JEQ,
						 .mask = UINT32_MAX,
						 .value = arch,
						 .then = graph_arch(graph, policy, arch, options),
						 .otherwise = node });
	}
	return node;
}

uint32_t graph_size(const struct graph *graph, uint32_t node)
{
	/* Children are made before their parents: a node's index is greater than theirs. */
	bool *reached = calloc((size_t)graph->count + 1, sizeof(*reached));
	uint32_t size = 0;

	if (!reached)
		return 0;
	reached[node] = true;
	for (uint32_t i = node + 1; i-- > 0;) {
		if (!reached[i] || graph->nodes[i].word == GRAPH_ANSWER)
			continue;
		size++;
		reached[graph->nodes[i].then] = true;
		reached[graph->nodes[i].otherwise] = true;
	}
	free(reached);
	return size;
}
