/* SPDX-License-Identifier: MIT */
/* The compiler's filters against the policies they were made of. */
#include <errno.h>

#include "interpreter.h"
#include "policy_sample.h"
#include "syscall_table.h"
#include "test_support.h"

static void compare(struct sample *s, const uint64_t *weights)
{
	struct random r = { ~s->seed };
	struct filter filter;
	struct message message;
	const char *why;
	size_t where;

	ck_assert_msg(backend_own(&s->policy, weights, &filter, &message) == 0,
		      "STILE_SEED=%llu: %s", (unsigned long long)s->seed, message.text);
	if (filter_check(filter.instructions, filter.count, &where, &why) < 0)
		ck_abort_msg("STILE_SEED=%llu: instruction %zu of %zu: %s",
			     (unsigned long long)s->seed, where, filter.count, why);
	sample_check_numbers(s, &filter, &r);
	for (uint32_t i = 0; i < s->policy.abis[0].decision_count; i++)
		sample_check_rules(s, &filter, &s->decisions[i], &r);
	free(filter.instructions);
}

static void compare_many(const char *what, void (*draw)(struct sample *, uint64_t))
{
	const uint64_t seed = random_seed(what);
	const uint64_t rounds = environment_number("STILE_ROUNDS", 1000);
	struct sample *s = calloc(1, sizeof(*s));

	for (uint64_t round = 0; round < rounds; round++) {
		draw(s, seed + round);
		compare(s, NULL);
	}
	free(s);
}

START_TEST(random_policies)
{
	compare_many("random_policies", sample_draw);
}
END_TEST

START_TEST(wild_policies)
{
	compare_many("wild_policies", sample_draw_wild);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("backend_own");
	TCase *tests = tcase_create("backend_own");

	tcase_add_test(tests, random_policies);
	tcase_add_test(tests, wild_policies);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
