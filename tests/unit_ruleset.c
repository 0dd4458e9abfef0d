/* SPDX-License-Identifier: MIT */
/* Rulesets made at run time: what they accept, and every sentence when they do not. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "ruleset_fixture.h"

START_TEST(contradiction_in_one_rule)
{
	const struct stile_condition conditions[] = { { "fd", STILE_GREATER, 0, 10 },
						      { "fd", STILE_LESS, 0, 5 } };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", conditions, 2), -EINVAL);
	ck_assert_str_eq(stile_ruleset_message(r),
			 "custom ruleset 'mine': read: the conditions on fd contradict each other: "
			 "the rule would do nothing");
}
END_TEST

START_TEST(two_not_equal_rules_always_hold)
{
	const struct stile_condition not_one = { "fd", STILE_NOT_EQUAL, 0, 1 };
	const struct stile_condition not_two = { "fd", STILE_NOT_EQUAL, 0, 2 };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", &not_one, 1), 0);
	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", &not_two, 1), 0);
	ck_assert_int_eq(stile_enable(s, r), -EINVAL);
	ck_assert_str_eq(stile_message(s),
			 "custom ruleset 'mine': read: 2 rules together always hold, since one of "
			 "them is enough: put the conditions into one rule, or allow the call "
			 "whole");
}
END_TEST

START_TEST(two_not_equal_conditions_in_one_rule)
{
	const struct stile_condition conditions[] = { { "fd", STILE_NOT_EQUAL, 0, 1 },
						      { "fd", STILE_NOT_EQUAL, 0, 2 } };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", conditions, 2), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_uint_eq(answer(s, "read", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "read", 1, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(answer(s, "read", 2, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(answer(s, "read", 3, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "read", UINT64_C(0x100000002), 0, 0, 0, 0, 0),
			  SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

START_TEST(rules_of_two_rulesets_that_always_hold)
{
	struct stile_ruleset *other = stile_ruleset_new("other");

	ck_assert_int_eq(STILE_ALLOW_IF(r, "read", { "fd", STILE_NOT_EQUAL, 0, 1 }), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(other, "read", { "fd", STILE_NOT_EQUAL, 0, 2 }), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_int_eq(stile_enable(s, other), -EINVAL);
	stile_ruleset_free(other);
}
END_TEST

START_TEST(two_among_many_that_always_hold)
{
	for (uint64_t fd = 10; fd < 30; fd++)
		ck_assert_int_eq(STILE_ALLOW_IF(r, "read", STILE_ARGUMENT_IS("fd", fd)), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "read", { "fd", STILE_NOT_EQUAL, 0, 1 }), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "read", { "fd", STILE_NOT_EQUAL, 0, 2 }), 0);
	ck_assert_int_eq(stile_enable(s, r), -EINVAL);
}
END_TEST

START_TEST(ranges_split_the_whole)
{
	const struct stile_condition low = { "fd", STILE_LESS, 0, 5 };
	const struct stile_condition high = { "fd", STILE_GREATER_OR_EQUAL, 0, 5 };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", &low, 1), 0);
	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", &high, 1), 0);
	ck_assert_int_eq(stile_enable(s, r), -EINVAL);
}
END_TEST

START_TEST(several_conditions_of_one_argument)
{
	const struct stile_condition conditions[] = { { "count", STILE_GREATER, 0, 100 },
						      { "count", STILE_LESS_OR_EQUAL, 0, 1000 },
						      { "fd", STILE_EQUAL, 0, 7 } };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", conditions, 3), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_uint_eq(answer(s, "read", 7, 0, 101, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "read", 7, 0, 1000, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "read", 7, 0, 100, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(answer(s, "read", 7, 0, 1001, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(answer(s, "read", 7, 0, UINT64_C(0x100000065), 0, 0, 0),
			  SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(answer(s, "read", 8, 0, 500, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

START_TEST(negative_values)
{
	/* the upper half of an int's register does not count */
	const struct stile_condition dirfd = { "dirfd", STILE_EQUAL, 0, (uint64_t)AT_FDCWD };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "mkdirat", &dirfd, 1), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_uint_eq(answer(s, "mkdirat", (uint32_t)AT_FDCWD, 0, 0, 0, 0, 0),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mkdirat", (uint64_t)AT_FDCWD, 0, 0, 0, 0, 0),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mkdirat", UINT64_C(0xdeadbeef00000000) | (uint32_t)AT_FDCWD, 0,
				 0, 0, 0, 0),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mkdirat", 3, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

START_TEST(signed_order)
{
	const struct stile_condition below = { "dirfd", STILE_LESS, 0, 3 };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "mkdirat", &below, 1), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_uint_eq(answer(s, "mkdirat", (uint32_t)-1, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mkdirat", 0x80000000, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mkdirat", 2, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mkdirat", 3, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(answer(s, "mkdirat", 0x7fffffff, 0, 0, 0, 0, 0),
			  SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

START_TEST(null_pointers_can_be_told)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "prlimit64", STILE_ARGUMENT_IS("pid", 0),
					{ "new_limit", STILE_IS_NULL, 0, 0 }),
			 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
}
END_TEST

START_TEST(bad_names)
{
	static const char *const names[] = {
		NULL,
		"",
		"Mine",
		"my ruleset",
		"a\033b",
		"0123456789012345678901234567890123456789012345678901234"
		"567890123456789"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct stile_ruleset *bad = stile_ruleset_new(names[i]);

		ck_assert_int_eq(stile_ruleset_allow(bad, "getpid"), -EINVAL);
		ck_assert_ptr_null(strchr(stile_ruleset_message(bad), '\033'));
		stile_ruleset_free(bad);
	}
}
END_TEST

START_TEST(empty_ruleset)
{
	ck_assert_int_eq(stile_enable(s, r), -ENODATA);
	ck_assert_str_eq(stile_message(s),
			 "custom ruleset 'mine' has no rules: add some before enabling it");
}
END_TEST

START_TEST(no_conditions_by_mistake)
{
	ck_assert_int_eq(stile_ruleset_allow_if(r, "socket", NULL, 0), -EINVAL);
	ck_assert_str_eq(stile_ruleset_message(r),
			 "custom ruleset 'mine': socket: a rule without conditions: use "
			 "stile_ruleset_allow() to allow the call whole");
}
END_TEST

START_TEST(no_ruleset)
{
	ck_assert_int_eq(stile_ruleset_allow(NULL, "getpid"), -ENOMEM);
	ck_assert_int_eq(stile_ruleset_allow_if(NULL, "getpid", NULL, 0), -ENOMEM);
	ck_assert_int_eq(stile_enable(s, NULL), -ENOMEM);
	stile_ruleset_free(NULL);
}
END_TEST

START_TEST(too_many_conditions)
{
	struct stile_condition conditions[33];

	for (int i = 0; i < 33; i++)
		conditions[i] = (struct stile_condition){ "fd", STILE_NOT_EQUAL, 0, (uint64_t)i };
	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", conditions, 33), -E2BIG);
}
END_TEST

START_TEST(rule_inside_another_is_reported)
{
	const struct stile_condition wide = { "fd", STILE_LESS, 0, 10 };
	const struct stile_condition narrow = { "fd", STILE_EQUAL, 0, 5 };

	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", &wide, 1), 0);
	ck_assert_int_eq(stile_ruleset_allow_if(r, "read", &narrow, 1), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_str_eq(stile_warnings(s),
			 "custom ruleset 'mine': read: this rule lies within one of custom ruleset "
			 "'mine' and adds nothing\n");
}
END_TEST

START_TEST(kernel_names_of_arguments)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "socket", STILE_ARGUMENT_IS("family", AF_UNIX)), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "socket", STILE_ARGUMENT_IS("domain", AF_INET)), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_uint_eq(answer(s, "socket", AF_UNIX, 1, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "socket", AF_INET6, 1, 0, 0, 0, 0), SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

START_TEST(a_freed_ruleset_stays_in_force)
{
	struct stile_ruleset *other = stile_ruleset_new("other");

	ck_assert_int_eq(STILE_ALLOW_IF(other, "read", STILE_ARGUMENT_IS("fd", 9)), 0);
	ck_assert_int_eq(stile_enable(s, other), 0);
	stile_ruleset_free(other);
	ck_assert_uint_eq(answer(s, "read", 9, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

/* One line for each rule that holds others, not one for each pair. */
START_TEST(warnings_do_not_multiply)
{
	const char *line;
	unsigned int lines = 0;

	for (uint64_t i = 0; i < 200; i++)
		ck_assert_int_eq(STILE_ALLOW_IF(r, "read", { "count", STILE_LESS, 0, i + 2 }), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	for (line = stile_warnings(s); (line = strchr(line, '\n')); line++)
		lines++;
	ck_assert_uint_eq(lines, 199);
}
END_TEST

/* A hundred ranges, one after the other, that leave nothing out. */
START_TEST(many_rules_that_always_hold)
{
	for (uint64_t i = 0; i < 100; i++) {
		const struct stile_condition range[] = {
			{ "count", STILE_GREATER_OR_EQUAL, 0, i * 4096 },
			{ "count", STILE_LESS, 0, (i + 1) * 4096 },
		};
		const size_t ends = i == 0 || i == 99 ? 1 : 2;

		/* with a gap it is no mistake */
		if (_i && i == 57)
			continue;
		ck_assert_int_eq(stile_ruleset_allow_if(r, "read", i == 0 ? range + 1 : range,
							ends),
				 0);
	}
	ck_assert_int_eq(stile_enable(s, r), _i ? 0 : -EINVAL);
	ck_assert_str_eq(stile_message(s),
			 _i ? "" :
			      "custom ruleset 'mine': read: 100 rules together always hold, since "
			      "one of them is enough: put the conditions into one rule, or allow "
			      "the call whole");
}
END_TEST

START_TEST(too_many_ranges_for_libseccomp)
{
	/* There each range of this kind becomes dozens of masked comparisons. */
	for (uint64_t i = 0; i < 8; i++) {
		const struct stile_condition range[] = {
			{ "count", STILE_GREATER, 0, (i << 56) + 1 },
			{ "count", STILE_LESS, 0, (i << 56) + (UINT64_C(1) << 55) - 2 },
		};

		ck_assert_int_eq(stile_ruleset_allow_if(r, "read", range, 2), 0);
	}
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_int_eq(stile_check(s), 0);
	ck_assert_int_eq(stile_set_backend(s, STILE_BACKEND_LIBSECCOMP), 0);
	ck_assert_int_eq(stile_check(s), -E2BIG);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "read"));
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("ruleset");
	TCase *rules = tcase_create("rules");

	tcase_add_checked_fixture(rules, set_up, tear_down);
	tcase_add_test(rules, contradiction_in_one_rule);
	tcase_add_test(rules, two_not_equal_rules_always_hold);
	tcase_add_test(rules, two_not_equal_conditions_in_one_rule);
	tcase_add_test(rules, rules_of_two_rulesets_that_always_hold);
	tcase_add_test(rules, two_among_many_that_always_hold);
	tcase_add_test(rules, ranges_split_the_whole);
	tcase_add_test(rules, several_conditions_of_one_argument);
	tcase_add_test(rules, negative_values);
	tcase_add_test(rules, signed_order);
	tcase_add_test(rules, null_pointers_can_be_told);
	tcase_add_test(rules, bad_names);
	tcase_add_test(rules, empty_ruleset);
	tcase_add_test(rules, no_conditions_by_mistake);
	tcase_add_test(rules, no_ruleset);
	tcase_add_test(rules, too_many_conditions);
	tcase_add_test(rules, rule_inside_another_is_reported);
	tcase_add_test(rules, kernel_names_of_arguments);
	tcase_add_test(rules, a_freed_ruleset_stays_in_force);
	tcase_add_test(rules, warnings_do_not_multiply);
	tcase_add_loop_test(rules, many_rules_that_always_hold, 0, 2);
	tcase_add_test(rules, too_many_ranges_for_libseccomp);
	suite_add_tcase(all, rules);
	return all;
}

TEST_MAIN(suite)
