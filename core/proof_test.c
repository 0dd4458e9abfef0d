/* SPDX-License-Identifier: MIT */
/* Conditional jumps: for which values of a word they go which way. */
#include <linux/filter.h>
#include <string.h>

#include "proof_run.h"

#define MEMBERS_MAX WORD_LIST_MAX /* tried one by one where nothing else is known */

static const struct word_value *value_of(const struct proof_run *run, uint32_t value)
{
	return &run->values.values[value];
}

uint32_t proof_resolve(struct proof_run *run, uint32_t value)
{
	const struct word_value *v = value_of(run, value);
	const struct word_piece *piece;

	if (v->kind != VALUE_WORD && v->kind != VALUE_OPERATION)
		return value;
	piece = &run->pool.pieces[run->sets[v->word].first];
	if (run->sets[v->word].count != 1 || piece->low != piece->high)
		return value;
	return word_value_constant(&run->values, word_value_at(&run->values, value, piece->low));
}

static void add_range(struct word_list *list, uint64_t low, uint64_t high)
{
	if (low <= high)
		word_list_add(list, (struct word_piece){ (uint32_t)low, (uint32_t)high, 0, 0 });
}

/*
 * The results for which a comparison with a constant holds. BPF_JSET: for which it does not.
 * is_swapped: it is constant > value in place of value > constant.
 */
static void make_results(uint16_t code, uint32_t constant, bool is_swapped, struct word_list *list)
{
	list->count = 0;
	list->is_cut = false;
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		add_range(list, constant, constant);
		return;
	case BPF_JSET:
		word_list_add(list, (struct word_piece){ 0, UINT32_MAX, constant, 0 });
		return;
	case BPF_JGT:
		if (!is_swapped)
			add_range(list, (uint64_t)constant + 1, UINT32_MAX);
		else if (constant > 0)
			add_range(list, 0, (uint64_t)constant - 1);
		return;
	default: /* BPF_JGE */
		add_range(list, is_swapped ? 0 : constant, is_swapped ? constant : UINT32_MAX);
		return;
	}
}

static bool is_in_list(const struct word_list *list, uint32_t result)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (word_piece_has(&list->pieces[i], result))
			return true;
	return false;
}

/* One member after the other; list becomes those with such results. */
static bool restrict_singly(struct proof_run *run, uint32_t value, const struct word_list *results,
			    struct word_list *list, struct word_set *set)
{
	const struct word_set all = run->sets[value_of(run, value)->word];
	uint32_t members[MEMBERS_MAX];
	const size_t count = word_set_list(&run->pool, all, members, MEMBERS_MAX);

	if (count > MEMBERS_MAX)
		return false;
	run->steps += count;
	list->count = 0;
	list->is_cut = false;
	for (size_t i = 0; i < count; i++)
		if (is_in_list(results, word_value_at(&run->values, value, members[i])))
			list->pieces[list->count++] = (struct word_piece){ members[i], members[i],
									   0, 0 };
	*set = word_set_make(&run->pool, list->pieces, list->count);
	return true;
}

bool proof_restrict(struct proof_run *run, uint32_t value, struct word_list *list,
		    struct word_set *set)
{
	const struct word_value *v = value_of(run, value);
	const struct word_set all = run->sets[v->word];
	struct word_list results;

	if (v->kind == VALUE_OPERATION) {
		results.count = list->count;
		memcpy(results.pieces, list->pieces, list->count * sizeof(list->pieces[0]));
		if (!word_value_preimage(&run->values, value, word_set_highest(&run->pool, all),
					 list))
			return restrict_singly(run, value, &results, list, set);
	}
	*set = word_set_keep(&run->pool, all, list->pieces, list->count);
	return true;
}

/* Both sides of a test on a value that is no constant. */
static void test_value(struct proof_run *run, uint16_t code, uint32_t value, uint32_t constant,
		       bool is_swapped, struct proof_test *test)
{
	/* Said in pieces is the side that takes few; no bits set is one, some bit set is many. */
	const int side = BPF_OP(code) != BPF_JSET;
	const uint32_t mark = run->pool.count;
	const struct word_set all = run->sets[value_of(run, value)->word];
	struct word_list list;

	test->word = value_of(run, value)->word;
	test->pool_before = mark;
	make_results(code, constant, is_swapped, &list);
	if (!proof_restrict(run, value, &list, &test->side[side])) {
		run->pool.count = mark;
		test->kind = TEST_DOUBT;
		test->why = "it tests a result of arithmetic whose operands are too many";
		test->where = run->where;
		return;
	}
	test->kind = TEST_WORD;
	if (test->side[side].count)
		test->side[!side] = word_set_drop(&run->pool, all, list.pieces, list.count);
	if (test->side[side].count && test->side[!side].count)
		return;
	run->pool.count = mark;
	test->kind = (test->side[side].count != 0) == (side != 0) ? TEST_ALWAYS : TEST_NEVER;
}

static bool holds(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default:
		return a & operand;
	}
}

void proof_test_zero(struct proof_run *run, uint32_t value, struct proof_test *test)
{
	proof_test_jump(run, BPF_JMP | BPF_JEQ | BPF_K, value, VALUE_ZERO, test);
}

void proof_test_jump(struct proof_run *run, uint16_t code, uint32_t a, uint32_t operand,
		     struct proof_test *test)
{
	const struct word_value *left, *right;

	a = proof_resolve(run, a);
	operand = proof_resolve(run, operand);
	left = value_of(run, a);
	right = value_of(run, operand);
	if (left->kind == VALUE_UNKNOWN || right->kind == VALUE_UNKNOWN) {
		test->kind = TEST_DOUBT;
		test->why = "it computes with two words of a call, and the result is tested";
		test->where = left->kind == VALUE_UNKNOWN ? left->constant : right->constant;
	} else if (left->kind == VALUE_CONSTANT && right->kind == VALUE_CONSTANT) {
		test->kind = holds(code, left->constant, right->constant) ? TEST_ALWAYS :
									    TEST_NEVER;
	} else if (right->kind == VALUE_CONSTANT) {
		test_value(run, code, a, right->constant, false, test);
	} else if (left->kind == VALUE_CONSTANT) {
		test_value(run, code, operand, left->constant, true, test);
	} else if (!word_value_same(&run->values, a, operand)) {
		test->kind = TEST_DOUBT;
		test->why = "it compares two words of a call";
		test->where = run->where;
	} else if (BPF_OP(code) == BPF_JSET) {
		test_value(run, BPF_JMP | BPF_JGT, a, 0, false, test);
	} else {
		test->kind = BPF_OP(code) == BPF_JGT ? TEST_NEVER : TEST_ALWAYS;
	}
}
