/* SPDX-License-Identifier: MIT */
/* A call that shows a difference; or what stands in the way of a verdict. */
#include <string.h>

#include "proof_run.h"

#define TRIES_IN_DOUBT 64

void proof_undecided(struct proof_run *run, const char *why, size_t where)
{
	if (run->proof->verdict != STILE_VERDICT_EQUAL)
		return;
	run->proof->verdict = STILE_VERDICT_UNDECIDED;
	run->proof->why = why;
	run->proof->where = where;
}

/* A member of a set; the one that it knows for state 0, else any. */
static uint32_t pick(const struct word_pool *pool, struct word_set set, uint64_t *state)
{
	const struct word_piece *piece = &pool->pieces[set.first];
	const struct word_piece *holes = piece + set.count;
	uint32_t found;

	if (*state == 0)
		return set.member;
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	piece += (*state >> 33) % set.count;
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	found = piece->low + (uint32_t)((*state >> 32) % ((uint64_t)piece->high - piece->low + 1));
	if (!word_piece_next(piece, found, &found))
		found = piece->high;
	for (uint32_t i = 0; i < set.hole_count; i++)
		if (word_piece_has(&holes[i], found))
			return set.member;
	return found;
}

/* Whether filter and policy really differ on a call. */
static bool is_different(struct proof_run *run, const uint32_t words[DATA_WORDS])
{
	struct stile_proof *proof = run->proof;
	struct seccomp_data data;
	uint64_t arguments[6];
	uint32_t got, wanted;

	memcpy(&data, words, sizeof(data));
	memcpy(arguments, data.args, sizeof(arguments));
	got = effective_answer(filter_run(run->filter->instructions, &data));
	wanted = proof_answer(policy_decide(run->policy, data.arch, (uint32_t)data.nr, arguments));
	if (got == wanted)
		return false;
	proof->verdict = STILE_VERDICT_DIFFERENT;
	proof->witness = data;
	proof->filter_answer = got;
	proof->policy_answer = wanted;
	return true;
}

bool proof_find_witness(struct proof_run *run, const char *doubt, size_t where)
{
	uint32_t words[DATA_WORDS];
	uint64_t state = 0;

	if (run->pool.error)
		return false;
	for (int tries = doubt ? TRIES_IN_DOUBT : 1; tries; tries--) {
		run->steps += run->filter->count; /* each try runs it */
		for (unsigned int i = 0; i < DATA_WORDS; i++)
			words[i] = pick(&run->pool, run->sets[i], &state);
		if (is_different(run, words))
			return false;
		state += (uint64_t)tries;
	}
	if (doubt)
		proof_undecided(run, doubt, where);
	else
		proof_undecided(run, "the proof contradicts itself: please report this",
				run->where);
	return true;
}
