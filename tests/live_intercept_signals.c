/* SPDX-License-Identifier: MIT */
/* Signals that programs with intercepts get, by the public interface: as without a tracer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/intercept.h>

#include "child.h"
#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

#define BIT(number) (UINT64_C(1) << ((number)-1))

static struct stile_supervisor *supervisor;
static atomic_int calls;
static bool is_at_exit; /* its calls are answered when they are over */

static void set_up(void)
{
	supervisor = stile_supervisor_new();
	ck_assert_ptr_nonnull(supervisor);
}

static void set_up_at_exit(void)
{
	is_at_exit = true;
	set_up();
}

static void tear_down(void)
{
	expect_faults(supervisor, 0, "");
	stile_supervisor_free(supervisor);
	expect_no_children();
}

/* As traced_target wants it. */
static struct stile_answer answer_parent(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	calls++;
	return stile_answer_return(4242);
}

static pid_t start(const char *program, const char *const *arguments,
		   const struct stile_spawn_signals *signals)
{
	const char *argv[8] = { test_program(program) };
	struct stile *s = stile_new_allowing();
	pid_t pid = 0;

	for (int i = 0; i < 6 && arguments[i]; i++)
		argv[i + 1] = arguments[i];
	ck_assert_int_eq(stile_intercept(s, "getppid", is_at_exit ? NULL : answer_parent,
					 is_at_exit ? answer_parent : NULL, NULL),
			 0);
	ck_assert_msg(stile_supervisor_spawn(supervisor, s, argv[0], (char *const *)argv, NULL,
					     signals, &pid) == 0,
		      "%s", stile_message(s));
	stile_free(s);
	return pid;
}

/* ---- What it sends to itself ---- */

static const char *const own[][4] = {
	{ "signals" },		   /* caught, and one that interrupts a read */
	{ "storm", "500", "200" }, /* at every moment of its calls */
	{ "jobs" },		   /* a child stops and goes on twice */
};

START_TEST(signals_of_its_own)
{
	ck_assert_int_eq(status_of(supervisor, start("traced_target", own[_i], NULL)), 0);
}
END_TEST

static const int deaths[] = { SIGTERM, SIGKILL, SIGSEGV, SIGTRAP, SIGUSR2 };

START_TEST(signals_that_kill)
{
	char number[16];
	int status;

	(void)snprintf(number, sizeof(number), "%d", deaths[_i]);
	status = status_of(supervisor, start("traced_target", ARGUMENTS("raise", number), NULL));
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == deaths[_i], "0x%x", status);
}
END_TEST

/* ---- What others send to it ---- */

struct waiting {
	pid_t pid;
	int told;
};

/* Catches signals and says the number of each. */
static struct waiting start_waiting(const struct stile_spawn_signals *signals)
{
	struct waiting waiting;
	int ends[2], out = fcntl(1, F_DUPFD_CLOEXEC, 3);
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	waiting.pid = start("signal_teller", ARGUMENTS(NULL), signals);
	ck_assert_int_eq(dup2(out, 1), 1);
	(void)close(out);
	(void)close(ends[1]);
	waiting.told = ends[0];
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 'r');
	return waiting;
}

static int next_told(const struct waiting *waiting)
{
	unsigned char byte;

	return read(waiting->told, &byte, 1) == 1 ? byte : -1;
}

START_TEST(each_signal_is_caught_once)
{
	const struct waiting waiting = start_waiting(NULL);
	static const int sent[] = { SIGUSR1, SIGHUP, SIGTRAP, SIGALRM, SIGSEGV, SIGSYS, SIGCHLD };

	for (int i = 0; i < (int)(sizeof(sent) / sizeof(*sent)); i++) {
		ck_assert_int_eq(kill(waiting.pid, sent[i]), 0);
		ck_assert_int_eq(next_told(&waiting), sent[i]);
	}
	ck_assert_int_gt(calls, 0);
	ck_assert_int_eq(kill(waiting.pid, SIGTERM), 0);
	ck_assert_int_eq(status_of(supervisor, waiting.pid), SIGTERM);
	ck_assert_int_eq(next_told(&waiting), -1);
}
END_TEST

/* None of them is lost, nor is its value: the handler says that. */
START_TEST(queued_signals_keep_their_order_and_values)
{
	const struct waiting waiting = start_waiting(NULL);

	for (int i = 1; i <= 100; i++)
		ck_assert_int_eq(sigqueue(waiting.pid, SIGRTMIN + 3, (union sigval){ i }), 0);
	for (int i = 1; i <= 100; i++)
		ck_assert_int_eq(next_told(&waiting), i);
	ck_assert_int_eq(kill(waiting.pid, SIGKILL), 0);
	ck_assert_int_eq(status_of(supervisor, waiting.pid), SIGKILL);
}
END_TEST

/* SIGUSR2 is blocked from its start, and SIGPIPE ignored: it catches neither. */
START_TEST(what_is_blocked_or_ignored_stays_so)
{
	const struct stile_spawn_signals signals = { .blocked = BIT(SIGUSR2),
						     .ignored = BIT(SIGPIPE) };
	const struct waiting waiting = start_waiting(&signals);

	ck_assert_int_eq(kill(waiting.pid, SIGUSR2), 0);
	ck_assert_int_eq(kill(waiting.pid, SIGPIPE), 0);
	ck_assert_int_eq(kill(waiting.pid, SIGUSR1), 0);
	ck_assert_int_eq(next_told(&waiting), SIGUSR1);
	ck_assert_int_eq(kill(waiting.pid, SIGKILL), 0);
	ck_assert_int_eq(status_of(supervisor, waiting.pid), SIGKILL);
}
END_TEST

/* While a process is stopped, what it would catch waits. */
static void expect_stopped(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	for (int i = 0; i < 200; i++)
		ck_assert_int_gt(status_number(path, "ShdPnd"), 0);
}

static const int stops[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };

/* What comes meanwhile, comes afterwards. */
START_TEST(it_stops_and_goes_on)
{
	const struct waiting waiting = start_waiting(NULL);

	for (int i = 0; i < 3; i++) {
		int status = 0;

		ck_assert_int_eq(kill(waiting.pid, stops[_i]), 0);
		ck_assert_int_eq(stile_supervisor_wait_stop(supervisor, waiting.pid, &status), 0);
		ck_assert(WIFSTOPPED(status));
		ck_assert_int_eq(WSTOPSIG(status), stops[_i]);
		ck_assert_int_eq(kill(waiting.pid, SIGUSR1), 0);
		expect_stopped(waiting.pid);
		ck_assert_int_eq(kill(waiting.pid, SIGCONT), 0);
		ck_assert_int_eq(next_told(&waiting), SIGUSR1);
	}
	ck_assert_int_eq(kill(waiting.pid, stops[_i]), 0);
	ck_assert_int_eq(kill(waiting.pid, SIGKILL), 0);
	ck_assert_int_eq(status_of(supervisor, waiting.pid), SIGKILL);
}
END_TEST

static TCase *make_tcase(const char *name, void (*begin)(void))
{
	TCase *cases = tcase_create(name);

	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, begin, tear_down);
	tcase_add_loop_test(cases, signals_of_its_own, 0, 3);
	tcase_add_loop_test(cases, signals_that_kill, 0, 5);
	tcase_add_test(cases, each_signal_is_caught_once);
	tcase_add_test(cases, queued_signals_keep_their_order_and_values);
	tcase_add_test(cases, what_is_blocked_or_ignored_stays_so);
	tcase_add_loop_test(cases, it_stops_and_goes_on, 0, 4);
	return cases;
}

static Suite *suite(void)
{
	Suite *all = suite_create("intercept_signals");

	suite_add_tcase(all, make_tcase("at entry", set_up));
	suite_add_tcase(all, make_tcase("at exit", set_up_at_exit));
	return all;
}

TEST_MAIN(suite)
