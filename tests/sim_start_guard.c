/* SPDX-License-Identifier: MIT */
/* The guard in the loader's policy, whatever was granted, on every ABI; and its filters. */
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "abi_support.h"
#include "backend.h"
#include "interpreter.h"
#include "start_guard.h"

#define START(abi, syscall, ...) \
	phase_says(s, POLICY_START, (abi), (syscall), (const uint64_t[6]){ __VA_ARGS__ })
#define FINAL(abi, syscall, ...) \
	phase_says(s, POLICY_FINAL, (abi), (syscall), (const uint64_t[6]){ __VA_ARGS__ })

static struct stile *s;

static void must(int result)
{
	ck_assert_msg(result == 0, "%s", stile_message(s));
}

static void refusing(void)
{
	s = stile_new();
	must(stile_set_abis(s, every_abi, STILE_ABI_COUNT));
}

static void allowing(void)
{
	s = stile_new_allowing();
	must(stile_set_abis(s, every_abi, STILE_ABI_COUNT));
}

static void tear_down(void)
{
	stile_free(s);
}

static void check_guard(uint32_t seccomp)
{
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		const enum stile_abi abi = every_abi[i];

		ck_assert_uint_eq(START(abi, "seccomp", SECCOMP_SET_MODE_FILTER, 0, 1), seccomp);
		ck_assert_uint_eq(START(abi, "prctl", PR_SET_SECCOMP), FAILS(EPERM));
		ck_assert_uint_eq(START(abi, "prctl", UINT64_C(0xdead00000000) | PR_SET_SECCOMP),
				  FAILS(EPERM));
		ck_assert_uint_eq(START(abi, "clone3", 0), FAILS(ENOSYS));
		ck_assert_uint_eq(START(abi, "clone", CLONE_UNTRACED | SIGCHLD), FAILS(EPERM));
		ck_assert_uint_eq(START(abi, "clone", ~UINT64_C(0)), FAILS(EPERM));
	}
}

START_TEST(with_everything_granted)
{
	must(stile_fail_with(s, "ptrace", EPERM));
	must(stile_set_default(s, (struct stile_action){ STILE_ACTION_LOG, 0 }));
	check_guard(SECCOMP_RET_LOG); /* it may narrow */
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		ck_assert_uint_eq(START(every_abi[i], "clone", SIGCHLD), SECCOMP_RET_LOG);
		ck_assert_uint_eq(START(every_abi[i], "prctl", PR_SET_NAME), SECCOMP_RET_LOG);
		ck_assert_uint_eq(START(every_abi[i], "read", 0), ALLOWED); /* of the loader */
		ck_assert_uint_eq(FINAL(every_abi[i], "clone", CLONE_UNTRACED), SECCOMP_RET_LOG);
	}
}
END_TEST

START_TEST(with_little_granted)
{
	must(stile_grant(s, "processes.danger_fork"));
	check_guard(SECCOMP_RET_TRACE);
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		ck_assert_uint_eq(START(every_abi[i], "clone", SIGCHLD), ALLOWED);
		ck_assert_uint_eq(START(every_abi[i], "seccomp", 0), SECCOMP_RET_TRACE);
		ck_assert_uint_eq(FINAL(every_abi[i], "seccomp", 0), FAILS(EPERM));
	}
}
END_TEST

/* A refusal is not as strong as the guard where that says ENOSYS, so that libc falls back. */
START_TEST(with_refusals)
{
	must(stile_deny(s, "clone3"));
	must(stile_deny(s, "seccomp"));
	must(stile_deny(s, "clone"));
	check_guard(SECCOMP_RET_TRACE);
	ck_assert_uint_eq(START(STILE_ABI_NATIVE, "clone", SIGCHLD), SECCOMP_RET_KILL_PROCESS);
}
END_TEST

START_TEST(narrowing_is_left_to_the_grants)
{
	must(stile_grant(s, "sandbox.narrow"));
	check_guard(ALLOWED);
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		ck_assert_uint_eq(START(every_abi[i], "seccomp", SECCOMP_SET_MODE_FILTER,
					SECCOMP_FILTER_FLAG_NEW_LISTENER, 1),
				  FAILS(EPERM));
		ck_assert_uint_eq(START(every_abi[i], "prctl", PR_SET_NO_NEW_PRIVS, 1), ALLOWED);
	}
}
END_TEST

/* What permits the call for one of the ways by which we load is no permit. */
START_TEST(narrowing_by_half)
{
	struct stile_ruleset *r = stile_ruleset_new("mine");

	ck_assert_int_eq(STILE_ALLOW_IF(r, "seccomp",
					STILE_ARGUMENT_IS("operation", SECCOMP_SET_MODE_FILTER),
					STILE_ARGUMENT_IS("flags", 0)),
			 0);
	must(stile_enable(s, r));
	check_guard(SECCOMP_RET_TRACE);
	stile_ruleset_free(r);
}
END_TEST

START_TEST(foreign_abis_are_killed)
{
	const enum stile_abi native = STILE_ABI_NATIVE;
	const enum stile_abi foreign = native == STILE_ABI_I386 ? STILE_ABI_X86_64 : STILE_ABI_I386;

	must(stile_set_abis(s, &native, 1));
	must(stile_grant(s, "processes.danger_fork"));
	ck_assert_uint_eq(START(native, "seccomp", 1), SECCOMP_RET_TRACE);
	ck_assert_uint_eq(START(foreign, "seccomp", 1), SECCOMP_RET_KILL_PROCESS);
}
END_TEST

/* ---- The same of filters */

typedef int (*backend_function)(const struct policy *policy, struct filter *filter,
				struct message *message);

static int own(const struct policy *policy, struct filter *filter, struct message *message)
{
	return backend_own(policy, NULL, filter, message);
}

static uint32_t run(const struct filter *filter, enum stile_abi abi, const char *syscall,
		    uint64_t argument)
{
	const struct seccomp_data data = { .nr = (int)stile_syscall_number(abi, syscall),
					   .arch = audit_arch(abi),
					   .args = { argument } };

	return filter_run(filter->instructions, &data);
}

START_TEST(filters)
{
	static const backend_function backends[] = { own, backend_libseccomp };
	struct policy policy;
	struct filter filter;
	struct message message;

	must(stile_grant(s, "processes.danger_fork"));
	must(stile_grant(s, "processes.not_dumpable")); /* prctl with conditions */
	ck_assert_int_eq(policy_build(s, POLICY_START, &policy), 0);
	ck_assert_msg(backends[_i](&policy, &filter, &message) == 0, "%s", message.text);
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		const enum stile_abi abi = every_abi[i];

		ck_assert_uint_eq(run(&filter, abi, "seccomp", 1), SECCOMP_RET_TRACE);
		ck_assert_uint_eq(run(&filter, abi, "prctl", PR_SET_SECCOMP), FAILS(EPERM));
		ck_assert_uint_eq(run(&filter, abi, "prctl", PR_CAPBSET_READ), ALLOWED);
		ck_assert_uint_eq(run(&filter, abi, "clone3", 0), FAILS(ENOSYS));
		ck_assert_uint_eq(run(&filter, abi, "clone", CLONE_UNTRACED), FAILS(EPERM));
		ck_assert_uint_eq(run(&filter, abi, "clone", SIGCHLD), ALLOWED);
	}
	free(filter.instructions);
	policy_free(&policy);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("start_guard");
	TCase *refuse = tcase_create("refusing"), *allow = tcase_create("allowing");

	tcase_add_checked_fixture(refuse, refusing, tear_down);
	tcase_add_test(refuse, with_little_granted);
	tcase_add_test(refuse, narrowing_is_left_to_the_grants);
	tcase_add_test(refuse, narrowing_by_half);
	tcase_add_test(refuse, foreign_abis_are_killed);
	tcase_add_loop_test(refuse, filters, 0, 2);
	suite_add_tcase(all, refuse);
	tcase_add_checked_fixture(allow, allowing, tear_down);
	tcase_add_test(allow, with_everything_granted);
	tcase_add_test(allow, with_refusals);
	suite_add_tcase(all, allow);
	return all;
}

TEST_MAIN(suite)
