/* SPDX-License-Identifier: MIT */
/* The guard in front of the loader's filter, whatever was granted; interpreted. */
#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "start_guard.h"
#include "test_support.h"

#define CLONE3 435

static struct filter filter;
static struct message message;

/* A filter that allows everything, behind the guard. */
static void guarded(size_t length, bool may_narrow)
{
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	filter.count = length;
	filter.instructions = malloc(length * sizeof(allow));
	ck_assert_ptr_nonnull(filter.instructions);
	for (size_t i = 0; i < length; i++)
		filter.instructions[i] = allow;
	ck_assert_int_eq(start_guard(&filter, may_narrow, &message), 0);
	ck_assert_int_eq(filter_check(filter.instructions, filter.count, NULL, NULL), 0);
}

static void tear_down(void)
{
	free(filter.instructions);
}

static uint32_t say(long number, uint64_t argument)
{
	struct seccomp_data data = { .nr = (int)number,
				     .arch = audit_arch(STILE_ABI_NATIVE),
				     .args = { argument } };

	return filter_run(filter.instructions, &data);
}

START_TEST(nobody_else_loads_a_filter)
{
	guarded(1, false);
	ck_assert_uint_eq(say(SYS_seccomp, 1), SECCOMP_RET_TRACE);
	ck_assert_uint_eq(say(SYS_prctl, PR_SET_SECCOMP), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(say(SYS_prctl, UINT64_C(0xdead00000000) | PR_SET_SECCOMP),
			  SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(say(SYS_prctl, PR_SET_NAME), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(no_child_is_invisible)
{
	guarded(1, false);
	ck_assert_uint_eq(say(CLONE3, 0), SECCOMP_RET_ERRNO | ENOSYS);
	ck_assert_uint_eq(say(SYS_clone, CLONE_UNTRACED | SIGCHLD), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(say(SYS_clone, UINT64_C(0xffffffff00000000) | CLONE_UNTRACED),
			  SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(say(SYS_clone, SIGCHLD), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(say(SYS_read, 0), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(narrowing_is_left_to_the_grants)
{
	guarded(1, true);
	ck_assert_uint_eq(say(SYS_seccomp, 1), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(say(-1, 1), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(say(CLONE3, 0), SECCOMP_RET_ERRNO | ENOSYS);
	ck_assert_uint_eq(say(SYS_prctl, PR_SET_SECCOMP), SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

START_TEST(other_abis_go_to_the_filter)
{
	struct seccomp_data data = { .nr = SYS_seccomp, .arch = AUDIT_ARCH_ARM };

	guarded(1, false);
	ck_assert_uint_eq(filter_run(filter.instructions, &data), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(too_long_a_filter)
{
	filter.count = 4090;
	filter.instructions = calloc(filter.count, sizeof(*filter.instructions));
	ck_assert_int_eq(start_guard(&filter, false, &message), -E2BIG);
	ck_assert_str_eq(message.text,
			 "the filter for the loader would have 4104 instructions, the "
			 "kernel takes 4096: grant less");
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("start_guard");
	TCase *cases = tcase_create("start_guard");

	tcase_add_checked_fixture(cases, NULL, tear_down);
	tcase_add_test(cases, nobody_else_loads_a_filter);
	tcase_add_test(cases, no_child_is_invisible);
	tcase_add_test(cases, narrowing_is_left_to_the_grants);
	tcase_add_test(cases, other_abis_go_to_the_filter);
	tcase_add_test(cases, too_long_a_filter);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
