/* SPDX-License-Identifier: MIT */
/*
 * Filters in which ways meet that know different things of a call, against policies of so few
 * values that all that can make a difference are tried.
 */
#include <string.h>

/* So that it remembers from the first meeting on. Linked in place of the library's own. */
#define ARRIVALS_MIN 1
#define ARRIVALS_IN_VAIN UINT32_MAX
#include "proof_seen.c"

#include "proof_search.h"
#include "small_world.h"
#include "test_support.h"

static const char *check(struct small_world *w, const struct stile_proof *proof,
			 struct seccomp_data *data)
{
	const char *wrong = refute(&w->policy, &w->filter, proof, &w->r, 100, data);

	if (!wrong && proof->verdict == STILE_VERDICT_EQUAL)
		for (int number = 0; !wrong && number <= SMALL_WORLD_NUMBERS + 1; number++)
			if (small_world_search(w, number, data))
				wrong = "they are called equal and are not";
	return wrong;
}

START_TEST(all_values)
{
	const uint64_t seed = random_seed("all_values");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);
	struct small_world *w = calloc(1, sizeof(*w));
	uint64_t verdicts[3] = { 0 };

	for (uint64_t round = 0; round < rounds; round++) {
		struct sock_filter kept[SMALL_WORLD_LENGTH];
		struct seccomp_data data = { .nr = 0 };

		if (!small_world_draw(w, seed + round))
			continue;
		for (int i = 0; i < 16; i++) {
			struct stile_proof proof;
			const char *wrong;

			memcpy(kept, w->program, sizeof(kept));
			for (uint32_t n = i ? 1 + random_below(&w->r, 3) : 0; n; n--)
				small_world_mutate(w);
			proof.verdict = STILE_VERDICT_DIFFERENT;
			if (filter_prove(&w->policy, &w->filter, &proof) == 0) {
				wrong = check(w, &proof, &data);
				if (!i && proof.verdict != STILE_VERDICT_EQUAL)
					wrong = "a right filter is not called equal";
				if (wrong)
					ck_abort_msg("STILE_SEED=%llu STILE_ROUNDS=1, %d: %s: "
						     "number %d, %#llx, %#llx, %#llx",
						     (unsigned long long)w->seed, i, wrong, data.nr,
						     (unsigned long long)data.args[0],
						     (unsigned long long)data.args[1],
						     (unsigned long long)data.args[2]);
				verdicts[proof.verdict]++;
			}
			/* What is still right stands more and more on what was tested before. */
			if (proof.verdict != STILE_VERDICT_EQUAL)
				memcpy(w->program, kept, sizeof(kept));
		}
	}
	printf("all_values: %llu equal, %llu different, %llu undecided\n",
	       (unsigned long long)verdicts[0], (unsigned long long)verdicts[1],
	       (unsigned long long)verdicts[2]);
	ck_assert_uint_gt(verdicts[0], rounds);
	ck_assert_uint_gt(verdicts[1], rounds);
	free(w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("proof_seen");
	TCase *tests = tcase_create("proof_seen");

	tcase_add_test(tests, all_values);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
