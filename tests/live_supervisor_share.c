/* SPDX-License-Identifier: MIT */
/* Hostile targets, whose handlers take as long as they like: they leave threads for others. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include <stile/intercept.h>

#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

#define HANDLERS 8 /* at once */
#define CALLS 8	   /* at once, of each hostile target */

static struct stile_supervisor *supervisor;

/* Its handlers say that they run, and end when the test closes the gate. */
struct hostile {
	int entered[2], gate[2];
	pid_t pid;
};

static void set_up(void)
{
	supervisor = stile_supervisor_new();
	ck_assert_ptr_nonnull(supervisor);
	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, HANDLERS), 0);
}

static void tear_down(void)
{
	expect_faults(supervisor, 0, "");
	stile_supervisor_free(supervisor);
	expect_no_children();
}

static struct stile_answer take_long(struct stile_call *call, void *data)
{
	const struct hostile *hostile = data;
	char byte;

	(void)call;
	(void)!write(hostile->entered[1], "", 1);
	(void)!read(hostile->gate[0], &byte, 1);
	return stile_answer_fail(EACCES);
}

static void open_pipes(struct hostile *hostile)
{
	ck_assert_int_eq(pipe2(hostile->entered, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(hostile->gate, O_CLOEXEC), 0);
}

/* One call of each of its threads. */
static void start(struct hostile *hostile)
{
	open_pipes(hostile);
	hostile->pid = start_supervised(supervisor, take_long, hostile, "threads", 1, -EACCES);
}

/* Waits until so many of its handlers run. */
static void wait_for_handlers(const struct hostile *hostile, int count)
{
	char byte;

	for (int i = 0; i < count; i++)
		ck_assert_int_eq(read(hostile->entered[0], &byte, 1), 1);
}

static bool has_entered(const struct hostile *hostile)
{
	struct pollfd poller = { .fd = hostile->entered[0], .events = POLLIN };

	return poll(&poller, 1, 0) == 1;
}

/* Lets its handlers go; all of its calls must have been answered. */
static void end(struct hostile *hostile, int handlers_so_far)
{
	(void)close(hostile->gate[1]);
	wait_for_handlers(hostile, CALLS - handlers_so_far);
	ck_assert_int_eq(status_of(supervisor, hostile->pid), 0);
	ck_assert(!has_entered(hostile));
}

static void run_fast_ones(void)
{
	static const char *const makers[] = { "call", "threads", "fork" };
	struct said said = { stile_answer_fail(EACCES), 0 };

	for (int i = 0; i < 3; i++)
		run_supervised(supervisor, answer_as_said, &said, makers[i], 50, -EACCES);
	ck_assert_uint_ge(said.calls, 50 + 8 * 50 + 2 * 50);
}

/* Each gets half of what the others leave: so there is something left for the next one. */
START_TEST(hostile_targets_leave_threads_for_others)
{
	struct hostile first, second, third;

	start(&first);
	wait_for_handlers(&first, HANDLERS / 2);
	start(&second);
	wait_for_handlers(&second, HANDLERS / 4);
	start(&third);
	wait_for_handlers(&third, HANDLERS / 8);
	run_fast_ones();
	ck_assert(!has_entered(&first) && !has_entered(&second) && !has_entered(&third));
	end(&second, HANDLERS / 4);
	run_fast_ones();
	end(&first, HANDLERS / 2);
	end(&third, HANDLERS / 8);
	run_fast_ones();
}
END_TEST

/* The more there are the less each gets, but one. */
START_TEST(many_hostile_targets)
{
	struct hostile all[3];

	for (int i = 0; i < 3; i++) {
		start(&all[i]);
		wait_for_handlers(&all[i], 1);
		run_fast_ones();
	}
	for (int i = 0; i < 3; i++)
		end(&all[i], 1);
}
END_TEST

/* Handlers that wait when their targets are killed hold up nobody either, and are waited for. */
START_TEST(hostile_targets_are_killed)
{
	struct hostile first, second;

	start(&first);
	wait_for_handlers(&first, HANDLERS / 2);
	start(&second);
	wait_for_handlers(&second, HANDLERS / 4);
	ck_assert_int_eq(kill(first.pid, SIGKILL), 0);
	ck_assert_int_eq(status_of(supervisor, first.pid), SIGKILL);
	run_fast_ones();
	ck_assert_int_eq(kill(second.pid, SIGKILL), 0);
	ck_assert_int_eq(status_of(supervisor, second.pid), SIGKILL);
	run_fast_ones();
	(void)close(first.gate[1]);
	(void)close(second.gate[1]);
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
}
END_TEST

/* ---- Intercepts, which other threads run ---- */

static pid_t start_intercepted(stile_handler handler, void *data, const char *verb,
			       const char *number)
{
	struct stile *s = stile_new_allowing();
	char *argv[] = { (char *)test_program("supervised"), (char *)verb, (char *)number,
			 (char *)"-13", NULL };
	pid_t pid = 0;

	ck_assert_int_eq(stile_intercept(s, "getppid", handler, NULL, data), 0);
	ck_assert_msg(stile_supervisor_spawn(supervisor, s, argv[0], argv, NULL, NULL, &pid) == 0,
		      "%s", stile_message(s));
	stile_free(s);
	return pid;
}

static void start_processes(struct hostile *hostile)
{
	open_pipes(hostile);
	hostile->pid = start_intercepted(take_long, hostile, "processes", "1");
}

static void run_fast_intercepts(void)
{
	static const char *const makers[] = { "call", "threads", "processes" };
	struct said said = { stile_answer_fail(EACCES), 0 };

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(status_of(supervisor, start_intercepted(answer_as_said, &said,
									 makers[i], "50")),
				 0);
	ck_assert_uint_eq(said.calls, 50 + 8 * 50 + 8 * 50);
}

START_TEST(hostile_programs_with_intercepts)
{
	struct hostile first, second;

	start_processes(&first);
	wait_for_handlers(&first, HANDLERS / 2);
	start_processes(&second);
	wait_for_handlers(&second, HANDLERS / 4);
	run_fast_intercepts();
	run_fast_ones();
	ck_assert(!has_entered(&first) && !has_entered(&second));
	end(&first, HANDLERS / 2);
	run_fast_intercepts();
	end(&second, HANDLERS / 4);
}
END_TEST

START_TEST(more_handlers_while_programs_wait)
{
	struct hostile hostile;

	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, 2), 0);
	start_processes(&hostile);
	wait_for_handlers(&hostile, 1);
	run_fast_intercepts(); /* meanwhile all of its processes have come to their calls */
	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, HANDLERS), 0);
	wait_for_handlers(&hostile, HANDLERS / 2 - 1);
	end(&hostile, HANDLERS / 2);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervisor_share");
	TCase *cases = tcase_create("supervisor_share");

	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, hostile_targets_leave_threads_for_others);
	tcase_add_test(cases, many_hostile_targets);
	tcase_add_test(cases, hostile_targets_are_killed);
	tcase_add_test(cases, hostile_programs_with_intercepts);
	tcase_add_test(cases, more_handlers_while_programs_wait);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
