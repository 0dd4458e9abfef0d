/* SPDX-License-Identifier: MIT */
/* Which of many ranges a word lies in, with few comparisons. */
#include "graph.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdlib.h>

struct search {
	struct graph *graph;
	uint8_t word;
	uint32_t mask, chain;
	const struct graph_range *ranges;
	uint32_t count;
};

static uint32_t compare(const struct search *search, unsigned int operation, uint64_t value,
			uint32_t then, uint32_t otherwise)
{
	return graph_test(search->graph, (struct graph_node){ .word = search->word,
							      .operation = (uint8_t)operation,
							      .mask = search->mask,
							      .value = (uint32_t)value,
							      .then = then,
							      .otherwise = otherwise });
}

/* Whether a range is one value. The last one's end is not known: taken for wide. */
static bool is_point(const struct search *search, uint32_t i)
{
	return i + 1 < search->count && search->ranges[i + 1].low == search->ranges[i].low + 1;
}

/*
 * The node that all ranges from first up to end go to but for single values, if there is one:
 * *points is how many they are.
 */
static bool find_background(const struct search *search, uint32_t first, uint32_t end,
			    uint32_t *background, uint32_t *points)
{
	const struct graph_range *ranges = search->ranges;
	bool found = false;

	for (uint32_t i = first; i < end; i++) {
		if (is_point(search, i))
			continue;
		if (found && ranges[i].node != *background)
			return false;
		*background = ranges[i].node;
		found = true;
	}
	if (!found) /* values only: the last stands for the rest */
		*background = ranges[end - 1].node;
	*points = 0;
	for (uint32_t i = first; i < end; i++)
		*points += ranges[i].node != *background;
	return true;
}

/* Asks for single values, the heaviest first. Built from the end. */
static uint32_t build_chain(const struct search *search, uint32_t first, uint32_t end,
			    uint32_t background, uint32_t points)
{
	const struct graph_range *ranges = search->ranges;
	uint32_t node = background;
	uint64_t above = 0;
	uint32_t last = UINT32_MAX;

	/* Takes the lightest that is heavier than those taken; there are few. */
	while (points--) {
		uint32_t lightest = UINT32_MAX;

		for (uint32_t i = end; i-- > first;) {
			const bool is_next = ranges[i].weight > above ||
					     (ranges[i].weight == above && i < last);

			if (ranges[i].node == background || !is_next)
				continue;
			if (lightest == UINT32_MAX || ranges[i].weight < ranges[lightest].weight)
				lightest = i;
		}
		if (lightest == UINT32_MAX)
			break;
		above = ranges[lightest].weight;
		last = lightest;
		node = compare(search, BPF_JEQ, ranges[lightest].low, ranges[lightest].node, node);
	}
	return node;
}

/* How far a split leaves the halves from equal weight. */
static uint64_t imbalance(uint64_t left, uint64_t all)
{
	const uint64_t right = all - left;

	return left > right ? left - right : right - left;
}

/*
 * The range with which the upper half begins. A border between two wide ranges is asked for
 * sooner or later anyhow, one beside a single value is not: of borders that are about as good the
 * former is taken.
 */
static uint32_t find_split(const struct search *search, uint32_t first, uint32_t end)
{
	const struct graph_range *ranges = search->ranges;
	uint64_t all = 0, left = 0, least = UINT64_MAX, least_wide = UINT64_MAX;
	uint32_t split = first + 1, split_wide = 0;

	for (uint32_t i = first; i < end; i++)
		all += ranges[i].weight;
	for (uint32_t i = first + 1; i < end; i++) {
		uint64_t off;

		left += ranges[i - 1].weight;
		off = imbalance(left, all);
		if (off < least) {
			least = off;
			split = i;
		}
		if (off < least_wide && !is_point(search, i - 1) && !is_point(search, i)) {
			least_wide = off;
			split_wide = i;
		}
	}
	return split_wide && least_wide <= all / 2 ? split_wide : split;
}

static uint32_t build(const struct search *search, uint32_t first, uint32_t end)
{
	const bool is_whole = end - first == search->count;
	uint32_t background, points, split;

	if (end - first == 1)
		return search->ranges[first].node;
	/* A chain saves comparisons only if the background comes more than once. Where one split
	 * would do for all, the comparison that it costs counts more than the few that it saves. */
	if (find_background(search, first, end, &background, &points) &&
	    points <= search->chain * (is_whole ? 2 : 1) &&
	    (points <= 2 || points + 1 < end - first))
		return build_chain(search, first, end, background, points);
	split = find_split(search, first, end);
	return compare(search, BPF_JGE, search->ranges[split].low, build(search, split, end),
		       build(search, first, split));
}

uint32_t graph_search(struct graph *graph, unsigned int word, uint32_t mask,
		      struct graph_range *ranges, uint32_t count, uint32_t chain)
{
	struct search search = { .graph = graph,
				 .word = (uint8_t)word,
				 .mask = mask,
				 .chain = chain,
				 .ranges = ranges };

	/* Neighbours that go to the same node are one range. */
	for (uint32_t i = 0; i < count; i++) {
		struct graph_range *last = &ranges[search.count - 1];

		if (search.count && last->node == ranges[i].node)
			last->weight += ranges[i].weight;
		else
			ranges[search.count++] = ranges[i];
		last = &ranges[search.count - 1];
		if (last->weight > UINT32_MAX)
			last->weight = UINT32_MAX; /* sums must not overflow */
		if (last->weight == 0)
			last->weight = 1; /* halves must become shorter */
	}
	return build(&search, 0, search.count);
}

/*
 * 64 bits: for each upper half in which a range begins, but for those that begin it, a search over
 * the lower halves; over these a search for the upper half.
 */
static uint32_t search_halves(struct graph *graph, unsigned int argument,
			      const struct graph_range *ranges, uint32_t count,
			      struct graph_range *high, struct graph_range *low, uint32_t chain)
{
	uint32_t high_count = 0;

	for (uint32_t i = 0; i < count;) {
		const uint64_t upper = ranges[i].low >> 32;
		uint32_t low_count = 0, last;

		if ((uint32_t)ranges[i].low != 0) /* the range before reaches into this half */
			low[low_count++] = (struct graph_range){ 0, ranges[i - 1].node, 1 };
		for (; i < count && ranges[i].low >> 32 == upper; i++)
			low[low_count++] = (struct graph_range){ (uint32_t)ranges[i].low,
								 ranges[i].node, ranges[i].weight };
		last = ranges[i - 1].node;
		high[high_count++] =
			(struct graph_range){ upper,
					      graph_search(graph, GRAPH_WORD_LOW(argument),
							   UINT32_MAX, low, low_count, chain),
					      low_count };
		if (upper != UINT32_MAX && (i == count || ranges[i].low >> 32 != upper + 1))
			high[high_count++] = (struct graph_range){ upper + 1, last, 1 };
	}
	return graph_search(graph, GRAPH_WORD_HIGH(argument), UINT32_MAX, high, high_count, chain);
}

uint32_t graph_search_argument(struct graph *graph, unsigned int argument, unsigned int bits,
			       struct graph_range *ranges, uint32_t count, uint32_t chain)
{
	struct graph_range *halves;
	uint32_t node;

	if (bits < 64)
		return graph_search(graph, GRAPH_WORD_LOW(argument),
				    bits < 32 ? (UINT32_C(1) << bits) - 1 : UINT32_MAX, ranges,
				    count, chain);
	/* A half for each range and one behind it; the lower halves of one upper half. */
	halves = calloc(3 * (size_t)count + 1, sizeof(*halves));
	if (!halves) {
		if (!graph->error)
			graph->error = -ENOMEM;
		return 0;
	}
	node = search_halves(graph, argument, ranges, count, halves, halves + 2 * (size_t)count,
			     chain);
	free(halves);
	return node;
}
