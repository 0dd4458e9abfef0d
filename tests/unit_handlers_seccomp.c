/* SPDX-License-Identifier: MIT */
/* Beside handlers nobody loads filters of his own, and no handler is asked about it. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include <stile/intercept.h>
#include <stile/notify.h>
#include <stile/supervise.h>

#include "handlers_fixture.h"

static uint32_t kind(const char *syscall, uint64_t a, uint64_t b)
{
	return answer(s, syscall, a, b, 0, 0, 0, 0) & SECCOMP_RET_ACTION_FULL;
}

/* Its own listener would answer in our place. */
START_TEST(no_filters_of_its_own_beside_handlers)
{
	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	ck_assert_int_eq(stile_grant(s, "sandbox.narrow"), 0);
	ck_assert_int_eq(stile_check(s), -EEXIST);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "sandbox.narrow"));
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_allow(s, "seccomp"), 0);
	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	ck_assert_int_eq(stile_check(s), -EEXIST);
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_log(s, "seccomp"), 0);
	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	ck_assert_int_eq(stile_check(s), -EEXIST);
}
END_TEST

static int on_seccomp(void)
{
	return stile_on(s, "seccomp", allow, NULL);
}

static int on_narrow(void)
{
	return stile_on(s, "sandbox.narrow", allow, NULL);
}

static int override_seccomp(void)
{
	return stile_override_on(s, "seccomp", allow, NULL);
}

static int on_ruleset_seccomp(void)
{
	struct stile_ruleset *ruleset = stile_ruleset_new("mine");
	int error;

	ck_assert_int_eq(stile_ruleset_allow(ruleset, "seccomp"), 0);
	error = stile_on_ruleset(s, ruleset, allow, NULL);
	stile_ruleset_free(ruleset);
	return error;
}

static int intercept_seccomp(void)
{
	return stile_intercept(s, "seccomp", allow, NULL, NULL);
}

static int notify_seccomp(void)
{
	return stile_notify(s, "seccomp");
}

static int (*const ways_to_seccomp[])(void) = { on_seccomp,	   on_narrow,
						override_seccomp,  on_ruleset_seccomp,
						intercept_seccomp, notify_seccomp };

/* At once, and not only when something is started. */
START_TEST(nobody_can_be_asked_about_seccomp)
{
	ck_assert_int_eq(ways_to_seccomp[_i](), -EEXIST);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "no handler can be asked"));
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(ways_to_seccomp[_i](), -EEXIST);
}
END_TEST

static void expect_no_seccomp(void)
{
	ck_assert_uint_eq(answer(s, "seccomp", SECCOMP_SET_MODE_FILTER, 0, 1, 0, 0, 0),
			  SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(answer(s, "prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 1, 0, 0, 0),
			  SECCOMP_RET_ERRNO | EPERM);
	/* the kernel looks at the low half alone */
	ck_assert_uint_eq(answer(s, "prctl", UINT64_C(1) << 32 | PR_SET_SECCOMP, 2, 1, 0, 0, 0),
			  SECCOMP_RET_ERRNO | EPERM);
}

START_TEST(no_filters_in_an_allowing_context)
{
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	expect_no_seccomp();
	ck_assert_uint_eq(kind("prctl", PR_SET_NAME, 1), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(kind("getpgid", 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(no_handler_is_asked_about_filters)
{
	ck_assert_int_eq(stile_on(s, "prctl", allow, NULL), 0);
	ck_assert_uint_eq(kind("prctl", PR_SET_NAME, 1), SECCOMP_RET_USER_NOTIF);
	expect_no_seccomp();
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_intercept(s, "prctl", allow, NULL, NULL), 0);
	ck_assert_uint_eq(kind("prctl", PR_SET_NAME, 1), SECCOMP_RET_TRACE);
	expect_no_seccomp();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("unit_handlers_seccomp");
	TCase *cases = tcase_create("seccomp");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, no_filters_of_its_own_beside_handlers);
	tcase_add_loop_test(cases, nobody_can_be_asked_about_seccomp, 0,
			    sizeof(ways_to_seccomp) / sizeof(*ways_to_seccomp));
	tcase_add_test(cases, no_filters_in_an_allowing_context);
	tcase_add_test(cases, no_handler_is_asked_about_filters);
	suite_add_tcase(suite, cases);
	return suite;
}

TEST_MAIN(make_suite)
