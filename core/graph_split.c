/* SPDX-License-Identifier: MIT */
/* One question, asked once for all rules of a call that ask it. */
#include "graph_rules.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>

#include "sort.h"

/* What an outcome of the question tells of a word, for entries that ask it under other masks. */
struct known {
	uint8_t word;
	uint32_t mask, value;
};

/* Entries that do not ask the question go on with every outcome; more copies than this, and the
 * rules are asked one after the other. */
static bool is_too_much(uint64_t copies, uint32_t count)
{
	return copies > 3 * (uint64_t)count + 8;
}

static void *allocate(struct rules_graph *rules, size_t count, size_t size)
{
	void *memory = arena_allocate(&rules->arena, count, size);

	if (!memory && !rules->graph->error)
		rules->graph->error = -ENOMEM;
	return memory;
}

/* Decides what is known of the entry's masked terms; false: it cannot match any more. */
static bool refine(const struct rules_graph *rules, struct entry *entry, const struct known *known)
{
	for (uint32_t left = entry->left; left; left &= left - 1) {
		const int index = __builtin_ctz(left);
		const struct term *term = &rules->rules[entry->rule].terms[index];

		if (!term->is_masked || term->word != known->word)
			continue;
		if ((term->value ^ known->value) & term->mask & known->mask)
			return false;
		if ((term->mask & ~known->mask) == 0)
			entry->left &= ~(1u << index);
	}
	return true;
}

uint32_t graph_masked(struct graph *graph, unsigned int word, uint32_t mask,
		      const struct masked_choice *choices, uint32_t count, uint32_t other,
		      struct graph_range *ranges)
{
	struct graph_node test = {
		.word = (uint8_t)word, .operation = BPF_JSET, .mask = UINT32_MAX, .value = mask
	};
	uint32_t used = 0;

	if (count == 1 && choices[0].value == 0) {
		test.then = other;
		test.otherwise = choices[0].node;
		return graph_test(graph, test);
	}
	if (count == 1) {
		test.then = choices[0].node;
		test.otherwise = other;
		if (mask & (mask - 1)) { /* several bits */
			test.operation = BPF_JEQ;
			test.mask = mask;
			test.value = choices[0].value;
		}
		return graph_test(graph, test);
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t value = choices[i].value;

		if (i == 0 && value > 0)
			ranges[used++] = (struct graph_range){ 0, other, 1 };
		ranges[used++] = (struct graph_range){ value, choices[i].node, 1 };
		if (value < UINT32_MAX && (i + 1 == count || choices[i + 1].value > value + 1))
			ranges[used++] = (struct graph_range){ (uint64_t)value + 1, other, 1 };
	}
	return graph_search(graph, word, mask, ranges, used, VALUES_IN_A_ROW);
}

/* Entries by what they say to the question. */
struct split {
	const struct entry *entries;
	uint32_t *asking; /* indexes of those that ask it, with its term decided */
	uint32_t *others; /* of those that do not */
	int *terms;	  /* of asking: which term */
	uint32_t asking_count, other_count;
};

static bool find_asking(struct rules_graph *rules, const struct term *question,
			const struct entry *entries, uint32_t count, struct split *split)
{
	*split = (struct split){ .entries = entries };
	split->asking = allocate(rules, count, sizeof(*split->asking));
	split->others = allocate(rules, count, sizeof(*split->others));
	split->terms = allocate(rules, count, sizeof(*split->terms));
	if (!split->asking || !split->others || !split->terms)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const int term = entry_find_term(rules, entries[i], question);

		if (term < 0) {
			split->others[split->other_count++] = i;
		} else {
			split->terms[split->asking_count] = term;
			split->asking[split->asking_count++] = i;
		}
	}
	return true;
}

/* An outcome: these of the asking entries (ascending) hold, the rest of them do not. */
struct outcome {
	const uint32_t *holding; /* indexes into split->asking */
	uint32_t count;
	const struct known *known; /* at most two */
	unsigned int known_count;
};

static uint32_t outcome_node(struct rules_graph *rules, const struct split *split,
			     const struct outcome *outcome, uint32_t rest, unsigned int depth)
{
	struct entry *list = allocate(rules, (size_t)outcome->count + split->other_count,
				      sizeof(*list));
	uint32_t a = 0, o = 0, count = 0;

	while (list && (a < outcome->count || o < split->other_count)) {
		const uint32_t next = a < outcome->count ? split->asking[outcome->holding[a]] :
							   UINT32_MAX;
		bool can_match = true;
		struct entry entry;

		if (o == split->other_count || next < split->others[o]) {
			entry = split->entries[next];
			entry.left &= ~(1u << split->terms[outcome->holding[a]]);
			a++;
		} else {
			entry = split->entries[split->others[o]];
			o++;
		}
		for (unsigned int i = 0; i < outcome->known_count && can_match; i++)
			can_match = refine(rules, &entry, &outcome->known[i]);
		if (can_match)
			list[count++] = entry;
		if (can_match && entry.left == 0)
			break; /* it matches whatever else there is */
	}
	return list ? graph_entries(rules, list, count, rest, depth + 1) : 0;
}

/* ---- Ranges */

/* Where an entry's ranges begin and end. */
struct border {
	uint64_t at;
	uint32_t asking;
	bool is_begin;
};

static int compare_borders(const void *a, const void *b)
{
	const struct border *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->is_begin - y->is_begin; /* so that no more hold than there are */
}

/* The ranges of an asking entry. */
static const struct term *asking_term(const struct rules_graph *rules, const struct split *split,
				      uint32_t asking)
{
	return &rules->rules[split->entries[split->asking[asking]].rule]
			.terms[split->terms[asking]];
}

static struct border *find_borders(struct rules_graph *rules, const struct split *split,
				   uint64_t all, uint32_t *count)
{
	const uint32_t last = split->asking_count - 1;
	/* The last rule of a context comes first: taken from behind, most are in order. */
	const bool is_falling = asking_term(rules, split, 0)->ranges[0].low >
				asking_term(rules, split, last)->ranges[0].low;
	struct border *borders;
	size_t room = 0;

	for (uint32_t i = 0; i <= last; i++)
		room += 2 * (size_t)asking_term(rules, split, i)->range_count;
	borders = allocate(rules, room, sizeof(*borders));
	*count = 0;
	for (uint32_t n = 0; borders && n <= last; n++) {
		const uint32_t i = is_falling ? last - n : n;
		const struct term *term = asking_term(rules, split, i);

		for (uint32_t k = 0; k < term->range_count; k++) {
			borders[(*count)++] = (struct border){ term->ranges[k].low, i, true };
			if (term->ranges[k].high < all)
				borders[(*count)++] = (struct border){ term->ranges[k].high + 1, i,
								       false };
		}
	}
	if (borders)
		sort(borders, *count, sizeof(*borders), compare_borders);
	return borders;
}

/* Whether nothing more is asked of an entry that holds: what comes behind it is cut off. */
static bool is_last_question(const struct split *split, uint32_t asking)
{
	const struct entry entry = split->entries[split->asking[asking]];

	return (entry.left & ~(1u << split->terms[asking])) == 0;
}

/* How many entries all outcomes together would have, at most. */
static uint64_t count_copies(const struct split *split, const struct border *borders,
			     uint32_t count)
{
	uint64_t copies = split->other_count, open = 0, decided = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t *which = is_last_question(split, borders[i].asking) ? &decided : &open;

		*which += borders[i].is_begin ? 1 : UINT64_MAX;
		/* Where nothing holds it is one outcome, however often. */
		if (open + decided && (i + 1 == count || borders[i + 1].at != borders[i].at))
			copies += open + (decided ? 1 : 0) + split->other_count;
	}
	return copies;
}

static void cross(uint32_t *holding, uint32_t *count, const struct border *border)
{
	uint32_t at = *count;

	while (at > 0 && holding[at - 1] >= border->asking)
		at--;
	if (border->is_begin) {
		for (uint32_t i = *count; i > at; i--)
			holding[i] = holding[i - 1];
		holding[at] = border->asking;
		++*count;
	} else {
		--*count;
		for (uint32_t i = at; i < *count; i++)
			holding[i] = holding[i + 1];
	}
}

static bool split_ranges(struct rules_graph *rules, const struct term *question,
			 const struct split *split, uint32_t rest, unsigned int depth,
			 uint32_t *node)
{
	const uint64_t all = question->bits >= 64 ? UINT64_MAX :
						    (UINT64_C(1) << question->bits) - 1;
	const struct outcome nothing = { 0 };
	uint32_t count, used = 0, holding_count = 0, none;
	struct border *borders = find_borders(rules, split, all, &count);
	uint32_t *holding = allocate(rules, split->asking_count, sizeof(*holding));
	struct graph_range *ranges;

	if (!borders || !holding)
		return true;
	if (is_too_much(count_copies(split, borders, count),
			split->asking_count + split->other_count))
		return false;
	ranges = allocate(rules, (size_t)count + 1, sizeof(*ranges));
	if (!ranges)
		return true;
	none = outcome_node(rules, split, &nothing, rest, depth);
	if (borders[0].at > 0)
		ranges[used++] = (struct graph_range){ 0, none, 1 };
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t at = borders[i].at;
		uint32_t target = none;

		cross(holding, &holding_count, &borders[i]);
		if (i + 1 < count && borders[i + 1].at == at)
			continue;
		if (holding_count) {
			const bool is_one = i + 1 < count ? borders[i + 1].at == at + 1 : at == all;
			const struct known known[] = {
				{ (uint8_t)GRAPH_WORD_LOW(question->argument), (uint32_t)all,
				  (uint32_t)at },
				{ (uint8_t)GRAPH_WORD_HIGH(question->argument), UINT32_MAX,
				  (uint32_t)(at >> 32) }
			};
			const unsigned int known_count = question->bits == 64 ? 2 : 1;
			const struct outcome outcome = { holding, holding_count, known,
							 is_one ? known_count : 0 };

			target = outcome_node(rules, split, &outcome, rest, depth);
		}
		ranges[used++] = (struct graph_range){ at, target, 1 };
	}
	*node = graph_search_argument(rules->graph, question->argument, question->bits, ranges,
				      used, VALUES_IN_A_ROW);
	return true;
}

/* ---- Masked words */

/* The asking entries by the value that they ask for. */
struct wanted {
	uint32_t value, asking;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->asking < y->asking ? -1 : x->asking > y->asking;
}

static bool split_masked(struct rules_graph *rules, const struct term *question,
			 const struct split *split, uint32_t rest, unsigned int depth,
			 uint32_t *node)
{
	const uint32_t count = split->asking_count,
		       bits = (uint32_t)__builtin_popcount(question->mask);
	struct wanted *wanted = allocate(rules, count, sizeof(*wanted));
	uint32_t *holding = allocate(rules, count, sizeof(*holding));
	struct masked_choice *choices = allocate(rules, count, sizeof(*choices));
	struct graph_range *ranges = allocate(rules, 2 * (size_t)count + 1, sizeof(*ranges));
	const struct outcome nothing = { 0 };
	uint32_t used = 0, other;

	if (!wanted || !holding || !choices || !ranges)
		return true;
	for (uint32_t i = 0; i < count; i++)
		wanted[i] = (struct wanted){ rules->rules[split->entries[split->asking[i]].rule]
						     .terms[split->terms[i]]
						     .value,
					     i };
	sort(wanted, count, sizeof(*wanted), compare_wanted);
	for (uint32_t i = 0; i < count; i++)
		used += i == 0 || wanted[i].value != wanted[i - 1].value;
	if (is_too_much((uint64_t)split->other_count * (used + 1) + count,
			count + split->other_count))
		return false;
	used = 0;
	for (uint32_t i = 0; i < count;) {
		const struct known known = { question->word, question->mask, wanted[i].value };
		struct outcome outcome = { holding, 0, &known, 1 };

		for (; i < count && wanted[i].value == known.value; i++)
			holding[outcome.count++] = wanted[i].asking;
		choices[used++] = (struct masked_choice){
			known.value, outcome_node(rules, split, &outcome, rest, depth)
		};
	}
	/* If every value is asked for, the last one stands for what is left. */
	if (bits < 32 && used == UINT32_C(1) << bits)
		other = choices[--used].node;
	else
		other = outcome_node(rules, split, &nothing, rest, depth);
	*node = graph_masked(rules->graph, question->word, question->mask, choices, used, other,
			     ranges);
	return true;
}

bool graph_split(struct rules_graph *rules, const struct term *question,
		 const struct entry *entries, uint32_t count, uint32_t rest, unsigned int depth,
		 uint32_t *node)
{
	struct split split;

	*node = 0;
	if (!find_asking(rules, question, entries, count, &split))
		return true;
	return question->is_masked ? split_masked(rules, question, &split, rest, depth, node) :
				     split_ranges(rules, question, &split, rest, depth, node);
}
