/* SPDX-License-Identifier: MIT */
/* Returns of A where the filter computed it from a word of the call. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "sort.h"

#include "proof_run.h"

#define ANSWERS_MAX 8192 /* more than there are different ones */

struct answers {
	uint32_t count;
	uint32_t answers[ANSWERS_MAX];
};

static int compare_answers(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void add(struct answers *answers, uint32_t answer)
{
	uint32_t used = 0;

	if (answers->count == ANSWERS_MAX) {
		sort(answers->answers, ANSWERS_MAX, sizeof(answer), compare_answers);
		for (uint32_t i = 0; i < ANSWERS_MAX; i++)
			if (i == 0 || answers->answers[i] != answers->answers[used - 1])
				answers->answers[used++] = answers->answers[i];
		answers->count = used;
	}
	if (answers->count < ANSWERS_MAX)
		answers->answers[answers->count++] = answer;
}

/* All answers that the policy ever gives, ascending, some more than once. */
static void collect(const struct proof_policy *view, struct answers *answers)
{
	answers->count = 0;
	add(answers, view->foreign);
	for (uint32_t i = 0; i < view->segment_count; i++)
		if (view->segments[i].decision == NO_DECISION)
			add(answers, view->segments[i].answer);
	for (uint32_t i = 0; i < view->decision_count; i++)
		add(answers, view->decisions[i].rest);
	for (uint32_t i = 0; i < view->box_count; i++)
		add(answers, view->boxes[i].answer);
	sort(answers->answers, answers->count, sizeof(answers->answers[0]), compare_answers);
}

static void add_action(struct word_list *list, uint32_t action)
{
	word_list_add(list, (struct word_piece){ action, action | SECCOMP_RET_DATA, 0, 0 });
}

/* What a filter may return for the kernel to make this answer of it, ascending. */
static void make_returns(uint32_t answer, struct word_list *list)
{
	/* All that have a meaning of their own, ascending; the rest kills the process. */
	static const uint32_t actions[] = {
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,  SECCOMP_RET_ERRNO,
		SECCOMP_RET_USER_NOTIF,	 SECCOMP_RET_TRACE, SECCOMP_RET_LOG,
		SECCOMP_RET_ALLOW,
	};
	struct word_list others = { .count = 0 };

	list->count = 0;
	list->is_cut = false;
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
			add_action(&others, actions[i]);
		word_list_complement(&others, list);
		return;
	case SECCOMP_RET_ERRNO:
		word_list_add(list,
			      (struct word_piece){ answer,
						   effective_answer(answer + 1) == answer ?
							   SECCOMP_RET_ERRNO | SECCOMP_RET_DATA :
							   answer,
						   0, 0 });
		return;
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		word_list_add(list, (struct word_piece){ answer, answer, 0, 0 });
		return;
	default:
		add_action(list, answer);
	}
}

static bool in_doubt(struct proof_run *run)
{
	return proof_find_witness(run, "it returns a result of arithmetic that is not followed",
				  run->where);
}

/*
 * For each answer that the policy gives anywhere: the calls that get it here. What is left gets an
 * answer that the policy never gives. Checked is each for itself; the word's set is put back.
 */
static bool check_each(struct proof_run *run, uint32_t value, const struct answers *answers)
{
	const unsigned int word = run->values.values[value].word;
	const struct word_set all = run->sets[word];
	const uint32_t mark = run->pool.count;
	bool is_right = true;

	for (uint32_t i = 0; is_right && i < answers->count; i++) {
		struct word_list list;

		if (i && answers->answers[i] == answers->answers[i - 1])
			continue;
		run->steps++;
		make_returns(answers->answers[i], &list);
		if (!proof_restrict(run, value, &list, &run->sets[word])) {
			run->sets[word] = all;
			return in_doubt(run);
		}
		if (run->sets[word].count)
			is_right = proof_check(run, answers->answers[i]);
		run->sets[word] = all;
		run->pool.count = mark;
	}
	return is_right;
}

/* The calls that get no answer of these; false: there are some, or it cannot be said. */
static bool check_others(struct proof_run *run, uint32_t value, const struct answers *answers)
{
	const unsigned int word = run->values.values[value].word;
	const struct word_set all = run->sets[word];
	const uint32_t mark = run->pool.count;
	const struct word_piece any = WORD_PIECE_ALL;
	struct word_set left = word_set_make(&run->pool, &any, 1);
	struct word_list list = { .count = 0 };
	bool is_right = true;

	for (uint32_t i = 0; i < answers->count; i++) {
		if (i && answers->answers[i] == answers->answers[i - 1])
			continue;
		make_returns(answers->answers[i], &list);
		left = word_set_drop(&run->pool, left, list.pieces, list.count);
		memmove(run->pool.pieces + mark, run->pool.pieces + left.first,
			left.count * sizeof(*run->pool.pieces));
		left.first = mark;
		run->pool.count = mark + left.count;
	}
	list.count = 0;
	for (uint32_t i = 0; i < left.count; i++)
		word_list_add(&list, run->pool.pieces[left.first + i]);
	if (list.is_cut || !proof_restrict(run, value, &list, &run->sets[word])) {
		run->sets[word] = all;
		is_right = in_doubt(run);
	} else if (run->sets[word].count) {
		is_right = proof_find_witness(run, run->doubt, run->doubt_where);
	}
	run->sets[word] = all;
	run->pool.count = mark;
	return is_right;
}

bool proof_check_value(struct proof_run *run, uint32_t value)
{
	const struct word_value *v = &run->values.values[value];
	struct answers *answers;
	bool is_right;

	if (v->kind == VALUE_CONSTANT)
		return proof_check(run, effective_answer(v->constant));
	if (run->paths) {
		proof_undecided(run, "it computes its answers", run->where);
		return false;
	}
	if (v->kind == VALUE_UNKNOWN)
		return in_doubt(run);
	answers = malloc(sizeof(*answers));
	if (!answers) {
		run->pool.error = -ENOMEM;
		return false;
	}
	collect(&run->view, answers);
	is_right = check_each(run, value, answers) && check_others(run, value, answers);
	free(answers);
	return is_right && !run->pool.error;
}
