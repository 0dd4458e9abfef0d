/* SPDX-License-Identifier: MIT */
/* Handlers that take long: who waits for them, and who does not. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer_support.h"

static atomic_int calls, slow_runs, in_process, most_in_process;
static atomic_bool is_released;
static atomic_int slow_thread;

/* More calls than can be made in the time that a tracer waits for a handler. */
#define MANY 3000

static struct stile_answer count_calls(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	calls++;
	return stile_answer_return(4242);
}

/* Waits for what others do, who would wait for it if it held them up. */
static struct stile_answer wait_for_calls(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	while (calls < MANY)
		(void)sched_yield();
	slow_runs++;
	return stile_answer_fail(EDOM);
}

static const struct traced slow = {
	.intercepts = INTERCEPTS({ "getppid", count_calls, NULL, NULL },
				 { "mkdirat", wait_for_calls, NULL, NULL }),
};

START_TEST(other_processes_go_on)
{
	check_traced(&slow, ARGUMENTS("busy-child", "3000"));
	ck_assert_int_eq(calls, MANY);
	ck_assert_int_eq(slow_runs, 1);
}
END_TEST

START_TEST(other_programs_go_on)
{
	struct tracing *tracing = new_tracing();
	const pid_t first = start_traced(tracing, &slow, ARGUMENTS("deny"));
	const pid_t second = start_traced(tracing, &slow, ARGUMENTS("threads", "3", "1000"));
	int status;

	ck_assert_int_eq(tracing_wait(tracing, first, false, &status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(tracing_wait(tracing, second, false, &status), 0);
	ck_assert_int_eq(status, 0);
	tracing_free(tracing);
	expect_no_children();
	ck_assert_int_eq(faults, 0);
}
END_TEST

static struct stile_answer take_time(struct stile_call *call, void *data)
{
	const int now = ++in_process;

	(void)call;
	(void)data;
	if (now > most_in_process)
		most_in_process = now;
	for (int i = 0; i < 20; i++)
		(void)sched_yield();
	in_process--;
	return stile_answer_return(4242);
}

/* One after the other, though there are threads enough. */
START_TEST(calls_of_a_process_stay_in_order)
{
	const struct traced traced = { .intercepts =
					       INTERCEPTS({ "getppid", take_time, NULL, NULL }) };

	set_beside();
	check_traced(&traced, ARGUMENTS("threads", "8", "100"));
	ck_assert_int_eq(most_in_process, 1);
}
END_TEST

static struct stile_answer wait_for_release(struct stile_call *call, void *data)
{
	(void)data;
	slow_thread = stile_call_thread(call);
	while (!is_released)
		(void)sched_yield();
	slow_runs++;
	return stile_answer_fail(EDOM);
}

static const struct traced stuck = {
	.intercepts = INTERCEPTS({ "getppid", count_calls, NULL, NULL },
				 { "mkdirat", wait_for_release, NULL, NULL }),
};

/* The status of a process comes while a handler is asked for another one, or for itself. */
START_TEST(ends_are_seen_meanwhile)
{
	for (int i = 0; i < 20; i++) {
		struct tracing *tracing = new_tracing();
		pid_t pid;
		int status;

		is_released = false;
		slow_thread = 0;
		pid = start_traced(tracing, &stuck, ARGUMENTS("busy-child", "100000000"));
		while (!slow_thread)
			(void)sched_yield();
		if (i % 2) /* the one whose call it is */
			ck_assert_int_eq(kill(slow_thread, SIGKILL), 0);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), 0);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		ck_assert_int_eq(slow_runs, i);
		is_released = true;
		tracing_free(tracing);
		ck_assert_int_eq(slow_runs, i + 1);
	}
	expect_no_children();
	ck_assert_int_eq(faults, 0);
}
END_TEST

static void *release(void *tracing)
{
	while (!slow_thread)
		(void)sched_yield();
	tracing_kill_all(tracing);
	is_released = true;
	return NULL;
}

/* What a handler answers for a program that is killed by then lets it do nothing more. */
START_TEST(answers_that_come_too_late)
{
	for (int i = 0; i < 20; i++) {
		struct tracing *tracing = new_tracing();
		pthread_t thread;
		pid_t pid;
		int status;

		is_released = false;
		slow_thread = 0;
		pid = start_traced(tracing, &stuck,
				   i % 2 ? ARGUMENTS("deny") :
					   ARGUMENTS("busy-child", "100000000"));
		ck_assert_int_eq(pthread_create(&thread, NULL, release, tracing), 0);
		ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), 0);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
		tracing_wait_all(tracing);
		tracing_free(tracing);
		expect_no_children();
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("slow handlers");
	TCase *tcase = tcase_create("slow handlers");

	tcase_add_test(tcase, other_processes_go_on);
	tcase_add_test(tcase, other_programs_go_on);
	tcase_add_test(tcase, calls_of_a_process_stay_in_order);
	tcase_add_test(tcase, ends_are_seen_meanwhile);
	tcase_add_test(tcase, answers_that_come_too_late);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
