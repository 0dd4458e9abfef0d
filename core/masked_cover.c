/* SPDX-License-Identifier: MIT */
#include "masked_cover.h"

#include <errno.h>
#include <stdlib.h>

#include "sort.h"
#include "syscalls.h"
#include "value_set.h"

/* Before alternatives that lie within others are dropped there may be more than are given away. */
#define PIECES_MAX (4 * MASKED_COVER_MAX)
/* A bound on the work of taking alternatives apart, far above what MASKED_COVER_MAX lets pass. */
#define SPLITS_MAX 100000

struct pieces {
	size_t count;
	struct alternative items[PIECES_MAX];
	/* Of the rule that is being covered, for each argument. */
	size_t block_count[6];
	struct masked_word blocks[6][PIECES_MAX];
	unsigned int splits;
};

static bool exclude(const struct masked_word *a, const struct masked_word *b)
{
	return (a->value ^ b->value) & a->mask & b->mask;
}

/* Covers an interval by aligned blocks, each a masked equality; known bits leave some out. */
static bool cover_interval(const struct value_set *set, uint64_t low, uint64_t high,
			   struct masked_word *blocks, size_t *count)
{
	const uint64_t all = set->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << set->bits) - 1;
	const struct masked_word known = { set->known_mask, set->known_value };

	for (;;) {
		/* The largest block that starts at low: ones where low ends in zeros. */
		uint64_t within = low ? (low & -low) - 1 : all;
		struct masked_word block;

		while ((low | within) > high)
			within >>= 1;
		block.mask = all & ~within;
		block.value = low;
		if (!exclude(&block, &known)) {
			if (*count == PIECES_MAX)
				return false;
			blocks[*count].mask = block.mask | known.mask;
			blocks[*count].value = block.value | known.value;
			++*count;
		}
		if ((low | within) == high)
			return true;
		low = (low | within) + 1;
	}
}

/* The blocks of one argument; one that compares nothing if the rule has no condition on it. */
static bool cover_argument(const struct rule *rule, unsigned int argument, struct pieces *pieces)
{
	struct masked_word *blocks = pieces->blocks[argument];
	size_t *count = &pieces->block_count[argument];
	struct value_set set;
	bool found = false;

	for (unsigned int i = 0; i < rule->condition_count; i++) {
		const struct stile_table_condition *condition = &rule->conditions[i];

		if (condition->argument != argument)
			continue;
		/* The table has one width for an argument, so all conditions on it agree. */
		if (!found)
			value_set_all(&set, condition->bits);
		found = true;
		if (!value_set_keep(&set, condition))
			return false;
	}
	*count = 0;
	if (!found) {
		blocks[(*count)++] = (struct masked_word){ 0, 0 };
		return true;
	}
	for (unsigned int i = 0; i < set.count; i++)
		if (!cover_interval(&set, set.intervals[i].low, set.intervals[i].high, blocks,
				    count))
			return false;
	return true;
}

/* Adds every combination of one block for each argument. */
static bool add_product(struct pieces *pieces, unsigned int argument,
			struct alternative *alternative)
{
	if (argument == 6) {
		if (pieces->count == PIECES_MAX)
			return false;
		pieces->items[pieces->count++] = *alternative;
		return true;
	}
	for (size_t i = 0; i < pieces->block_count[argument]; i++) {
		alternative->words[argument] = pieces->blocks[argument][i];
		if (!add_product(pieces, argument + 1, alternative))
			return false;
	}
	return true;
}

static bool cover_rule(const struct rule *rule, struct pieces *pieces)
{
	struct alternative alternative = { .action = rule->action };
	bool empty = false;

	for (unsigned int argument = 0; argument < 6; argument++) {
		if (!cover_argument(rule, argument, pieces))
			return false;
		empty = empty || pieces->block_count[argument] == 0;
	}
	return empty || add_product(pieces, 0, &alternative);
}

static unsigned int compared_bits(const struct alternative *alternative)
{
	int count = 0;

	for (unsigned int i = 0; i < 6; i++)
		count += __builtin_popcountll(alternative->words[i].mask);
	return (unsigned int)count;
}

static int wider_first(const void *left, const void *right)
{
	const unsigned int a = compared_bits(left), b = compared_bits(right);

	return (a > b) - (a < b);
}

static bool same_action(struct stile_action a, struct stile_action b)
{
	return a.kind == b.kind && a.errno_value == b.errno_value;
}

#define ORDER_MATTERS 1

/*
 * Adds what the alternatives from..end of the cover leave of this one. Where one overlaps, each bit
 * that it compares and this one does not splits off the half that lies outside. ORDER_MATTERS: one
 * with another action overlaps, and the cover is not made in the order of the rules.
 */
static int add_remainder(struct masked_cover *cover, size_t from, size_t end,
			 struct alternative *alternative, unsigned int *splits, bool in_order)
{
	for (size_t k = from; k < end; k++) {
		const struct alternative *there = &cover->alternatives[k];
		bool apart = false;

		for (unsigned int i = 0; i < 6; i++)
			apart = apart || exclude(&alternative->words[i], &there->words[i]);
		if (apart)
			continue;
		if (!in_order && !same_action(alternative->action, there->action))
			return ORDER_MATTERS;
		for (unsigned int i = 0; i < 6; i++) {
			const struct masked_word *other = &there->words[i];

			for (uint64_t rest = other->mask & ~alternative->words[i].mask; rest;
			     rest &= rest - 1) {
				const uint64_t bit = rest & -rest;
				struct alternative half = *alternative;
				int error;

				if (++*splits > SPLITS_MAX)
					return -E2BIG;
				half.words[i].mask |= bit;
				half.words[i].value |= ~other->value & bit;
				error = add_remainder(cover, k + 1, end, &half, splits, in_order);
				if (error)
					return error;
				alternative->words[i].mask |= bit;
				alternative->words[i].value |= other->value & bit;
			}
		}
		return 0; /* what is left lies within the other one */
	}
	if (cover->count == MASKED_COVER_MAX)
		return -E2BIG;
	cover->alternatives[cover->count++] = *alternative;
	return 0;
}

/*
 * In the order of the rules, each covers what those before it leave. If all that overlap have one
 * action, any order will do, and most alternatives stay whole if the wide ones come first.
 */
static int cover_rules(const struct policy *policy, const struct decision *decision,
		       struct masked_cover *cover, struct pieces *pieces, bool in_order)
{
	int error = 0;

	cover->count = 0;
	pieces->count = 0;
	pieces->splits = 0;
	for (uint32_t i = 0; i < decision->rule_count; i++)
		if (!cover_rule(&policy->rules[decision->first_rule + i], pieces))
			return -E2BIG;
	/* The narrow ones are taken apart, because they lack few of the wide ones' bits. */
	if (!in_order)
		sort(pieces->items, pieces->count, sizeof(pieces->items[0]), wider_first);
	for (size_t i = 0; !error && i < pieces->count; i++)
		error = add_remainder(cover, 0, cover->count, &pieces->items[i], &pieces->splits,
				      in_order);
	return error;
}

/* Whether an argument is compared in several widths, which policies of files may do. */
static bool has_mixed_widths(const struct policy *policy, const struct decision *decision)
{
	uint8_t bits[6] = { 0 };

	for (uint32_t i = 0; i < decision->rule_count; i++) {
		const struct rule *rule = &policy->rules[decision->first_rule + i];

		for (unsigned int k = 0; k < rule->condition_count; k++) {
			const struct stile_table_condition *c = &rule->conditions[k];

			if (bits[c->argument] && bits[c->argument] != c->bits)
				return true;
			bits[c->argument] = c->bits;
		}
	}
	return false;
}

int masked_cover(const struct policy *policy, const struct decision *decision,
		 struct masked_cover *cover, struct message *message)
{
	const char *name = syscall_shown_name(decision->syscall);
	struct pieces *pieces;
	int error;

	cover->count = 0;
	if (!decision->rule_count)
		return 0;
	if (has_mixed_widths(policy, decision))
		return message_set(message, -E2BIG,
				   "%s: an argument is compared in several widths, which is too "
				   "much for libseccomp: use stile's own back end",
				   name);
	pieces = calloc(1, sizeof(*pieces));
	if (!pieces)
		return message_set(message, -ENOMEM, "%s: out of memory", name);
	error = cover_rules(policy, decision, cover, pieces, false);
	if (error == ORDER_MATTERS)
		error = cover_rules(policy, decision, cover, pieces, true);
	free(pieces);
	if (error)
		message_set(message, error,
			    "%s: its conditions come to more than %d comparisons under masks, the "
			    "most that libseccomp is given for one call: use fewer ranges and "
			    "fewer conditions with !=",
			    name, MASKED_COVER_MAX);
	return error;
}
