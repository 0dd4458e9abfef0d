/* SPDX-License-Identifier: MIT */
/*
 * The filter is followed for all calls at once. At each instruction a call's words are known as a
 * set for each word, and every combination of their members comes there; a conditional jump
 * cuts one word's set in two. So each call takes exactly one way, and at its end all the
 * combinations must have been answered as the policy says (core/proof_check.c).
 */
#include "proof.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interpreter.h"
#include "proof_run.h"

static uint64_t now(void)
{
	struct timespec time = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* At the start every word can be anything. */
static bool start(struct proof_run *run)
{
	const struct word_piece all = WORD_PIECE_ALL;
	uint32_t most = 1;

	run->pool.work_max = PROOF_WORK_MAX;
	run->sets[0] = word_set_make(&run->pool, &all, 1);
	for (unsigned int i = 1; i < DATA_WORDS; i++)
		run->sets[i] = run->sets[0];
	for (uint32_t i = 0; i < run->view.decision_count; i++)
		if (run->view.decisions[i].box_count > most)
			most = run->view.decisions[i].box_count;
	run->candidates = calloc(most, sizeof(*run->candidates));
	return run->candidates && word_values_start(&run->values) && !run->pool.error;
}

static int prove(struct proof_run *run)
{
	int error = proof_policy_make(run->policy, &run->view);

	if (error == -E2BIG) {
		proof_undecided(run, "the rules of a call have too many alternatives", 0);
		return 0;
	}
	if (error < 0 || !start(run))
		return -ENOMEM;
	(void)proof_walk(run);
	error = run->pool.error ? run->pool.error : run->values.error;
	if (error == -E2BIG && run->proof->verdict == STILE_VERDICT_EQUAL) {
		proof_undecided(run, "the ways up to here are more than the proof follows",
				run->where);
		error = 0;
	}
	return error == -E2BIG ? 0 : error;
}

int filter_prove(const struct policy *policy, const struct filter *filter,
		 struct stile_proof *proof)
{
	struct proof_run run = { .policy = policy, .filter = filter, .proof = proof };
	const uint64_t begin = now();
	int error;

	memset(proof, 0, sizeof(*proof));
	error = filter_check(filter->instructions, filter->count, NULL, NULL);
	if (error < 0)
		return error;
	error = prove(&run);
	proof_policy_free(&run.view);
	free(run.pool.pieces);
	free(run.values.values);
	free(run.candidates);
	if (error < 0)
		memset(proof, 0, sizeof(*proof));
	proof->nanoseconds = now() - begin;
	return error;
}
