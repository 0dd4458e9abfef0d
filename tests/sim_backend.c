/* SPDX-License-Identifier: MIT */
/* The filters of the libseccomp back end against the policies they were made of. */
#include <errno.h>

#include "interpreter.h"
#include "policy_sample.h"
#include "syscall_table.h"
#include "test_support.h"

START_TEST(random_policies)
{
	const uint64_t seed = random_seed("random_policies");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 1000);
	struct sample *s = calloc(1, sizeof(*s));
	uint64_t too_big = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { ~(seed + round) };
		struct filter filter;
		struct message message;
		int result;

		sample_draw(s, seed + round);
		result = backend_libseccomp(&s->policy, &filter, &message);
		if (result == -E2BIG) {
			too_big++;
			continue;
		}
		ck_assert_msg(result == 0, "STILE_SEED=%llu: %s", (unsigned long long)s->seed,
			      message.text);
		if (filter_check(filter.instructions, filter.count, NULL, NULL) < 0)
			ck_abort_msg("STILE_SEED=%llu: no filter", (unsigned long long)s->seed);
		sample_check_numbers(s, &filter, &r);
		for (uint32_t i = 0; i < s->policy.abis[0].decision_count; i++)
			sample_check_rules(s, &filter, &s->decisions[i], &r);
		free(filter.instructions);
	}
	free(s);
	printf("random_policies: %llu compared, %llu too big\n",
	       (unsigned long long)(rounds - too_big), (unsigned long long)too_big);
	ck_assert_uint_le(too_big, rounds / 2);
}
END_TEST

/* Refused before libseccomp spends minutes on it. */
START_TEST(too_many_alternatives)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct sock_filter some;
	struct filter filter = { &some, 9 };
	struct message message;
	char expected[300];

	sample_make(s, 60, 64);
	s->conditions[0].bits = 16; /* 16 alternatives: the others cost more */
	ck_assert_int_eq(backend_libseccomp(&s->policy, &filter, &message), -E2BIG);
	ck_assert_ptr_null(filter.instructions);
	ck_assert_uint_eq(filter.count, 0);
	snprintf(expected, sizeof(expected),
		 "the filter would have 3792 alternatives for libseccomp, of 1024 at most: use "
		 "fewer conditions; most come from %s (64 alternatives), %s (64) and %s (64)",
		 syscall_table[s->decisions[1].syscall].name,
		 syscall_table[s->decisions[2].syscall].name,
		 syscall_table[s->decisions[3].syscall].name);
	ck_assert_str_eq(message.text, expected);
	free(s);
}
END_TEST

/* As long as the kernel takes it; then an error. */
START_TEST(too_long)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter filter;
	struct message message;
	unsigned int count = 0;

	sample_make(s, 12, 64);
	ck_assert_int_eq(backend_libseccomp(&s->policy, &filter, &message), 0);
	ck_assert_uint_le(filter.count, FILTER_INSTRUCTIONS_MAX);
	free(filter.instructions);
	sample_make(s, 16, 64);
	ck_assert_int_eq(backend_libseccomp(&s->policy, &filter, &message), -E2BIG);
	ck_assert_int_eq(sscanf(message.text, "the filter would have %u instructions, of 4096 at",
				&count),
			 1);
	ck_assert_uint_gt(count, FILTER_INSTRUCTIONS_MAX);
	free(s);
}
END_TEST

START_TEST(nothing_is_decided)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter filter;
	struct message message;
	struct random r = { 1 };

	sample_make(s, 0, 64);
	ck_assert_int_eq(backend_libseccomp(&s->policy, &filter, &message), 0);
	sample_check_numbers(s, &filter, &r);
	free(filter.instructions);
	s->policy.abis[0].decision_count = 0; /* a table without calls */
	ck_assert_int_eq(backend_libseccomp(&s->policy, &filter, &message), 0);
	sample_check_numbers(s, &filter, &r);
	free(filter.instructions);
	free(s);
}
END_TEST

/* More different answers behind the program than a conditional jump can pass over. */
START_TEST(long_epilogue)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter filter;
	struct message message;
	struct random r = { 1 };

	sample_make(s, 300, 64);
	for (uint32_t i = 0; i < 300; i++) {
		s->conditions[i].comparison = STILE_EQUAL;
		s->decisions[i].rest.errno_value = 1 + i;
	}
	ck_assert_int_eq(backend_libseccomp(&s->policy, &filter, &message), 0);
	sample_check_numbers(s, &filter, &r);
	for (uint32_t i = 0; i < 300; i++)
		sample_check_rules(s, &filter, &s->decisions[i], &r);
	free(filter.instructions);
	free(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("backend");
	TCase *tests = tcase_create("backend");

	tcase_add_test(tests, random_policies);
	tcase_add_test(tests, too_many_alternatives);
	tcase_add_test(tests, too_long);
	tcase_add_test(tests, nothing_is_decided);
	tcase_add_test(tests, long_epilogue);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
