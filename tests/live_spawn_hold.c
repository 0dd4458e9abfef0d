/* SPDX-License-Identifier: MIT */
/* Between the tracer that starts a program and the one that its intercepts have nothing of it runs,
 * whoever sends it what. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/intercept.h>

#include "spawn_support.h"
#include "supervise_support.h"
#include "supervised.h"
#include "test_support.h"
#include "tracer_support.h"

#define ROUNDS 100

#define BIT(number) (UINT64_C(1) << ((number)-1))

static int told, out; /* what programs write; where this program does */

static void set_up(void)
{
	int ends[2];

	out = fcntl(1, F_DUPFD_CLOEXEC, 3);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	(void)close(ends[1]);
	told = ends[0];
}

/* Nothing was written by programs, of which none is left. */
static void expect_nobody_was_free(void)
{
	char text[16] = "";

	ck_assert_int_eq(dup2(out, 1), 1);
	ck_assert_int_eq(read(told, text, sizeof(text) - 1), 0);
	expect_no_children();
}

static struct stile *intercepting(void)
{
	struct stile *s = stile_new_allowing();

	ck_assert_msg(stile_intercept(s, "getppid", answer_parent, NULL, NULL) == 0, "%s",
		      stile_message(s));
	return s;
}

/* ---- Held, with nobody there yet ---- */

static struct supervised_start start_held(const char *number, const char *mask,
					  const struct stile_spawn_signals *signals)
{
	const char *argv[] = { test_program("held_target"), number, mask, NULL };
	struct supervised_start start = { .path = argv[0],
					  .argv = (char *const *)argv,
					  .signals = signals };
	struct stile *s = intercepting();
	siginfo_t info = { 0 };

	ck_assert_msg(spawn_supervised(s, &start) == 0, "%s", stile_message(s));
	stile_free(s);
	ck_assert_uint_ne(start.hold.entry, 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)start.pid, &info, WSTOPPED | WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(info.si_code, CLD_STOPPED);
	return start;
}

/* Its tracer comes; how it ends then. */
static int status_attached(const struct supervised_start *start)
{
	struct handler all[] = { { answer_parent, NULL, NULL, true } };
	const struct handlers handlers = { .all = all, .count = 1 };
	struct tracing *tracing = new_tracing();
	int status = -1;

	ck_assert_int_eq(tracing_attach(tracing, start->pid, &handlers, &start->hold), 0);
	ck_assert_int_eq(tracing_wait(tracing, start->pid, false, &status), 0);
	tracing_free(tracing);
	return status;
}

static const int sent[] = { 0, SIGUSR1, SIGTRAP, SIGTERM };

/* It catches all but the last of these. */
START_TEST(who_is_continued_is_dead_at_once)
{
	const struct supervised_start start = start_held("0", NULL, NULL);
	int status;

	if (sent[_i])
		ck_assert_int_eq(kill(start.pid, sent[_i]), 0);
	ck_assert_int_eq(kill(start.pid, SIGCONT), 0);
	ck_assert_int_eq(waitpid(start.pid, &status, 0), start.pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGTRAP);
}
END_TEST

/* It is known how, if its tracer comes afterwards. */
START_TEST(who_was_continued_cannot_be_traced)
{
	const struct supervised_start start = start_held("0", NULL, NULL);
	siginfo_t info = { 0 };
	int status;

	ck_assert_int_eq(kill(start.pid, SIGCONT), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)start.pid, &info, WEXITED | WNOWAIT), 0);
	status = status_attached(&start);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGTRAP);
}
END_TEST

/* Its handler is called under the tracer, which answers what it asks. */
START_TEST(a_signal_waits_for_the_tracer)
{
	const struct supervised_start start = start_held("-1", NULL, NULL);

	ck_assert_int_eq(kill(start.pid, SIGUSR1), 0);
	ck_assert_int_eq(status_attached(&start), 0);
	ck_assert_int_eq(faults, 0);
}
END_TEST

START_TEST(a_signal_that_kills_waits_too)
{
	const struct supervised_start start = start_held("0", NULL, NULL);

	ck_assert_int_eq(kill(start.pid, SIGTERM), 0);
	ck_assert_int_eq(status_attached(&start), SIGTERM);
	ck_assert_int_eq(faults, 0);
}
END_TEST

START_TEST(the_mask_is_the_programs)
{
	const struct stile_spawn_signals signals = { .blocked = BIT(SIGUSR1) | BIT(SIGHUP) |
								BIT(64) };
	char mask[32];

	(void)snprintf(mask, sizeof(mask), "%llu", (unsigned long long)signals.blocked);
	for (int i = 0; i < 2; i++) {
		const struct supervised_start start = start_held("0", mask, &signals);

		if (i) /* blocked, so it stays pending */
			ck_assert_int_eq(kill(start.pid, SIGHUP), 0);
		ck_assert_int_eq(status_attached(&start), 0);
	}
	ck_assert_int_eq(faults, 0);
}
END_TEST

/* ---- By the public interface, with signals all the time ---- */

static int status_under_timer(int number)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();
	struct stile *s = intercepting();
	char text[16];
	char *argv[] = { (char *)test_program("held_target"), text, NULL };
	pid_t pid = 0;
	int status;

	(void)snprintf(text, sizeof(text), "%d", number);
	ck_assert_msg(stile_supervisor_spawn(supervisor, s, argv[0], argv, NULL, NULL, &pid) == 0,
		      "%s", stile_message(s));
	stile_free(s);
	status = status_of(supervisor, pid);
	stile_supervisor_free(supervisor);
	return status;
}

static atomic_bool is_over;
static atomic_int times_continued;

/* The process that the first thread of this one has made last; 0: none. */
static pid_t last_child(void)
{
	char path[64], text[256];
	pid_t child = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	if (f && fgets(text, sizeof(text), f))
		for (char *at = text; *at >= '0'; at += *at == ' ')
			child = (pid_t)strtol(at, &at, 10);
	if (f)
		(void)fclose(f);
	return child;
}

/* By job control, with nobody who traces it. */
static bool is_stopped(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		(void)fclose(f);
	return state == 'T';
}

/* In a thread: whatever is stopped goes on. */
static void *continue_children(void *unused)
{
	while (!is_over) {
		const pid_t child = last_child();

		if (child == 0 || !is_stopped(child))
			continue;
		(void)kill(child, SIGUSR1);
		(void)kill(child, SIGCONT);
		times_continued++;
	}
	return unused;
}

/* It is traced or dead. */
START_TEST(who_is_continued_never_runs_free)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, continue_children, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		const int status = status_under_timer(0);
		const int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

		ck_assert_msg(status == 0 || number == SIGTRAP || number == SIGKILL, "0x%x",
			      status);
	}
	is_over = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	/* not yet written: standard output is the programs' still */
	if (times_continued == 0)
		printf("skip: no program could be continued between its tracers\n");
}
END_TEST

/* It is no reason for a death. */
START_TEST(who_catches_signals_is_traced)
{
	for (int i = 0; i < ROUNDS; i++)
		ck_assert_int_eq(status_under_timer(SIGUSR1), 0);
}
END_TEST

/* Threads of constructors could not be held. */
START_TEST(programs_with_threads_are_refused)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();
	struct stile *s = intercepting();
	char *argv[] = { (char *)test_program("traced_target"), (char *)"early", NULL };
	const char *const end = " had 4 threads before its entry point: with intercepts it must "
				"have one";
	pid_t pid = 0;

	ck_assert_int_eq(stile_supervisor_spawn(supervisor, s, argv[0], argv, NULL, NULL, &pid),
			 -ECHILD);
	ck_assert_msg(strstr(stile_message(s), end), "%s", stile_message(s));
	stile_free(s);
	stile_supervisor_free(supervisor);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("spawn_hold");
	TCase *cases = tcase_create("spawn_hold");

	tcase_set_timeout(cases, 300);
	tcase_add_checked_fixture(cases, set_up, expect_nobody_was_free);
	tcase_add_loop_test(cases, who_is_continued_is_dead_at_once, 0, 4);
	tcase_add_test(cases, who_was_continued_cannot_be_traced);
	tcase_add_test(cases, a_signal_waits_for_the_tracer);
	tcase_add_test(cases, a_signal_that_kills_waits_too);
	tcase_add_test(cases, the_mask_is_the_programs);
	tcase_add_test(cases, who_is_continued_never_runs_free);
	tcase_add_test(cases, who_catches_signals_is_traced);
	tcase_add_test(cases, programs_with_threads_are_refused);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
