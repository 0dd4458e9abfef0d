/* SPDX-License-Identifier: MIT */
/* What several rules of a syscall match together, against a look at every call. */
#include <string.h>

#include "overlap.h"
#include "random.h"
#include "test_support.h"
#include "value_set.h"

/* Two arguments of 4 bits stand for the real ones: no width is built in. */
#define BITS 4
#define VALUES (1u << BITS)
#define RULES 5
#define CONDITIONS 2

static void random_condition(struct random *r, struct stile_table_condition *condition)
{
	memset(condition, 0, sizeof(*condition));
	condition->argument = (uint8_t)random_below(r, 2);
	condition->bits = BITS;
	condition->comparison = (uint8_t)random_below(r, STILE_MASKED_EQUAL + 1);
	condition->is_signed = random_below(r, 2);
	condition->parameter = -1;
	condition->value = random_below(r, VALUES);
	if (condition->comparison == STILE_MASKED_EQUAL) {
		condition->mask = 1u << random_below(r, BITS) | 1u << random_below(r, BITS);
		condition->value &= condition->mask;
	}
}

static bool matches(const struct rule *rule, unsigned int call)
{
	const uint64_t words[2] = { call % VALUES, call / VALUES };

	for (unsigned int i = 0; i < rule->condition_count; i++)
		if (!condition_holds(&rule->conditions[i], words[rule->conditions[i].argument]))
			return false;
	return true;
}

static bool match_every_call(const struct rule *rules, size_t count)
{
	for (unsigned int call = 0; call < VALUES * VALUES; call++) {
		size_t i = 0;

		while (i < count && !matches(&rules[i], call))
			i++;
		if (i == count)
			return false;
	}
	return true;
}

START_TEST(match_all_is_exact)
{
	struct random r = { random_seed("match_all_is_exact") };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 20000);
	unsigned int found = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_table_condition conditions[RULES][CONDITIONS];
		struct rule rules[RULES] = { { 0 } };
		const struct rule *pointers[RULES];
		const size_t count = 1 + random_below(&r, RULES);
		bool is_all;

		for (size_t i = 0; i < count; i++) {
			rules[i].condition_count = (uint8_t)(1 + random_below(&r, 8) / 7);
			rules[i].conditions = conditions[i];
			for (unsigned int c = 0; c < CONDITIONS; c++)
				random_condition(&r, &conditions[i][c]);
			pointers[i] = &rules[i];
		}
		is_all = match_every_call(rules, count);
		found += is_all;
		if (rules_match_all(pointers, count) != (int)is_all)
			ck_abort_msg("round %llu", (unsigned long long)round);
	}
	ck_assert_uint_gt(found, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("overlap");
	TCase *tests = tcase_create("overlap");

	tcase_add_test(tests, match_all_is_exact);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
