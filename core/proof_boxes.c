/* SPDX-License-Identifier: MIT */
/* The conditions of a rule as boxes: products of sets of 32-bit words. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include "interpreter.h"
#include "proof_policy.h"
#include "word_value.h"

#define BOXES_MAX 4096 /* of one rule */

/*
 * Not action_answer(), which tells the compiler what to put into filters: a mistake there must not
 * be one here too.
 */
uint32_t proof_answer(struct stile_action action)
{
	switch (action.kind) {
	case STILE_ACTION_ALLOW:
		return SECCOMP_RET_ALLOW;
	case STILE_ACTION_LOG:
		return SECCOMP_RET_LOG;
	case STILE_ACTION_TRACE:
		return SECCOMP_RET_TRACE | (action.errno_value & SECCOMP_RET_DATA);
	case STILE_ACTION_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case STILE_ACTION_ERRNO:
		return effective_answer(SECCOMP_RET_ERRNO |
					(action.errno_value & SECCOMP_RET_DATA));
	case STILE_ACTION_TRAP:
		return SECCOMP_RET_TRAP | (action.errno_value & SECCOMP_RET_DATA);
	case STILE_ACTION_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case STILE_ACTION_KILL_PROCESS:
		break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

void *proof_policy_grow(struct proof_policy *view, void *array, uint32_t *count, uint32_t *capacity,
			size_t size)
{
	void **elements = array;
	const uint32_t more = *capacity ? 2 * *capacity : 64;
	void *grown;

	if (*count == *capacity) {
		grown = more <= WORD_POOL_MAX ? realloc(*elements, more * size) : NULL;
		if (!grown) {
			if (!view->pool.error)
				view->pool.error = more > WORD_POOL_MAX ? -E2BIG : -ENOMEM;
			return NULL;
		}
		*elements = grown;
		*capacity = more;
	}
	return (char *)*elements + size * (*count)++;
}

/* An alternative of a condition: pieces of the upper and of the lower word. */
struct alternative {
	uint32_t upper_count, lower_count;
	struct word_piece upper[2], lower[2];
};

#define ALTERNATIVES_MAX 5 /* in two ranges, each with two ends, and what is between */

struct alternatives {
	unsigned int count;
	struct alternative items[ALTERNATIVES_MAX];
};

struct wide_range {
	uint64_t low, high;
};

/* The unsigned ranges in which a comparison, not a masked one, holds; at most two, ascending. */
static unsigned int ranges_of(const struct stile_table_condition *c, struct wide_range ranges[2])
{
	const uint64_t all = UINT64_MAX >> (64 - c->bits), value = c->value & all;
	const bool is_order = c->comparison != STILE_EQUAL && c->comparison != STILE_NOT_EQUAL;
	/* Turning the sign bit puts signed values into unsigned order. */
	const uint64_t sign = is_order && c->is_signed ? all - (all >> 1) : 0;
	const uint64_t turned = value ^ sign;
	struct wide_range range = { 0, all };
	unsigned int count = 0;

	switch (c->comparison) {
	case STILE_NOT_EQUAL:
		if (value > 0)
			ranges[count++] = (struct wide_range){ 0, value - 1 };
		if (value < all)
			ranges[count++] = (struct wide_range){ value + 1, all };
		return count;
	case STILE_LESS:
		if (turned == 0)
			return 0;
		range.high = turned - 1;
		break;
	case STILE_LESS_OR_EQUAL:
		range.high = turned;
		break;
	case STILE_GREATER:
		if (turned == all)
			return 0;
		range.low = turned + 1;
		break;
	case STILE_GREATER_OR_EQUAL:
		range.low = turned;
		break;
	default:
		range = (struct wide_range){ value, value };
		break;
	}
	if (sign && range.low < sign && range.high >= sign) {
		/* Turned back, its upper part comes first. */
		ranges[0] = (struct wide_range){ 0, range.high ^ sign };
		ranges[1] = (struct wide_range){ range.low ^ sign, all };
		return 2;
	}
	ranges[0] = (struct wide_range){ range.low ^ sign, range.high ^ sign };
	return 1;
}

/* Values below 2^32 as a set of the lower word of which the condition sees so many bits. */
static void narrow_pieces(const struct stile_table_condition *c, struct word_list *list)
{
	const uint32_t all = (uint32_t)(UINT64_MAX >> (64 - c->bits));
	struct wide_range ranges[2];
	unsigned int count;

	list->count = 0;
	list->is_cut = false;
	if (c->comparison == STILE_MASKED_EQUAL) {
		const uint32_t mask = (uint32_t)c->mask & all, value = (uint32_t)c->value & all;

		if ((value & ~mask) == 0)
			word_list_add(list, (struct word_piece){ 0, UINT32_MAX, mask, value });
		return;
	}
	count = ranges_of(c, ranges);
	for (unsigned int i = 0; i < count; i++)
		word_list_add(list, (struct word_piece){ (uint32_t)ranges[i].low,
							 (uint32_t)ranges[i].high, 0, 0 });
	if (all != UINT32_MAX) {
		struct word_value values[] = {
			{ .kind = VALUE_WORD },
			{ .kind = VALUE_OPERATION, .operation = BPF_AND, .constant = all },
		};
		const struct word_values seen = { values, 2, 2, 0 };

		(void)word_value_preimage(&seen, 1, UINT32_MAX, list);
	}
}

/* One upper word, and a range of lower words with it. */
static void add_end(struct alternatives *a, uint64_t low, uint64_t high)
{
	const uint32_t upper = (uint32_t)(low >> 32);
	struct alternative *last = a->count ? &a->items[a->count - 1] : NULL;

	/* The same upper word with two ranges: what != leaves. */
	if (!last || last->upper_count != 1 || last->lower_count != 1 ||
	    last->upper[0].low != upper || last->upper[0].high != upper) {
		last = &a->items[a->count++];
		last->upper_count = 1;
		last->upper[0] = (struct word_piece){ upper, upper, 0, 0 };
		last->lower_count = 0;
	}
	last->lower[last->lower_count++] = (struct word_piece){ (uint32_t)low, (uint32_t)high, 0,
								0 };
}

/* Ranges of 64 bits: the upper words that come with all lower ones, then those at the ends. */
static void wide_ranges(const struct wide_range *ranges, unsigned int count, struct alternatives *a)
{
	struct alternative *whole = &a->items[a->count++];

	whole->upper_count = 0;
	whole->lower_count = 1;
	whole->lower[0] = WORD_PIECE_ALL;
	for (unsigned int i = 0; i < count; i++) {
		const uint64_t low = ranges[i].low, high = ranges[i].high;
		/* The first upper word that is whole, and the first behind these. */
		const uint64_t first = (low >> 32) + ((uint32_t)low != 0);
		const uint64_t end = (high >> 32) + ((uint32_t)high == UINT32_MAX);

		if (first < end)
			whole->upper[whole->upper_count++] =
				(struct word_piece){ (uint32_t)first, (uint32_t)(end - 1), 0, 0 };
		if (low >> 32 == high >> 32) {
			if (first >= end)
				add_end(a, low, high);
			continue;
		}
		if ((uint32_t)low != 0)
			add_end(a, low, low | UINT32_MAX);
		if ((uint32_t)high != UINT32_MAX)
			add_end(a, high & ~(uint64_t)UINT32_MAX, high);
	}
}

static void wide_alternatives(const struct stile_table_condition *c, struct alternatives *a)
{
	struct wide_range ranges[2];

	a->count = 0;
	if (c->comparison == STILE_MASKED_EQUAL) {
		if (c->value & ~c->mask)
			return;
		a->count = 1;
		a->items[0] = (struct alternative){
			1,
			1,
			{ { 0, UINT32_MAX, (uint32_t)(c->mask >> 32),
			    (uint32_t)(c->value >> 32) } },
			{ { 0, UINT32_MAX, (uint32_t)c->mask, (uint32_t)c->value } },
		};
		return;
	}
	wide_ranges(ranges, ranges_of(c, ranges), a);
}

/* A box being made: its sets by word. */
struct draft {
	struct proof_policy *view;
	const struct rule *rule;
	uint32_t rule_index, made;
	uint32_t words;
	struct word_set sets[DATA_WORDS];
};

/* Narrows a word; false: nothing is left. */
static bool narrow(struct draft *draft, unsigned int word, const struct word_piece *pieces,
		   uint32_t count)
{
	struct word_pool *pool = &draft->view->pool;

	if (count == 1 && pieces->low == 0 && pieces->high == UINT32_MAX && pieces->mask == 0)
		return true;
	draft->sets[word] = draft->words & 1u << word ?
				    word_set_keep(pool, draft->sets[word], pieces, count) :
				    word_set_make(pool, pieces, count);
	draft->words |= 1u << word;
	return draft->sets[word].count > 0;
}

static void add_box(struct draft *draft)
{
	struct proof_policy *view = draft->view;
	struct proof_box *box = proof_policy_grow(view, &view->boxes, &view->box_count,
						  &view->box_capacity, sizeof(*box));

	if (!box)
		return;
	if (++draft->made > BOXES_MAX && !view->pool.error)
		view->pool.error = -E2BIG;
	*box = (struct proof_box){ .answer = proof_answer(draft->rule->action),
				   .rule = draft->rule_index,
				   .words = draft->words,
				   .first_set = view->set_count };
	for (uint32_t words = draft->words; words; words &= words - 1) {
		struct word_set *set = proof_policy_grow(view, &view->sets, &view->set_count,
							 &view->set_capacity, sizeof(*set));

		if (!set)
			return;
		*set = draft->sets[__builtin_ctz(words)];
	}
}

/* A condition on one word. False: nothing is left. Its pieces are not to stay on the stack. */
static bool __attribute__((noinline))
apply_short(struct draft *draft, const struct stile_table_condition *c)
{
	struct word_list list;

	narrow_pieces(c, &list);
	if (list.is_cut && !draft->view->pool.error)
		draft->view->pool.error = -E2BIG;
	return narrow(draft, DATA_WORD_LOWER(c->argument), list.pieces, list.count);
}

/* Applies the conditions from this one on; each alternative is a box of its own. */
static void apply(struct draft *draft, unsigned int index)
{
	const struct stile_table_condition *c = draft->rule->conditions + index;
	struct alternatives *alternatives;
	struct draft before;

	while (index < draft->rule->condition_count && c->bits <= 32) {
		if (draft->view->pool.error || !apply_short(draft, c))
			return;
		c++;
		index++;
	}
	if (draft->view->pool.error)
		return;
	if (index == draft->rule->condition_count) {
		add_box(draft);
		return;
	}
	alternatives = malloc(sizeof(*alternatives));
	if (!alternatives) {
		draft->view->pool.error = -ENOMEM;
		return;
	}
	wide_alternatives(c, alternatives);
	before = *draft;
	for (unsigned int i = 0; i < alternatives->count; i++) {
		const struct alternative *a = &alternatives->items[i];
		const uint32_t made = draft->made;

		*draft = before;
		draft->made = made;
		if (narrow(draft, DATA_WORD_UPPER(c->argument), a->upper, a->upper_count) &&
		    narrow(draft, DATA_WORD_LOWER(c->argument), a->lower, a->lower_count))
			apply(draft, index + 1);
	}
	free(alternatives);
}

void proof_boxes_add(struct proof_policy *view, const struct rule *rule, uint32_t rule_index)
{
	struct draft draft = { .view = view, .rule = rule, .rule_index = rule_index };

	apply(&draft, 0);
}
