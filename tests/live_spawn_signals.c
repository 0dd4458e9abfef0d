/* SPDX-License-Identifier: MIT */
/*
 * Signals, stops and kills while a program is being started, at its own hand and at that
 * of others. Whatever comes, the start ends.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn_support.h"
#include "test_support.h"

#define TARGET(...) .program = "spawn_target", .arguments = ARGUMENTS(__VA_ARGS__)

static const int caught_signals[] = { SIGUSR1, SIGTRAP, SIGTSTP, SIGSEGV };

START_TEST(signals_reach_their_handlers)
{
	char number[16];
	struct run r = { TARGET("catch", number), .final = FINAL_LOOSE };

	snprintf(number, sizeof(number), "%d", caught_signals[_i]);
	run_and_expect(&r, "early=1 final=99 threads=0 caught=1 euid=0\n");
}
END_TEST

START_TEST(signals_that_come_all_the_time)
{
	for (int i = 0; i < 20; i++) {
		struct run r = { TARGET("timer"), .final = FINAL_LOOSE };

		run_and_expect(&r, "early=0 final=99 threads=2 caught=1 euid=0\n");
	}
}
END_TEST

START_TEST(a_signal_that_kills)
{
	struct run r = { TARGET("raise", "15") };

	run(&r);
	ck_assert_int_eq(r.error, -ECHILD);
	ck_assert_str_eq(r.result.message,
			 "the program was killed by signal 15 before it was sandboxed");
	ck_assert(WIFSIGNALED(r.result.wait_status));
	ck_assert_str_eq(r.output, "before\n");
	expect_no_children();
}
END_TEST

/* A child of this process other than those known; 0 if there is none now. */
static pid_t find_child(pid_t parent, pid_t known, int skip)
{
	char path[64], text[256];
	FILE *f;
	pid_t pid = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	f = fopen(path, "re");
	if (f && fgets(text, sizeof(text), f))
		for (char *at = text; *at >= '0';) {
			pid_t found = (pid_t)strtol(at, &at, 10);

			at += *at == ' ';
			if (found == known || skip-- > 0)
				continue;
			pid = found;
			break;
		}
	if (f)
		fclose(f);
	return pid;
}

static char state_of(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		fclose(f);
	return state;
}

/*
 * In another process: send a signal to the program whenever it is stopped for good, until it has
 * ended. A stop of its own lasts; those of its tracer are over before they are seen so often, and
 * if one is not, the signal does no harm and the next one is the one that counts.
 */
static pid_t continue_later(pid_t parent, int ready, int signal)
{
	pid_t helper = fork(), pid = 0;
	bool was_stopped = false;
	char byte;

	if (helper)
		return helper;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(ready, &byte, 1) != 1)
		_exit(1);
	pid = find_child(parent, getpid(), 0);
	for (;;) {
		int seen = 0;
		char state;

		while ((state = state_of(pid)) != 0 && state != 'Z' && seen < 50) {
			seen = state == 't' || state == 'T' ? seen + 1 : 0;
			sched_yield();
		}
		if (seen < 50)
			_exit(was_stopped ? 0 : 2);
		was_stopped = true;
		kill(pid, signal);
	}
}

static const int stops[] = { SIGSTOP, SIGTSTP, SIGTTIN };

/* What it writes first, says that it is about to stop. */
static void stop_and(int signal, struct run *r)
{
	int ends[2], status;
	pid_t helper;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	helper = continue_later(getpid(), ends[0], signal);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	start_only(r);
	be_quiet();
	close(ends[1]);
	ck_assert_int_eq(waitpid(helper, &status, 0), helper);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_program_that_stops_itself_goes_on_when_continued)
{
	char number[16];
	struct run r = { TARGET("raise", number) };

	snprintf(number, sizeof(number), "%d", stops[_i]);
	stop_and(SIGCONT, &r);
	ck_assert_msg(r.error == 0, "%s", r.result.message);
	ck_assert_int_eq(waitpid(r.result.pid, &r.status, 0), r.result.pid);
	ck_assert_int_eq(r.status, 0);
}
END_TEST

START_TEST(a_stopped_program_can_be_killed)
{
	struct run r = { TARGET("raise", "19") };

	stop_and(SIGKILL, &r);
	ck_assert_int_eq(r.error, -ECHILD);
	expect_no_children();
}
END_TEST

/* Send signals to the program, or to its tracer, at any moment, until we are killed. */
static pid_t disturb(pid_t parent, const int *signals, int count, int skip)
{
	pid_t helper = fork();

	if (helper)
		return helper;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srandom(42);
	for (;;) {
		pid_t pid = find_child(parent, getpid(), skip);

		if (!pid)
			continue;
		for (volatile long wait = random() % 300000; wait; wait--)
			;
		for (int i = 0; i < count; i++)
			kill(pid, signals[i]);
	}
}

static void start_disturbed(const int *signals, int count, int skip, int times, int *good, int *bad)
{
	static const char *const verbs[] = { "plain", "threads", "hammer", "timer" };
	pid_t helper = disturb(getpid(), signals, count, skip);

	be_quiet();
	for (int i = 0; i < times; i++) {
		struct run r = { TARGET(verbs[i % 4], "4"), .final = FINAL_LOOSE };

		if (start_only(&r) == 0) {
			ck_assert_int_eq(waitpid(r.result.pid, &r.status, 0), r.result.pid);
			++*good;
		} else {
			ck_assert_msg(r.error == -ECHILD, "%d: %s", r.error, r.result.message);
			++*bad;
		}
		ck_assert_int_eq(waitpid(-1, NULL, __WALL | WNOHANG), 0); /* the helper lives */
	}
	kill(helper, SIGKILL);
	waitpid(helper, NULL, 0);
}

START_TEST(killed_at_any_moment)
{
	int good = 0, bad = 0;

	start_disturbed((const int[]){ SIGKILL }, 1, 0, 200, &good, &bad);
	ck_assert_int_gt(bad, 0);
}
END_TEST

START_TEST(the_tracer_is_killed_at_any_moment)
{
	int good = 0, bad = 0;

	start_disturbed((const int[]){ SIGKILL }, 1, 1, 200, &good, &bad);
	ck_assert_int_gt(bad, 0);
}
END_TEST

START_TEST(stopped_and_continued_at_any_moment)
{
	int good = 0, bad = 0;

	start_disturbed((const int[]){ SIGSTOP, SIGCONT }, 2, 0, 60, &good, &bad);
	ck_assert_int_eq(good, 60);
}
END_TEST

/* The caller is killed: so is what it was starting. */
START_TEST(the_caller_is_killed)
{
	int ends[2];
	char text[16] = "";
	pid_t caller;

	ck_assert_int_eq(pipe(ends), 0);
	caller = fork();
	if (caller == 0) {
		struct run r = { TARGET("raise", "19") };

		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		start_only(&r);
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), 7);
	kill(caller, SIGKILL);
	/* End of file: nobody of them is left. */
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), 0);
	waitpid(caller, NULL, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("spawn, signals");
	TCase *once = tcase_create("once");

	tcase_set_timeout(once, 120);
	suite_add_tcase(suite, once);
	tcase_add_loop_test(once, signals_reach_their_handlers, 0, 4);
	tcase_add_test(once, signals_that_come_all_the_time);
	tcase_add_test(once, a_signal_that_kills);
	tcase_add_loop_test(once, a_program_that_stops_itself_goes_on_when_continued, 0, 3);
	tcase_add_test(once, a_stopped_program_can_be_killed);
	tcase_add_test(once, killed_at_any_moment);
	tcase_add_test(once, the_tracer_is_killed_at_any_moment);
	tcase_add_test(once, stopped_and_continued_at_any_moment);
	tcase_add_test(once, the_caller_is_killed);
	return suite;
}

TEST_MAIN(make_suite)
