/* SPDX-License-Identifier: MIT */
/* Ways by which a target could reach its supervisor, or get past its broker. */
#include <errno.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/broker.h>
#include <stile/intercept.h>
#include <stile/notify.h>

#include "broker_support.h"
#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof(*(array))))

static struct stile_supervisor *supervisor;
static struct said allowing;

static void set_up(void)
{
	supervisor = stile_supervisor_new();
	ck_assert_ptr_nonnull(supervisor);
	allowing = (struct said){ stile_answer_allow(), 0 };
}

static void tear_down(void)
{
	stile_supervisor_free(supervisor);
	expect_no_children();
}

/* ---- Reaching into processes ---- */

/* As the program numbers them. */
static const char *const reaching[] = { "ptrace", "process_vm_readv", "process_vm_writev",
					"pidfd_getfd" };

static void exec_reaching(void)
{
	const char *program = test_program("supervised");

	(void)execl(program, program, "reach", "15", NULL);
}

/* The program reaches into itself, which the kernel lets everybody do. */
static void expect_reach(struct stile *s, const char *successes)
{
	char *argv[] = { (char *)test_program("supervised"), (char *)"reach", (char *)successes,
			 NULL };
	pid_t pid = 0;

	ck_assert_msg(stile_supervisor_spawn(supervisor, s, argv[0], argv, NULL, NULL, &pid) == 0,
		      "%s", stile_message(s));
	stile_free(s);
	ck_assert_int_eq(status_of(supervisor, pid), 0);
	expect_faults(supervisor, 0, "");
}

START_TEST(targets_reach_into_nobody)
{
	struct stile *s = handling(answer_as_said, &allowing);

	check_child(exec_reaching);
	if (_i)
		ck_assert_int_eq(stile_intercept(s, "getpgid", answer_as_said, NULL, &allowing), 0);
	expect_reach(s, "0");
}
END_TEST

START_TEST(unless_a_handler_permits_it)
{
	struct stile *s = handling(answer_as_said, &allowing);
	char successes[16];

	(void)snprintf(successes, sizeof(successes), "%d", 1 << _i);
	ck_assert_int_eq(stile_on(s, reaching[_i], answer_as_said, &allowing), 0);
	expect_reach(s, successes);
	ck_assert_uint_eq(allowing.calls, 1);
}
END_TEST

START_TEST(or_an_intercept)
{
	struct stile *s = handling(answer_as_said, &allowing);

	for (int i = 1; i < LENGTH(reaching); i++)
		ck_assert_int_eq(stile_intercept(s, reaching[i], answer_as_said, NULL, &allowing),
				 0);
	expect_reach(s, "14");
	ck_assert_uint_eq(allowing.calls, 3);
}
END_TEST

/* ---- Away from its tracer ---- */

/* In a process whose children are targets: what these would make nobody would see. */
static void make_untraced(void)
{
	struct stile *s = handling(answer_as_said, &allowing);
	struct clone_args arguments = { .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
	struct rlimit limit = { 3, 3 };

	expect(stile_intercept(s, "getpgid", answer_as_said, NULL, &allowing) == 0);
	expect(stile_supervise_self(s) == 0);
	expect(syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, NULL, NULL, NULL, NULL) == -1 &&
	       errno == EPERM);
	expect(syscall(SYS_clone3, &arguments, sizeof(arguments)) == -1 && errno == ENOSYS);
	expect(prlimit(getpid(), RLIMIT_NOFILE, &limit, NULL) == -1 && errno == EPERM);
	expect(getrlimit(RLIMIT_NOFILE, &limit) == 0);
}

START_TEST(targets_make_nothing_that_is_not_traced)
{
	check_child(make_untraced);
}
END_TEST

/* ---- Past a broker ---- */

static void may_connect(struct stile_broker *broker)
{
	expect(stile_broker_allow_connect(broker, "127.0.0.1", 1, 1) == 0);
}

static bool is_there(long number, long first, long second, long third)
{
	return syscall(number, first, second, third) >= 0 || errno != ENOSYS;
}

static const char *const passing[] = { "io_uring_setup", "landlock_create_ruleset",
				       "landlock_restrict_self", "open_by_handle_at" };

static bool can_pass(int way)
{
	switch (way) {
	case 0:
		return is_there(SYS_io_uring_setup, 0, 0, 0);
	case 1:
		return is_there(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
	case 2:
		return is_there(SYS_landlock_restrict_self, -1, 0, 0);
	default:
		return is_there(SYS_open_by_handle_at, -1, 0, 0);
	}
}

static void target_cannot_pass(void)
{
	for (int i = 0; i < LENGTH(passing); i++)
		expect(!can_pass(i));
}

START_TEST(targets_get_past_no_broker)
{
	for (int i = 0; i < LENGTH(passing); i++)
		if (!can_pass(i))
			printf("skip: this kernel has no %s\n", passing[i]);
	check_under_broker(may_connect, target_cannot_pass);
}
END_TEST

/* ---- Before a broker answers ---- */

static int supervisor_spawn(struct stile *s, char *const argv[])
{
	pid_t pid;

	return stile_supervisor_spawn(supervisor, s, argv[0], argv, NULL, NULL, &pid);
}

static int supervise(struct stile *s, char *const argv[])
{
	return stile_supervise(s, argv[0], argv, NULL);
}

static int spawn_with_listener(struct stile *s, char *const argv[])
{
	int listener;
	pid_t pid;

	return stile_spawn_with_listener(s, argv[0], argv, NULL, NULL, &pid, &listener);
}

static int (*const ways[])(struct stile *, char *const[]) = { supervisor_spawn, supervise,
							      spawn_with_listener };

START_TEST(what_a_broker_judges_is_never_unasked)
{
	struct stile_broker *broker = stile_broker_new();
	struct stile *s = stile_new_allowing();
	char *argv[] = { (char *)test_program("supervised"), (char *)"call", NULL };

	ck_assert_int_eq(stile_broker_allow_connect(broker, "127.0.0.1", 1, 1), 0);
	ck_assert_int_eq(stile_set_flags(s, STILE_SPAWN_UNASKED), 0);
	ck_assert_int_eq(stile_use_broker(s, broker), 0);
	ck_assert_fails(ways[_i](s, argv), -EINVAL,
			"STILE_SPAWN_UNASKED permits unasked, up to the entry point, what this "
			"context's broker is to judge: leave the flag out");
	stile_free(s);
	stile_broker_free(broker);
}
END_TEST

/* The flag is for handlers. */
START_TEST(what_a_handler_watches_may_be_unasked)
{
	struct stile *s = handling(answer_as_said, &allowing);
	char *argv[] = { (char *)test_program("supervised"), (char *)"call", NULL };

	ck_assert_int_eq(stile_set_flags(s, STILE_SPAWN_UNASKED), 0);
	ck_assert_msg(supervisor_spawn(s, argv) == 0, "%s", stile_message(s));
	stile_free(s);
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervised_guard");
	TCase *cases = tcase_create("supervised_guard");

	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, targets_reach_into_nobody, 0, 2);
	tcase_add_test(cases, targets_make_nothing_that_is_not_traced);
	tcase_add_loop_test(cases, unless_a_handler_permits_it, 0, LENGTH(reaching));
	tcase_add_test(cases, or_an_intercept);
	tcase_add_test(cases, targets_get_past_no_broker);
	tcase_add_loop_test(cases, what_a_broker_judges_is_never_unasked, 0, LENGTH(ways));
	tcase_add_test(cases, what_a_handler_watches_may_be_unasked);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
