/* SPDX-License-Identifier: MIT */
/* The compiler: policy to decision graph to instructions. */
#include "backend.h"

#include <errno.h>
#include <stdlib.h>

#include "emit.h"
#include "graph.h"
#include "graph_numbers.h"
#include "syscalls.h"

#define NAMED_MAX 3

/* The calls whose rules need most tests. */
struct expensive {
	const char *syscall;
	uint32_t size;
};

static void note(struct expensive most[NAMED_MAX], struct expensive entry)
{
	for (unsigned int i = 0; i < NAMED_MAX; i++) {
		if (entry.size > most[i].size) {
			const struct expensive less = most[i];

			most[i] = entry;
			entry = less;
		}
	}
}

static void find_expensive(struct graph *graph, const struct policy *policy,
			   const struct graph_options *options, struct expensive most[NAMED_MAX])
{
	for (uint32_t a = 0; a < policy->abi_count; a++) {
		const struct policy_abi *abi = &policy->abis[a];
		uint32_t *nodes = graph_decisions(graph, policy, abi, options);

		for (uint32_t i = 0; nodes && i < abi->decision_count; i++) {
			const struct decision *decision = &abi->decisions[i];

			if (decision->rule_count && !graph->error)
				note(most,
				     (struct expensive){ syscall_shown_name(decision->syscall),
							 graph_size(graph, nodes[i]) });
		}
		free(nodes);
	}
}

static int too_long(struct graph *graph, const struct policy *policy,
		    const struct graph_options *options, size_t count, struct message *message)
{
	struct expensive most[NAMED_MAX] = { { NULL, 0 } };

	find_expensive(graph, policy, options, most);
	return message_set(message, -E2BIG,
			   "the filter would have %zu instructions, the kernel takes %d: use fewer "
			   "conditions; most are for %s (%u tests), %s (%u) and %s (%u)",
			   count, FILTER_INSTRUCTIONS_MAX, most[0].syscall ? most[0].syscall : "-",
			   most[0].size, most[1].syscall ? most[1].syscall : "-", most[1].size,
			   most[2].syscall ? most[2].syscall : "-", most[2].size);
}

static int too_many_nodes(const struct policy *policy, struct message *message)
{
	const struct decision *most = NULL;

	for (uint32_t a = 0; a < policy->abi_count; a++)
		for (uint32_t i = 0; i < policy->abis[a].decision_count; i++)
			if (!most || policy->abis[a].decisions[i].rule_count > most->rule_count)
				most = &policy->abis[a].decisions[i];
	return message_set(message, -E2BIG,
			   "the filter would have far more than the %d instructions that the "
			   "kernel takes: use fewer conditions; %s alone has %u rules",
			   FILTER_INSTRUCTIONS_MAX, most ? syscall_shown_name(most->syscall) : "-",
			   most ? most->rule_count : 0);
}

static int fail(const struct policy *policy, int error, struct message *message)
{
	if (error == -E2BIG)
		return too_many_nodes(policy, message);
	return message_set(message, error, "out of memory while the filter was compiled");
}

static void drop(struct filter *filter)
{
	free(filter->instructions);
	filter->instructions = NULL;
	filter->count = 0;
}

static int compile(struct graph *graph, const struct policy *policy,
		   const struct graph_options *options, struct filter *filter,
		   struct message *message)
{
	const uint32_t first = graph_policy(graph, policy, options);
	int error = graph->error;

	if (!error)
		error = emit(graph, first, filter);
	if (error)
		return fail(policy, error, message);
	if (filter->count <= FILTER_INSTRUCTIONS_MAX)
		return 0;
	error = too_long(graph, policy, options, filter->count, message);
	drop(filter);
	return error;
}

static int compile_new(const struct policy *policy, const struct graph_options *options,
		       struct filter *filter, struct message *message)
{
	struct graph graph;
	int error = graph_init(&graph);

	filter->instructions = NULL;
	filter->count = 0;
	if (error)
		return fail(policy, error, message);
	error = compile(&graph, policy, options, filter, message);
	graph_free(&graph);
	return error;
}

int backend_own(const struct policy *policy, const uint64_t *weights, struct filter *filter,
		struct message *message)
{
	struct graph_options options = { .weights = weights };
	int error = compile_new(policy, &options, filter, message);

	if (error != -E2BIG)
		return error;
	/* What is asked of all rules together may be written more than once. */
	options.in_a_row = true;
	return compile_new(policy, &options, filter, message);
}
