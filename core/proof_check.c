/* SPDX-License-Identifier: MIT */
/* At a return: the calls that come there against what the policy says of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter_paths.h"
#include "interpreter.h"
#include "proof_run.h"
#include "sort.h"

#define DEPTH_MAX 64 /* bounds the stack; threads have small ones */

static struct word_set keep(struct proof_run *run, unsigned int word, const struct word_set *set)
{
	return word_set_keep(&run->pool, run->sets[word], run->view.pool.pieces + set->first,
			     set->count);
}

static void set_single(struct proof_run *run, unsigned int word, uint32_t value)
{
	const struct word_piece piece = { value, value, 0, 0 };

	run->sets[word] = word_set_make(&run->pool, &piece, 1);
}

static bool differs(struct proof_run *run)
{
	return proof_find_witness(run, run->doubt, run->doubt_where);
}

static const struct proof_box *candidate(const struct proof_run *run, uint32_t index)
{
	return &run->view.boxes[run->candidates[index]];
}

static bool meets_box(struct proof_run *run, const struct proof_box *box)
{
	run->steps++;
	for (uint32_t words = box->words; words; words &= words - 1) {
		const unsigned int word = (unsigned int)__builtin_ctz(words);
		const struct word_set *set = proof_box_set(&run->view, box, word);

		if (!word_set_meets(&run->pool, run->sets[word], run->view.pool.pieces + set->first,
				    set->count))
			return false;
	}
	return true;
}

/*
 * Cuts the boxes with this answer among the candidates from first to end off the calls in the
 * sets; what is left is wrong. Outside of a box are the calls that its first word leaves
 * out, those in its first word that the second leaves out, and so on: each a product of sets
 * again.
 */
static bool check_covered(struct proof_run *run, uint32_t answer, uint32_t first, uint32_t end,
			  unsigned int depth);

/* The words of a box that leave out some of the calls in the sets. */
static uint32_t find_narrow_words(struct proof_run *run, const struct proof_box *box)
{
	uint32_t narrow = 0;

	for (uint32_t words = box->words; words; words &= words - 1) {
		const unsigned int word = (unsigned int)__builtin_ctz(words);
		const struct word_set *set = proof_box_set(&run->view, box, word);

		if (!word_set_within(&run->pool, run->sets[word],
				     run->view.pool.pieces + set->first, set->count))
			narrow |= 1u << word;
	}
	return narrow;
}

/*
 * Checks the calls that these words of a box leave out, but for those that the last one does, which
 * are then in the sets: to be gone on with without a step deeper.
 */
static bool check_outside(struct proof_run *run, uint32_t answer, const struct proof_box *box,
			  uint32_t words, uint32_t next, uint32_t end, unsigned int depth)
{
	for (;; words &= words - 1) {
		const unsigned int word = (unsigned int)__builtin_ctz(words);
		const struct word_set *set = proof_box_set(&run->view, box, word);
		const struct word_piece *pieces = run->view.pool.pieces + set->first;
		const uint32_t mark = run->pool.count;
		const struct word_set inside = run->sets[word];

		run->sets[word] = word_set_drop(&run->pool, inside, pieces, set->count);
		if ((words & (words - 1)) == 0)
			return true;
		if (run->sets[word].count && !check_covered(run, answer, next, end, depth + 1))
			return false;
		run->pool.count = mark;
		run->sets[word] = word_set_keep(&run->pool, inside, pieces, set->count);
	}
}

/*
 * Whether one of the boxes with this answer holds all calls in the sets: then none is to be cut
 * off, which can be very much work where the boxes before it ask many bits of two words.
 */
static bool is_in_one_box(struct proof_run *run, uint32_t answer, uint32_t end)
{
	for (uint32_t i = 0; i < end; i++)
		if (candidate(run, i)->answer == answer && meets_box(run, candidate(run, i)) &&
		    find_narrow_words(run, candidate(run, i)) == 0)
			return true;
	return false;
}

static bool check_covered(struct proof_run *run, uint32_t answer, uint32_t first, uint32_t end,
			  unsigned int depth)
{
	const uint32_t mark = run->pool.count;
	struct word_set before[DATA_WORDS];
	bool is_right = true;

	if (depth == DEPTH_MAX) {
		proof_undecided(run, "the calls that come here are in too many rules", run->where);
		return true;
	}
	memcpy(before, run->sets, sizeof(before));
	for (;; first++) {
		const struct proof_box *box = NULL;
		uint32_t narrow;

		if (!proof_may_go_on(run)) {
			is_right = false;
			break;
		}
		for (; first < end; first++) {
			box = candidate(run, first);
			if (box->answer == answer && meets_box(run, box))
				break;
		}
		if (first == end) {
			is_right = differs(run);
			break;
		}
		narrow = find_narrow_words(run, box);
		if (narrow == 0) /* all of them are in the box */
			break;
		is_right = check_outside(run, answer, box, narrow, first + 1, end, depth);
		if (!is_right || run->sets[31 - __builtin_clz(narrow)].count == 0)
			break;
	}
	memcpy(run->sets, before, sizeof(before));
	run->pool.count = mark;
	return is_right;
}

/* Calls that are in a box with another answer: right if rules before it with this one match. */
static bool check_box(struct proof_run *run, uint32_t answer, uint32_t index)
{
	const struct proof_box *box = candidate(run, index);
	struct word_set before[DATA_WORDS];
	const uint32_t mark = run->pool.count;
	bool is_right;

	memcpy(before, run->sets, sizeof(before));
	for (uint32_t words = box->words; words; words &= words - 1) {
		const unsigned int word = (unsigned int)__builtin_ctz(words);

		run->sets[word] = keep(run, word, proof_box_set(&run->view, box, word));
	}
	is_right = is_in_one_box(run, answer, index) || check_covered(run, answer, 0, index, 0);
	memcpy(run->sets, before, sizeof(before));
	run->pool.count = mark;
	return is_right;
}

/* The first box of a decision that reaches up to a value of the index, or begins above it. */
static uint32_t find_box(const struct proof_run *run, const struct proof_decision *decision,
			 uint32_t value, bool is_end)
{
	uint32_t low = 0, high = decision->box_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct proof_box *box = &run->view.boxes[decision->first_box + middle];

		if (is_end ? box->low <= value : box->reach < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Puts the candidates into the order of their rules; false: no memory. */
static bool sort_candidates(struct proof_run *run, uint32_t count)
{
	uint64_t *keys = malloc(count * sizeof(*keys));

	if (!keys)
		return false;
	for (uint32_t i = 0; i < count; i++)
		keys[i] = (uint64_t)candidate(run, i)->rule << 32 | run->candidates[i];
	sort(keys, count, sizeof(*keys), compare_numbers);
	for (uint32_t i = 0; i < count; i++)
		run->candidates[i] = (uint32_t)keys[i];
	free(keys);
	return true;
}

uint32_t proof_find_candidates(struct proof_run *run, const struct proof_decision *decision)
{
	const struct word_set index = run->sets[decision->index];
	const uint32_t low = word_set_lowest(&run->pool, index);
	const uint32_t end = find_box(run, decision, word_set_highest(&run->pool, index), true);
	uint32_t count = 0;

	for (uint32_t i = find_box(run, decision, low, false); i < end; i++) {
		const struct proof_box *box = &run->view.boxes[decision->first_box + i];

		if (box->high >= low && meets_box(run, box))
			run->candidates[count++] = decision->first_box + i;
	}
	return count;
}

static bool check_decision(struct proof_run *run, const struct proof_decision *decision,
			   uint32_t answer)
{
	const uint32_t count = proof_find_candidates(run, decision);

	/* Among rules of one answer the order does not matter. */
	if (count > 1 && !decision->has_one_answer && !sort_candidates(run, count)) {
		run->pool.error = -ENOMEM;
		return false;
	}
	for (uint32_t i = 0; i < count; i++)
		if (candidate(run, i)->answer != answer && !check_box(run, answer, i))
			return false;
	return decision->rest == answer || is_in_one_box(run, answer, count) ||
	       check_covered(run, answer, 0, count, 0);
}

static bool check_segment(struct proof_run *run, const struct proof_segment *segment,
			  struct word_set numbers, uint32_t answer)
{
	const struct word_piece range = { segment->first, segment->last, 0, 0 };

	run->steps++;
	if (segment->decision == NO_DECISION && segment->answer == answer)
		return true;
	numbers = word_set_keep(&run->pool, numbers, &range, 1);
	if (numbers.count == 0)
		return true;
	run->sets[DATA_WORD_NUMBER] = numbers;
	if (segment->decision == NO_DECISION)
		return differs(run);
	return check_decision(run, &run->view.decisions[segment->decision], answer);
}

/* The index of the segment of a number. */
static uint32_t find_segment(const struct proof_segment *segments, uint32_t count, uint32_t number)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (segments[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool get_single(const struct proof_run *run, unsigned int word, uint32_t *value)
{
	const struct word_set set = run->sets[word];

	*value = set.member;
	return set.count == 1 &&
	       run->pool.pieces[set.first].low == run->pool.pieces[set.first].high;
}

const struct proof_segment *proof_find_segment(const struct proof_run *run)
{
	uint32_t arch, number;

	if (!get_single(run, DATA_WORD_ARCH, &arch) || !get_single(run, DATA_WORD_NUMBER, &number))
		return NULL;
	for (uint32_t i = 0; i < run->view.arch_count; i++) {
		const struct proof_arch *a = &run->view.archs[i];
		const struct proof_segment *segments = run->view.segments + a->first_segment;

		if (a->arch == arch)
			return &segments[find_segment(segments, a->segment_count, number)];
	}
	return NULL;
}

/* All numbers in the set, of one architecture. */
static bool check_numbers(struct proof_run *run, const struct proof_arch *arch, uint32_t answer)
{
	const struct proof_segment *segments = run->view.segments + arch->first_segment;
	const struct word_set numbers = run->sets[DATA_WORD_NUMBER];
	const uint32_t mark = run->pool.count;
	bool is_right = true;

	for (uint32_t i = 0; is_right && i < numbers.count; i++) {
		const struct word_piece piece = run->pool.pieces[numbers.first + i];
		uint32_t low = find_segment(segments, arch->segment_count, piece.low);

		for (; is_right && low < arch->segment_count && segments[low].first <= piece.high;
		     low++) {
			is_right = check_segment(run, &segments[low], numbers, answer);
			run->pool.count = mark;
		}
	}
	run->sets[DATA_WORD_NUMBER] = numbers;
	return is_right;
}

static bool check(struct proof_run *run, uint32_t answer)
{
	const struct word_set archs = run->sets[DATA_WORD_ARCH];
	const uint32_t mark = run->pool.count;
	struct word_piece known[STILE_ABI_COUNT];
	bool is_right = true;

	for (uint32_t i = 0; is_right && i < run->view.arch_count; i++) {
		const struct proof_arch *arch = &run->view.archs[i];

		known[i] = (struct word_piece){ arch->arch, arch->arch, 0, 0 };
		if (!word_set_meets(&run->pool, archs, &known[i], 1))
			continue;
		set_single(run, DATA_WORD_ARCH, arch->arch);
		is_right = check_numbers(run, arch, answer);
	}
	if (is_right && answer != run->view.foreign) {
		run->sets[DATA_WORD_ARCH] = word_set_drop(&run->pool, archs, known,
							  run->view.arch_count);
		if (run->sets[DATA_WORD_ARCH].count)
			is_right = differs(run);
	}
	run->sets[DATA_WORD_ARCH] = archs;
	run->pool.count = mark;
	return is_right && !run->pool.error;
}

bool proof_check(struct proof_run *run, uint32_t answer)
{
	return run->paths ? filter_paths_add(run, answer) : check(run, answer);
}
