/* SPDX-License-Identifier: MIT */
/* What supervised programs may not, on every ABI, whatever was granted. */
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include <stile/broker.h>
#include <stile/intercept.h>

#include "abi_support.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static struct stile *s;
static struct stile_broker *broker;

/* Reaching into other processes. */
static const char *const reaching[] = { "pidfd_getfd", "process_vm_readv", "process_vm_writev",
					"ptrace" };
/* Past a broker. */
static const char *const passing[] = { "io_uring_setup", "landlock_create_ruleset",
				       "landlock_restrict_self", "open_by_handle_at" };

static void must(int result)
{
	ck_assert_msg(result == 0, "%s", stile_message(s));
}

static void allowing(void)
{
	s = stile_new_allowing();
	must(stile_set_abis(s, every_abi, STILE_ABI_COUNT));
}

static void tear_down(void)
{
	stile_free(s);
	stile_broker_free(broker);
	broker = NULL;
}

static struct stile_answer handler(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_allow();
}

static void supervise(void)
{
	must(stile_on(s, "getppid", handler, NULL));
}

static void use_broker(void)
{
	broker = stile_broker_new();
	ck_assert_int_eq(stile_broker_allow_connect(broker, "127.0.0.1", 1, 2), 0);
	must(stile_use_broker(s, broker));
}

/* On every ABI that has the call. */
static void expect_answer(const char *name, uint64_t first, uint32_t wanted)
{
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		uint32_t says;

		if (stile_syscall_number(every_abi[i], name) < 0)
			continue;
		says = policy_says(s, every_abi[i], name, first);
		ck_assert_msg(says == wanted, "%s on %s: 0x%x", name, stile_abi_name(every_abi[i]),
			      says);
	}
}

START_TEST(nobody_is_reached)
{
	for (size_t i = 0; i < LENGTH(reaching); i++)
		expect_answer(reaching[i], 0, ALLOWED); /* without a supervisor */
	if (_i)
		must(stile_intercept(s, "getppid", handler, NULL, NULL));
	else
		supervise();
	for (size_t i = 0; i < LENGTH(reaching); i++)
		expect_answer(reaching[i], 0, FAILS(EPERM));
	expect_answer("seccomp", SECCOMP_SET_MODE_FILTER, FAILS(EPERM));
	expect_answer("prctl", PR_SET_SECCOMP, FAILS(EPERM));
	expect_answer("prctl", PR_SET_NAME, ALLOWED);
	for (size_t i = 0; i < LENGTH(passing); i++)
		expect_answer(passing[i], 0, ALLOWED);
}
END_TEST

/* The flag of clone(2) would free a child from its tracer; clone3(2)'s cannot be seen. */
START_TEST(nothing_is_made_that_is_not_traced)
{
	const uint64_t untraced = CLONE_UNTRACED | CLONE_VM | CLONE_THREAD;

	supervise();
	expect_answer("clone", untraced, ALLOWED);
	expect_answer("clone3", 0, ALLOWED);
	must(stile_intercept(s, "getpgid", handler, NULL, NULL));
	if (_i) {
		must(stile_intercept(s, "clone", handler, NULL, NULL));
		must(stile_intercept(s, "clone3", handler, NULL, NULL));
	}
	expect_answer("clone", untraced, FAILS(EPERM));
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		const uint32_t says = policy_says(s, every_abi[i], "clone", CLONE_VM);

		ck_assert_uint_eq(says & SECCOMP_RET_ACTION_FULL,
				  _i ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW);
	}
	expect_answer("clone3", 0, FAILS(ENOSYS));
}
END_TEST

START_TEST(nobody_else_is_limited)
{
	expect_answer("prlimit64", 1, ALLOWED);
	supervise();
	expect_answer("prlimit64", 0, ALLOWED);
	expect_answer("prlimit64", 1, FAILS(EPERM));
}
END_TEST

/* By name, in a context that refuses all else. */
START_TEST(grants_change_nothing)
{
	struct stile_ruleset *ruleset = stile_ruleset_new("mine");

	stile_free(s);
	s = stile_new();
	must(stile_set_abis(s, every_abi, STILE_ABI_COUNT));
	for (size_t i = 0; i < LENGTH(reaching); i++)
		ck_assert_int_eq(stile_ruleset_allow(ruleset, reaching[i]), 0);
	must(stile_enable(s, ruleset));
	for (size_t i = 0; i < LENGTH(reaching); i++)
		expect_answer(reaching[i], 0, ALLOWED);
	supervise();
	for (size_t i = 0; i < LENGTH(reaching); i++)
		expect_answer(reaching[i], 0, FAILS(EPERM));
	stile_ruleset_free(ruleset);
}
END_TEST

START_TEST(handlers_may_be_asked)
{
	const char *const asked = reaching[_i];

	must(stile_on(s, asked, handler, NULL));
	for (size_t i = 0; i < LENGTH(reaching); i++)
		expect_answer(reaching[i], 0,
			      reaching[i] == asked ? SECCOMP_RET_USER_NOTIF : FAILS(EPERM));
}
END_TEST

/* What they are not asked about is refused. */
START_TEST(handlers_may_be_asked_about_some_calls)
{
	struct stile_ruleset *ruleset = stile_ruleset_new("mine");

	ck_assert_int_eq(STILE_ALLOW_IF(ruleset, "ptrace",
					STILE_ARGUMENT_IS("request", PTRACE_TRACEME)),
			 0);
	must(stile_on_ruleset(s, ruleset, handler, NULL));
	expect_answer("ptrace", PTRACE_TRACEME, SECCOMP_RET_USER_NOTIF);
	expect_answer("ptrace", PTRACE_ATTACH, FAILS(EPERM));
	expect_answer("pidfd_getfd", PTRACE_TRACEME, FAILS(EPERM));
	stile_ruleset_free(ruleset);
}
END_TEST

START_TEST(refusals_stay)
{
	must(stile_deny(s, "ptrace"));
	must(stile_fail_with(s, "process_vm_readv", EDOM));
	must(stile_deny(s, "io_uring_setup"));
	must(stile_fail_with(s, "open_by_handle_at", EDOM));
	use_broker();
	expect_answer("ptrace", 0, SECCOMP_RET_KILL_PROCESS);
	expect_answer("process_vm_readv", 0, FAILS(EDOM));
	expect_answer("process_vm_writev", 0, FAILS(EPERM));
	expect_answer("io_uring_setup", 0, SECCOMP_RET_KILL_PROCESS);
	expect_answer("open_by_handle_at", 0, FAILS(EDOM));
}
END_TEST

START_TEST(nobody_gets_past_a_broker)
{
	use_broker();
	for (size_t i = 0; i < LENGTH(passing); i++)
		expect_answer(passing[i], 0, FAILS(ENOSYS));
	for (size_t i = 0; i < LENGTH(reaching); i++)
		expect_answer(reaching[i], 0, FAILS(EPERM));
	must(stile_on(s, passing[_i], handler, NULL));
	expect_answer(passing[_i], 0, SECCOMP_RET_USER_NOTIF);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervised_guard");
	TCase *cases = tcase_create("supervised_guard");

	tcase_add_checked_fixture(cases, allowing, tear_down);
	tcase_add_loop_test(cases, nobody_is_reached, 0, 2);
	tcase_add_loop_test(cases, nothing_is_made_that_is_not_traced, 0, 2);
	tcase_add_test(cases, nobody_else_is_limited);
	tcase_add_test(cases, grants_change_nothing);
	tcase_add_loop_test(cases, handlers_may_be_asked, 0, LENGTH(reaching));
	tcase_add_test(cases, handlers_may_be_asked_about_some_calls);
	tcase_add_test(cases, refusals_stay);
	tcase_add_loop_test(cases, nobody_gets_past_a_broker, 0, LENGTH(passing));
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
