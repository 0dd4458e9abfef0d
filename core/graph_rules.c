/* SPDX-License-Identifier: MIT */
/*
 * Rules to a graph. Where many rules ask for the same word, it is asked for once, for all of
 * them (graph_split.c); where that would blow up, rules are asked one after the other.
 */
#include "graph_rules.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>

#include "prologue.h"

#define DEPTH_MAX 48	 /* bounds the stack; threads have small ones */
#define QUESTIONS_MAX 24 /* that are counted */
#define QUESTIONS_TRIED 4

static void out_of_memory(struct rules_graph *rules)
{
	if (!rules->graph->error)
		rules->graph->error = -ENOMEM;
}

int entry_find_term(const struct rules_graph *rules, struct entry entry,
		    const struct term *question)
{
	for (uint32_t left = entry.left; left; left &= left - 1) {
		const int index = __builtin_ctz(left);

		if (same_question(&rules->rules[entry.rule].terms[index], question))
			return index;
	}
	return -1;
}

/* Whether ranges are one or two values apart, and so more quickly asked in a row. */
static uint32_t ranges_node(struct rules_graph *rules, const struct term *term, uint32_t yes,
			    uint32_t no)
{
	const uint64_t all = term->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << term->bits) - 1;
	struct graph_range *ranges =
		arena_allocate(&rules->arena, 2 * (size_t)term->range_count + 1, sizeof(*ranges));
	uint32_t count = 0;

	if (!ranges) {
		out_of_memory(rules);
		return 0;
	}
	for (uint32_t i = 0; i < term->range_count; i++) {
		if (i == 0 && term->ranges[0].low > 0)
			ranges[count++] = (struct graph_range){ 0, no, 1 };
		ranges[count++] = (struct graph_range){ term->ranges[i].low, yes, 1 };
		if (term->ranges[i].high < all)
			ranges[count++] = (struct graph_range){ term->ranges[i].high + 1, no, 1 };
	}
	return graph_search_argument(rules->graph, term->argument, term->bits, ranges, count,
				     VALUES_IN_A_ROW);
}

static uint32_t term_node(struct rules_graph *rules, const struct term *term, uint32_t yes,
			  uint32_t no)
{
	const struct masked_choice choice = { term->value, yes };

	if (!term->is_masked)
		return ranges_node(rules, term, yes, no);
	return graph_masked(rules->graph, term->word, term->mask, &choice, 1, no, NULL);
}

/* One rule: all its terms, then its answer; else no. */
static uint32_t rule_node(struct rules_graph *rules, struct entry entry, uint32_t no)
{
	const struct rule_terms *rule = &rules->rules[entry.rule];
	uint32_t node = graph_answer(rules->graph, rule->answer);

	for (unsigned int i = rule->count; i-- > 0;)
		if (entry.left & 1u << i)
			node = term_node(rules, &rule->terms[i], node, no);
	return node;
}

static uint32_t rules_in_a_row(struct rules_graph *rules, const struct entry *entries,
			       uint32_t count, uint32_t rest)
{
	while (count--)
		rest = rule_node(rules, entries[count], rest);
	return rest;
}

/* Questions and how many entries ask them. */
struct questions {
	const struct term *terms[QUESTIONS_MAX];
	uint32_t asked[QUESTIONS_MAX], count;
};

static void find_questions(const struct rules_graph *rules, const struct entry *entries,
			   uint32_t count, struct questions *questions)
{
	questions->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t left = entries[i].left; left; left &= left - 1) {
			const struct term *term =
				&rules->rules[entries[i].rule].terms[__builtin_ctz(left)];
			uint32_t q = 0;

			while (q < questions->count && !same_question(questions->terms[q], term))
				q++;
			if (q == QUESTIONS_MAX)
				continue;
			if (q == questions->count) {
				questions->terms[questions->count] = term;
				questions->asked[questions->count++] = 0;
			}
			questions->asked[q]++;
		}
	}
}

/* The one that most entries ask and that was not tried; of equals the first. NULL: none is left. */
static const struct term *choose_question(struct questions *questions)
{
	uint32_t best = 0;

	for (uint32_t q = 1; q < questions->count; q++)
		if (questions->asked[q] > questions->asked[best])
			best = q;
	if (questions->asked[best] == 0)
		return NULL;
	questions->asked[best] = 0;
	return questions->terms[best];
}

static struct memo *memo_slot(struct rules_graph *rules, const struct entry *entries,
			      uint32_t count, uint32_t rest)
{
	uint64_t h = rest;

	for (uint32_t i = 0; i < count; i++)
		h = (h ^ ((uint64_t)entries[i].rule << 32 | entries[i].left)) *
		    UINT64_C(0x9e3779b97f4a7c15);
	return &rules->memo[(h >> 40) % MEMO_SLOTS];
}

static bool memo_holds(const struct rules_graph *rules, const struct memo *memo,
		       const struct entry *entries, uint32_t count, uint32_t rest)
{
	return memo->generation == rules->generation && memo->count == count &&
	       memo->rest == rest && memcmp(memo->entries, entries, count * sizeof(*entries)) == 0;
}

/* How many are worth a try, best first. Not inlined: what it counts is not to stay on the stack. */
static unsigned int __attribute__((noinline))
choose_questions(const struct rules_graph *rules, const struct entry *entries, uint32_t count,
		 const struct term *tried[QUESTIONS_TRIED])
{
	struct questions questions;
	unsigned int tried_count = 0;

	find_questions(rules, entries, count, &questions);
	while (tried_count < QUESTIONS_TRIED && (tried[tried_count] = choose_question(&questions)))
		tried_count++;
	return tried_count;
}

static uint32_t entries_node(struct rules_graph *rules, const struct entry *entries, uint32_t count,
			     uint32_t rest, unsigned int depth)
{
	const struct term *tried[QUESTIONS_TRIED];
	const unsigned int tried_count = choose_questions(rules, entries, count, tried);
	uint32_t node;

	for (unsigned int i = 0; i < tried_count; i++)
		if (graph_split(rules, tried[i], entries, count, rest, depth, &node))
			return node;
	return rule_node(rules, entries[0],
			 graph_entries(rules, entries + 1, count - 1, rest, depth + 1));
}

uint32_t graph_entries(struct rules_graph *rules, const struct entry *entries, uint32_t count,
		       uint32_t rest, unsigned int depth)
{
	struct memo *memo;
	uint32_t node;

	if (rules->graph->error)
		return 0;
	/* What comes behind a rule that always matches is never asked. */
	for (uint32_t i = 0; i < count; i++) {
		if (entries[i].left == 0) {
			rest = graph_answer(rules->graph, rules->rules[entries[i].rule].answer);
			count = i;
		}
	}
	while (count &&
	       graph_answer(rules->graph, rules->rules[entries[count - 1].rule].answer) == rest)
		count--;
	if (count == 0)
		return rest;
	if (count == 1)
		return rule_node(rules, entries[0], rest);
	if (rules->graph->count > rules->node_limit)
		rules->lists_left = 0;
	if (depth > DEPTH_MAX || rules->lists_left == 0)
		return rules_in_a_row(rules, entries, count, rest);
	memo = memo_slot(rules, entries, count, rest);
	if (memo_holds(rules, memo, entries, count, rest))
		return memo->node;
	rules->lists_left--;
	node = entries_node(rules, entries, count, rest, depth);
	*memo = (struct memo){ entries, count, rest, node, rules->generation };
	return node;
}

/* The rules' terms, and a list of all of them. NULL: memory is out. */
static struct entry *find_entries(struct rules_graph *rules, const struct policy *policy,
				  const struct decision *decision, uint32_t *term_count)
{
	struct entry *entries = arena_allocate(&rules->arena, decision->rule_count,
					       sizeof(*entries));

	rules->rules = arena_allocate(&rules->arena, decision->rule_count, sizeof(*rules->rules));
	rules->rule_count = 0;
	*term_count = 0;
	for (uint32_t i = 0; entries && rules->rules && i < decision->rule_count; i++) {
		struct rule_terms *terms = &rules->rules[rules->rule_count];

		switch (rule_find_terms(&policy->rules[decision->first_rule + i], &rules->arena,
					terms)) {
		case RULE_IS_USED:
			entries[rules->rule_count] = (struct entry){
				rules->rule_count, (uint32_t)(UINT64_C(1) << terms->count) - 1
			};
			*term_count += terms->count;
			rules->rule_count++;
			break;
		case RULE_IS_NEVER:
			break;
		case RULE_IS_LOST:
			return NULL;
		}
	}
	return rules->rules ? entries : NULL;
}

uint32_t graph_decision(struct rules_graph *rules, const struct policy *policy,
			const struct decision *decision)
{
	const uint32_t rest = graph_answer(rules->graph, action_answer(decision->rest));
	const uint32_t before = rules->graph->count;
	struct entry *entries;
	uint32_t term_count, node;

	if (decision->rule_count == 0)
		return rest;
	arena_clear(&rules->arena);
	rules->generation++;
	entries = find_entries(rules, policy, decision, &term_count);
	if (!entries) {
		out_of_memory(rules);
		return 0;
	}
	rules->lists_left = rules->in_a_row ? 0 : 4 * term_count + 64;
	rules->node_limit = before + 4 * term_count + 64;
	node = graph_entries(rules, entries, rules->rule_count, rest, 0);
	/* In a row each term is one or two tests, each range of a term two. */
	if (rules->lists_left == 0)
		node = rules_in_a_row(rules, entries, rules->rule_count, rest);
	return node;
}
