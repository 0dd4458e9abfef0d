/* SPDX-License-Identifier: MIT */
/* Targets and supervisors that die at any time, many targets at once: nothing hangs, is left, or
 * gets free. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "random.h"
#include "tracer_support.h"

#define TARGETS 200
#define KILLS 300

static atomic_int calls, execs;
static atomic_int kill_at; /* the call after which a handler kills its target; 0: never */

static int count_entries(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

static void expect_nothing_left(int descriptors)
{
	expect_no_children();
	ck_assert_int_eq(count_entries("/proc/self/fd"), descriptors);
	ck_assert_int_eq(count_entries("/proc/self/task"), 3); /* one, and two dots */
	ck_assert_int_eq(running, 0);
}

static struct stile_answer count_calls(struct stile_call *call, void *data)
{
	(void)data;
	if (++calls == kill_at)
		(void)kill(stile_call_process(call), SIGKILL);
	return stile_answer_return(4242);
}

static const struct traced counted = { .intercepts =
					       INTERCEPTS({ "getppid", count_calls, NULL, NULL }) };

static struct stile_answer count_exits(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	calls++;
	return stile_answer_return(4242);
}

static const struct traced counted_exits = { .intercepts = INTERCEPTS(
						     { "getppid", NULL, count_exits, NULL }) };

/* Its processes make others all the time; they die with it. */
START_TEST(targets_are_killed_at_any_time)
{
	const int descriptors = count_entries("/proc/self/fd");
	struct random random = { random_seed("kills") };

	be_quiet();
	for (int i = 0; i < KILLS; i++) {
		struct tracing *tracing = new_tracing();
		const int limit = (int)random_below(&random, 60);
		pid_t pid;
		int status;

		calls = 0;
		pid = start_traced(tracing, _i ? &counted_exits : &counted, ARGUMENTS("for-ever"));
		while (calls < limit)
			(void)sched_yield();
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), 0);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		tracing_free(tracing);
	}
	expect_nothing_left(descriptors);
	ck_assert_int_eq(faults, 0);
}
END_TEST

/* While its handler runs. */
START_TEST(targets_die_in_their_calls)
{
	const int descriptors = count_entries("/proc/self/fd");

	for (int i = 0; i < KILLS; i++) {
		struct tracing *tracing = new_tracing();
		pid_t pid;
		int status;

		calls = 0;
		kill_at = 1 + i % 10;
		pid = start_traced(tracing, &counted, ARGUMENTS("threads", "3", "1000000"));
		ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), 0);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		tracing_free(tracing);
	}
	expect_nothing_left(descriptors);
	ck_assert_int_eq(faults, 0);
}
END_TEST

START_TEST(what_is_left_behind_is_killed_with_the_tracer)
{
	const int descriptors = count_entries("/proc/self/fd");
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	(void)close(ends[1]);
	for (int i = 0; i < 20; i++) {
		struct tracing *tracing = new_tracing();
		pid_t pid = start_traced(tracing, &counted, ARGUMENTS("leave"));
		const int before = calls;
		int status;

		ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), 0);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 16);
		while (calls < before + i)
			(void)sched_yield();
		tracing_free(tracing);
	}
	(void)close(1);
	/* They had the other end. */
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
	expect_nothing_left(descriptors - 1);
}
END_TEST

/* The targets' end of the pipe is closed when none is left. */
START_TEST(targets_die_with_their_supervisor)
{
	be_quiet();
	for (int i = 0; i < 30; i++) {
		pid_t supervisor;
		int ends[2], status;
		char byte;

		ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
		supervisor = fork();
		if (supervisor == 0) {
			struct tracing *tracing = new_tracing();

			ck_assert_int_eq(dup2(ends[1], 1), 1);
			(void)close(ends[0]);
			for (int k = 0; k < 3; k++)
				(void)start_traced(tracing, &counted,
						   ARGUMENTS(k ? "stay" : "for-ever"));
			for (;;)
				(void)pause();
		}
		(void)close(ends[1]);
		for (int k = 0; k < 5; k++)
			ck_assert_int_eq(read(ends[0], &byte, 1), 1);
		ck_assert_int_eq(kill(supervisor, SIGKILL), 0);
		ck_assert_int_eq(waitpid(supervisor, &status, 0), supervisor);
		ck_assert_int_eq(read(ends[0], &byte, 1), 0);
		(void)close(ends[0]);
	}
}
END_TEST

START_TEST(many_at_once)
{
	const int descriptors = count_entries("/proc/self/fd");
	struct tracing *tracing = new_tracing();
	pid_t pids[TARGETS];
	int status;

	for (int i = 0; i < TARGETS; i++)
		pids[i] = start_traced(tracing, &counted, ARGUMENTS("threads", "2", "50"));
	for (int i = 0; i < TARGETS; i++) {
		ck_assert_int_eq(tracing_wait(tracing, pids[i], false, &status), 0);
		ck_assert_int_eq(status, 0);
	}
	tracing_wait_all(tracing);
	tracing_free(tracing);
	ck_assert_int_eq(calls, TARGETS * 2 * 50);
	expect_nothing_left(descriptors);
}
END_TEST

static struct stile_answer count_execs(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	execs++;
	return stile_answer_allow();
}

static char state_of(pid_t thread)
{
	char path[64], state = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)thread);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		(void)fclose(f);
	return state;
}

/* Gives the other thread time for its exec, of which this one dies in its call, up to its stop. */
static struct stile_answer wait_for_exec(struct stile_call *call, void *data)
{
	const pid_t thread = stile_call_thread(call);
	char path[64];

	(void)data;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	for (int i = 0; i < 1000; i++) {
		if (status_number(path, "Threads") == 1 && state_of(thread) == 't')
			break;
		(void)sched_yield();
	}
	return stile_answer_return(4242);
}

/*
 * The thread that executes a program takes the number of the first one, which is stopped at that
 * moment. What is done about that stop must not let the program go on past the stop of its exec.
 */
START_TEST(no_exec_is_missed)
{
	const struct traced traced = {
		.intercepts =
			INTERCEPTS({ "getppid", _i ? wait_for_exec : count_calls, NULL, NULL }),
		.on_exec = count_execs,
	};

	for (int i = 0; i < 10; i++) {
		execs = 0;
		check_traced(&traced, ARGUMENTS("exec-chain", "10"));
		ck_assert_int_eq(execs, 10);
	}
}
END_TEST

START_TEST(kill_reaches_all)
{
	const int descriptors = count_entries("/proc/self/fd");
	struct tracing *tracing = new_tracing();
	pid_t pids[10];
	int status;

	be_quiet();
	for (int i = 0; i < 10; i++)
		pids[i] = start_traced(tracing, &counted, ARGUMENTS("for-ever"));
	tracing_kill(tracing, pids[3]);
	ck_assert_int_eq(tracing_wait(tracing, pids[3], false, &status), 0);
	tracing_kill_all(tracing);
	for (int i = 0; i < 10; i++) {
		if (i != 3)
			ck_assert_int_eq(tracing_wait(tracing, pids[i], false, &status), 0);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	tracing_wait_all(tracing);
	tracing_free(tracing);
	expect_nothing_left(descriptors);
}
END_TEST

/* It is dead before its tracer comes. */
START_TEST(target_is_gone_already)
{
	struct tracing *tracing = new_tracing();
	const struct handlers none = { 0 };
	pid_t pid = fork();
	siginfo_t info;
	int status;

	if (pid == 0)
		_exit(7);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(tracing_attach(tracing, pid, &none, NULL), 0);
	ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	tracing_free(tracing);
	expect_no_children();
}
END_TEST

/* One that has a tracer already cannot have another: it is killed. */
START_TEST(target_that_may_not_be_traced)
{
	struct tracing *tracing = new_tracing();
	const struct handlers none = { 0 };
	int ends[2], status;
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		/* Another process of it traces it. */
		if (fork() == 0) {
			const pid_t target = getppid();

			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)ptrace(PTRACE_SEIZE, target, NULL, NULL);
			(void)!write(ends[1], "x", 1);
			for (;;)
				if (waitpid(target, &status, __WALL) == target &&
				    WIFSTOPPED(status))
					(void)ptrace(PTRACE_CONT, target, NULL, NULL);
		}
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(tracing_attach(tracing, pid, &none, NULL), -EPERM);
	ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), -ECHILD);
	tracing_free(tracing);
	expect_no_children();
}
END_TEST

static TCase *make_tcase(const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_loop_test(tcase, targets_are_killed_at_any_time, 0, 2);
	tcase_add_test(tcase, targets_die_in_their_calls);
	tcase_add_test(tcase, what_is_left_behind_is_killed_with_the_tracer);
	tcase_add_test(tcase, targets_die_with_their_supervisor);
	tcase_add_test(tcase, many_at_once);
	tcase_add_loop_test(tcase, no_exec_is_missed, 0, 2);
	tcase_add_test(tcase, kill_reaches_all);
	tcase_add_test(tcase, target_is_gone_already);
	tcase_add_test(tcase, target_that_may_not_be_traced);
	return tcase;
}

static Suite *make_suite(void)
{
	return traced_suite("traced programs that die", make_tcase);
}

TEST_MAIN(make_suite)
