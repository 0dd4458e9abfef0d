/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of a state, and why a later one may rest on it.
 *
 * No jump goes back, and each way is followed to its end before the sides that are left are taken
 * up. So a state that is remembered of an instruction was followed to all its ends before another
 * one comes there, and was proved unless a verdict says otherwise.
 *
 * The calls of a state come to an instruction with one architecture and one number. Of the policy's
 * boxes only those matter that some of them are in, and of these only the words by which some of
 * them are not: call that the rules that are left. For every call of the state the policy's
 * answer is that of the rules that are left, and the filter's is that of the program from here on
 * with the values that it still reads. Both are functions of the call that look at certain bits of
 * it and at no others (struct proof_flow; the pieces of the boxes).
 *
 * The key holds the instruction, the rules that are left and the values, and so it fixes both
 * functions and the bits. Where they were found equal for all calls of one state, they are equal
 * for every call that has those bits in common with a call of that state. States are products, and
 * the bits are asked of each word alone: so a state with the same key needs no proof if for each
 * word each of its members has those bits in common with a member of the other's set.
 *
 * word_pieces_widen() and word_holes_widen() write down which words have such a member.
 */
#include "proof_seen.h"

#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "word_widen.h"

#ifndef ARRIVALS_MIN			    /* a test has its own */
#define ARRIVALS_MIN 16			    /* so many ways meet before it is worth while */
#define ARRIVALS_IN_VAIN (8 * ARRIVALS_MIN) /* of more, an eighth must be proved before */
#endif
#define KEY_MAX 8192
#define KEYS_MAX (UINT32_C(1) << 22)
#define STATES_MAX (UINT32_C(1) << 16)
#define SLOTS (UINT32_C(1) << 12)
#define NOTHING UINT32_MAX
#define SAME_KEY_MAX 32 /* states that are compared */

struct state {
	uint32_t next; /* in the slot, or NOTHING */
	uint32_t hash, key, key_length;
	struct word_set pieces[DATA_WORDS], holes[DATA_WORDS]; /* of the words that matter */
};

struct proof_seen {
	const struct filter *filter;
	uint32_t *arrivals;	  /* by instruction; NOTHING where ways do not meet */
	uint32_t *hits;		  /* of these, how many were proved before */
	struct proof_flow *flows; /* made when they are needed */
	bool is_full;		  /* remembers no more */
	struct word_pool pool;
	struct state *states;
	uint32_t state_count, state_capacity;
	uint32_t *keys;
	uint32_t key_count, key_capacity;
	uint32_t *slots;

	/* Of the state at hand. */
	uint32_t key[KEY_MAX], length;
	uint32_t bits[DATA_WORDS];
};

struct proof_seen *proof_seen_new(const struct filter *filter)
{
	struct proof_seen *seen = malloc(sizeof(*seen));
	uint32_t *arrivals = calloc(2 * filter->count, sizeof(*arrivals));

	if (!seen || !arrivals) {
		free(seen);
		free(arrivals);
		return NULL;
	}
	memset(seen, 0, offsetof(struct proof_seen, key));
	seen->filter = filter;
	seen->arrivals = arrivals;
	seen->hits = arrivals + filter->count;
	seen->pool.work_max = UINT64_MAX;
	for (size_t pc = 0; pc < filter->count; pc++) {
		const struct sock_filter *i = &filter->instructions[pc];

		if (BPF_CLASS(i->code) == BPF_JMP && BPF_OP(i->code) == BPF_JA) {
			arrivals[pc + 1 + i->k]++;
		} else if (BPF_CLASS(i->code) == BPF_JMP) {
			arrivals[pc + 1 + i->jt]++;
			arrivals[pc + 1 + i->jf] += i->jt != i->jf;
		} else if (BPF_CLASS(i->code) != BPF_RET) {
			arrivals[pc + 1]++;
		}
	}
	for (size_t pc = 0; pc < filter->count; pc++)
		arrivals[pc] = arrivals[pc] > 1 &&
					       BPF_CLASS(filter->instructions[pc].code) != BPF_RET ?
				       0 :
				       NOTHING;
	return seen;
}

void proof_seen_free(struct proof_seen *seen)
{
	if (!seen)
		return;
	free(seen->arrivals);
	free(seen->flows);
	free(seen->pool.pieces);
	free(seen->states);
	free(seen->keys);
	free(seen->slots);
	free(seen);
}

/* Room for more elements; false: none, and nothing more is remembered. */
static bool grow(struct proof_seen *seen, void *array, uint32_t count, uint32_t more,
		 uint32_t *capacity, size_t size)
{
	void **elements = array;
	uint32_t wanted = *capacity ? *capacity : 256;
	void *grown;

	if (count + more <= *capacity)
		return true;
	while (wanted < count + more)
		wanted *= 2;
	grown = wanted <= KEYS_MAX ? realloc(*elements, wanted * size) : NULL;
	if (!grown) {
		seen->is_full = true;
		return false;
	}
	*elements = grown;
	*capacity = wanted;
	return true;
}

static bool prepare(struct proof_seen *seen)
{
	if (seen->flows)
		return true;
	seen->flows = calloc(seen->filter->count, sizeof(*seen->flows));
	seen->slots = malloc(SLOTS * sizeof(*seen->slots));
	if (!seen->flows || !seen->slots) {
		free(seen->flows);
		free(seen->slots);
		seen->flows = NULL;
		seen->slots = NULL;
		seen->is_full = true;
		return false;
	}
	proof_flow_make(seen->filter, seen->flows);
	memset(seen->slots, 0xff, SLOTS * sizeof(*seen->slots));
	return true;
}

static bool add_key(struct proof_seen *seen, uint32_t part)
{
	if (seen->length == KEY_MAX)
		return false;
	seen->key[seen->length++] = part;
	return true;
}

/* A value that is still read: a constant or a word as it is, of which these bits matter. */
static bool add_value(struct proof_seen *seen, const struct proof_run *run, uint32_t value,
		      uint32_t bits)
{
	const struct word_value *v = &run->values.values[value];

	if (!bits)
		return true;
	if (v->kind == VALUE_WORD)
		seen->bits[v->word] |= bits;
	else if (v->kind != VALUE_CONSTANT)
		return false;
	return add_key(seen, v->kind) &&
	       add_key(seen, v->kind == VALUE_WORD ? v->word : v->constant);
}

static bool add_machine(struct proof_seen *seen, const struct proof_run *run,
			const struct proof_machine *m)
{
	const struct proof_flow *flow = &seen->flows[m->next];
	bool is_known = add_value(seen, run, m->a, flow->a) &&
			add_value(seen, run, m->x, flow->live >> LIVE_X & 1 ? UINT32_MAX : 0);

	for (unsigned int i = 0; is_known && i < BPF_MEMWORDS; i++)
		is_known = add_value(seen, run, m->scratch[i],
				     flow->live >> i & 1 ? UINT32_MAX : 0);
	return is_known;
}

/* The bits by which it is told whether a word is in one of the pieces. */
static uint32_t asked_bits(const struct word_piece *pieces, uint32_t count)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool is_all;
		const uint32_t known = word_piece_known(&pieces[i], &is_all);

		bits |= is_all ? known : UINT32_MAX;
	}
	return bits;
}

/* The rules that are left. */
static bool add_rules(struct proof_seen *seen, struct proof_run *run, uint32_t index)
{
	const uint32_t count = proof_find_candidates(run, &run->view.decisions[index]);

	for (uint32_t i = 0; i < count; i++) {
		const struct proof_box *box = &run->view.boxes[run->candidates[i]];
		uint32_t asked = 0;

		for (uint32_t words = box->words; words; words &= words - 1) {
			const unsigned int word = (unsigned int)__builtin_ctz(words);
			const struct word_set *set = proof_box_set(&run->view, box, word);
			const struct word_piece *pieces = run->view.pool.pieces + set->first;

			if (word_set_within(&run->pool, run->sets[word], pieces, set->count))
				continue;
			asked |= 1u << word;
			seen->bits[word] |= asked_bits(pieces, set->count);
		}
		if (!add_key(seen, run->candidates[i]) || !add_key(seen, asked))
			return false;
	}
	return true;
}

/* False: this state is none to remember. */
static bool make_key(struct proof_seen *seen, struct proof_run *run,
		     const struct proof_machine *machine)
{
	const struct proof_segment *segment = proof_find_segment(run);

	if (!segment)
		return false;
	seen->length = 0;
	memcpy(seen->bits, seen->flows[machine->next].words, sizeof(seen->bits));
	return add_key(seen, (uint32_t)machine->next) && add_key(seen, segment->decision) &&
	       add_key(seen, segment->decision == NO_DECISION ? segment->answer : 0) &&
	       add_machine(seen, run, machine) &&
	       (segment->decision == NO_DECISION || add_rules(seen, run, segment->decision));
}

static uint32_t hash_key(const struct proof_seen *seen)
{
	uint32_t hash = 2166136261u;

	for (uint32_t i = 0; i < seen->length; i++)
		hash = (hash ^ seen->key[i]) * 16777619u ^ hash >> 15;
	return hash;
}

static bool covers(struct proof_seen *seen, struct proof_run *run, const struct state *state)
{
	for (unsigned int i = 0; i < DATA_WORDS; i++) {
		const struct word_set *pieces = &state->pieces[i], *holes = &state->holes[i];

		if (!seen->bits[i])
			continue;
		if (!word_set_clearly_within(&run->pool, run->sets[i],
					     seen->pool.pieces + pieces->first, pieces->count))
			return false;
		for (uint32_t j = 0; j < holes->count; j++)
			if (!word_set_clearly_outside(&run->pool, run->sets[i],
						      &seen->pool.pieces[holes->first + j]))
				return false;
	}
	return true;
}

static void remember(struct proof_seen *seen, const struct proof_run *run, uint32_t hash)
{
	struct state *state;

	if (seen->is_full || seen->state_count == STATES_MAX ||
	    !grow(seen, &seen->states, seen->state_count, 1, &seen->state_capacity,
		  sizeof(*seen->states)) ||
	    !grow(seen, &seen->keys, seen->key_count, seen->length, &seen->key_capacity,
		  sizeof(*seen->keys)))
		return;
	state = &seen->states[seen->state_count];
	*state = (struct state){ .next = seen->slots[hash % SLOTS],
				 .hash = hash,
				 .key = seen->key_count,
				 .key_length = seen->length };
	for (unsigned int i = 0; i < DATA_WORDS; i++) {
		const struct word_set set = run->sets[i];
		const struct word_piece *pieces = run->pool.pieces + set.first;

		if (!seen->bits[i])
			continue;
		state->pieces[i] = word_pieces_widen(&seen->pool, pieces, set.count, seen->bits[i]);
		state->holes[i] = word_holes_widen(&seen->pool, pieces, set.count,
						   pieces + set.count, set.hole_count,
						   seen->bits[i]);
	}
	if (seen->pool.error) {
		seen->is_full = true;
		return;
	}
	memcpy(seen->keys + seen->key_count, seen->key, seen->length * sizeof(seen->key[0]));
	seen->key_count += seen->length;
	seen->slots[hash % SLOTS] = seen->state_count;
	seen->state_count++;
}

bool proof_seen_before(struct proof_seen *seen, struct proof_run *run,
		       const struct proof_machine *machine)
{
	uint32_t *arrivals = &seen->arrivals[machine->next];
	uint32_t *hits = &seen->hits[machine->next];
	unsigned int compared = 0;
	uint32_t hash;

	if (*arrivals == NOTHING || ++*arrivals < ARRIVALS_MIN)
		return false;
	/* Where it seldom helps it only costs. */
	if (*arrivals > ARRIVALS_IN_VAIN && *hits < *arrivals / 8) {
		*arrivals = NOTHING;
		return false;
	}
	if (!prepare(seen) || !make_key(seen, run, machine))
		return false;
	hash = hash_key(seen);
	for (uint32_t i = seen->slots[hash % SLOTS]; i != NOTHING; i = seen->states[i].next) {
		const struct state *state = &seen->states[i];

		run->steps++;
		if (state->hash != hash || state->key_length != seen->length ||
		    memcmp(seen->keys + state->key, seen->key,
			   seen->length * sizeof(seen->key[0])) != 0)
			continue;
		if (covers(seen, run, state)) {
			++*hits;
			return !run->pool.error;
		}
		if (++compared == SAME_KEY_MAX)
			return false;
	}
	remember(seen, run, hash);
	return false;
}
