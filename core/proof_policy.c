/* SPDX-License-Identifier: MIT */
#include "proof_policy.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "sort.h"
#include "word_value.h"

/* How many different sets the boxes have for a word, as far as neighbours show. */
static uint32_t count_values(const struct proof_policy *view, const struct proof_decision *decision,
			     unsigned int word)
{
	uint32_t count = 0, last = 0;

	for (uint32_t i = 0; i < decision->box_count; i++) {
		const struct proof_box *box = &view->boxes[decision->first_box + i];
		const uint32_t before = box->words & ((1u << word) - 1);
		uint32_t lowest;

		if (!(box->words & 1u << word))
			continue;
		lowest = word_set_lowest(&view->pool,
					 view->sets[box->first_set +
						    (uint32_t)__builtin_popcount(before)]);
		if (count == 0 || lowest != last)
			count++;
		last = lowest;
	}
	return count;
}

static int compare_boxes(const void *a, const void *b)
{
	const struct proof_box *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Sorts the boxes by the word that differs most, so that few must be looked at for a value. */
static void make_index(struct proof_policy *view, struct proof_decision *decision)
{
	struct proof_box *boxes;
	uint32_t most = 0;

	if (decision->box_count == 0) /* no rule can match */
		return;
	boxes = view->boxes + decision->first_box;
	for (unsigned int word = DATA_WORD_LOWER(0); word < DATA_WORDS; word++) {
		const uint32_t count = count_values(view, decision, word);

		if (count > most) {
			most = count;
			decision->index = word;
		}
	}
	for (uint32_t i = 0; i < decision->box_count; i++) {
		const uint32_t before = boxes[i].words & ((1u << decision->index) - 1);
		struct word_set set;

		boxes[i].low = 0;
		boxes[i].high = UINT32_MAX;
		if (!(boxes[i].words & 1u << decision->index))
			continue;
		set = view->sets[boxes[i].first_set + (uint32_t)__builtin_popcount(before)];
		boxes[i].low = word_set_lowest(&view->pool, set);
		boxes[i].high = word_set_highest(&view->pool, set);
	}
	if (decision->box_count > 1)
		sort(boxes, decision->box_count, sizeof(*boxes), compare_boxes);
	for (uint32_t i = 0; i < decision->box_count; i++) {
		boxes[i].reach = boxes[i].high;
		if (i && boxes[i - 1].reach > boxes[i].reach)
			boxes[i].reach = boxes[i - 1].reach;
	}
}

static uint32_t add_decision(struct proof_policy *view, const struct policy *policy,
			     const struct decision *from)
{
	struct proof_decision *decision =
		proof_policy_grow(view, &view->decisions, &view->decision_count,
				  &view->decision_capacity, sizeof(*decision));

	if (!decision)
		return NO_DECISION;
	*decision = (struct proof_decision){ .first_box = view->box_count,
					     .rest = proof_answer(from->rest),
					     .index = DATA_WORD_LOWER(0),
					     .has_one_answer = true };
	for (uint32_t i = 0; i < from->rule_count; i++)
		proof_boxes_add(view, &policy->rules[from->first_rule + i], i);
	if (view->pool.error)
		return NO_DECISION;
	decision->box_count = view->box_count - decision->first_box;
	for (uint32_t i = 1; i < decision->box_count; i++)
		if (view->boxes[decision->first_box + i].answer !=
		    view->boxes[decision->first_box].answer)
			decision->has_one_answer = false;
	make_index(view, decision);
	return view->decision_count - 1;
}

static void add_segment(struct proof_policy *view, const struct proof_arch *arch, uint32_t first,
			uint32_t last, uint32_t answer, uint32_t decision)
{
	struct proof_segment *segment;

	if (view->segment_count > arch->first_segment && decision == NO_DECISION) {
		segment = &view->segments[view->segment_count - 1];
		if (segment->decision == NO_DECISION && segment->answer == answer) {
			segment->last = last;
			return;
		}
	}
	segment = proof_policy_grow(view, &view->segments, &view->segment_count,
				    &view->segment_capacity, sizeof(*segment));
	if (segment)
		*segment = (struct proof_segment){ first, last, answer, decision };
}

/* The segments of numbers from first to last, all judged by one ABI's decisions. */
static void add_range(struct proof_policy *view, const struct policy *policy,
		      const struct proof_arch *arch, const struct policy_abi *abi, uint32_t first,
		      uint32_t last)
{
	const uint32_t unknown = proof_answer(unknown_answer(policy, abi));
	uint64_t next = first;

	for (uint32_t i = 0; i < abi->decision_count; i++) {
		const struct decision *decision = &abi->decisions[i];
		const uint32_t number = (uint32_t)decision->number;

		if (number < first || number > last)
			continue;
		if (number > next)
			add_segment(view, arch, (uint32_t)next, number - 1, unknown, NO_DECISION);
		next = (uint64_t)number + 1;
		add_segment(view, arch, number, number, proof_answer(decision->rest),
			    decision->rule_count ? add_decision(view, policy, decision) :
						   NO_DECISION);
	}
	if (next <= last)
		add_segment(view, arch, (uint32_t)next, last, unknown, NO_DECISION);
}

/* All numbers of an architecture, in ranges within which one ABI or none judges. */
static void add_arch(struct proof_policy *view, const struct policy *policy, uint32_t audit)
{
	static const uint32_t starts[] = { 0, X32_SYSCALL_BIT, UINT32_MAX };
	static const uint32_t ends[] = { X32_SYSCALL_BIT - 1, UINT32_MAX - 1, UINT32_MAX };
	struct proof_arch *arch = &view->archs[view->arch_count];

	*arch = (struct proof_arch){ audit, view->segment_count, 0 };
	for (unsigned int i = 0; i < 3; i++) {
		const struct policy_abi *abi = policy_find_abi(policy, audit, starts[i]);

		if (abi)
			add_range(view, policy, arch, abi, starts[i], ends[i]);
		else
			add_segment(view, arch, starts[i], ends[i], view->foreign, NO_DECISION);
	}
	arch->segment_count = view->segment_count - arch->first_segment;
	view->arch_count++;
}

int proof_policy_make(const struct policy *policy, struct proof_policy *view)
{
	memset(view, 0, sizeof(*view));
	view->pool.work_max = UINT64_MAX; /* its sets have no holes */
	view->foreign = proof_answer(policy->foreign_action);
	for (uint32_t i = 0; i < policy->abi_count; i++) {
		const uint32_t audit = audit_arch(policy->abis[i].abi);
		bool is_there = false;

		for (uint32_t j = 0; j < view->arch_count; j++)
			is_there = is_there || view->archs[j].arch == audit;
		if (!is_there)
			add_arch(view, policy, audit);
	}
	return view->pool.error;
}

void proof_policy_free(struct proof_policy *view)
{
	free(view->pool.pieces);
	free(view->sets);
	free(view->boxes);
	free(view->decisions);
	free(view->segments);
}
