/* SPDX-License-Identifier: MIT */
/* Threads, children, execs, signals of traced programs: as if nobody traced. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer_support.h"

static atomic_int exits, execs;

START_TEST(threads_are_traced)
{
	check_traced(&parent_answered, ARGUMENTS("threads", "20", "50"));
}
END_TEST

START_TEST(threads_of_constructors_are_traced)
{
	for (int i = 0; i < 20; i++)
		check_traced(&parent_answered, ARGUMENTS("early"));
}
END_TEST

START_TEST(children_are_traced)
{
	check_traced(&parent_answered, ARGUMENTS("forks"));
}
END_TEST

static struct stile_answer see_exec(struct stile_call *call, void *data)
{
	char path[4096], link[64], self[4096];
	uint64_t value;
	ssize_t length;

	(void)data;
	ck_assert_int_eq(stile_call_program(call, path, 3), -ENAMETOOLONG);
	length = stile_call_program(call, path, sizeof(path));
	ck_assert_int_gt(length, 0);
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)stile_call_process(call));
	length = readlink(link, self, sizeof(self) - 1);
	ck_assert_int_gt(length, 0);
	self[length] = '\0';
	ck_assert_str_eq(path, self);
	ck_assert_str_eq(stile_call_name(call), "execve");
	ck_assert_int_eq(stile_call_register(call, "sp", &value),
			 STILE_ABI_NATIVE == STILE_ABI_AARCH64 ? 0 : -ENOENT);
	execs++;
	return stile_answer_allow();
}

START_TEST(programs_are_traced_after_exec)
{
	const char *const verb = _i ? "exec-thread" : "exec";
	struct traced traced = parent_answered;

	traced.on_exec = see_exec;
	check_traced(&traced, ARGUMENTS(verb, "parent"));
	check_traced(&traced, ARGUMENTS(verb, "exec-thread", "exec", "threads", "3", "3"));
	ck_assert_int_eq(execs, 4);
}
END_TEST

static struct stile_answer see_zero(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert_str_eq(stile_call_name(call), "execve");
	ck_assert_int_eq(stile_call_result(call), 0);
	exits++;
	return stile_answer_allow();
}

/* Its exit comes in the new program, under another thread's number. */
START_TEST(exec_itself_is_intercepted)
{
	const struct traced traced = { .intercepts =
					       INTERCEPTS({ "getppid", answer_parent, NULL, NULL },
							  { "execve", NULL, see_zero, NULL }) };

	check_traced(&traced, ARGUMENTS("exec", "exec-thread", "parent"));
	ck_assert_int_eq(exits, 2);
}
END_TEST

START_TEST(statuses)
{
	int status = status_traced(&parent_answered, ARGUMENTS("exit", "42"));

	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = status_traced(&parent_answered, ARGUMENTS("raise", "15"));
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = status_traced(&parent_answered, ARGUMENTS("raise", "9"));
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	status = status_traced(&parent_answered, ARGUMENTS("leave"));
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 16);
}
END_TEST

START_TEST(signals_reach_their_handlers)
{
	check_traced(&parent_answered, ARGUMENTS("signals"));
}
END_TEST

START_TEST(jobs_stop_and_go_on)
{
	check_traced(&parent_answered, ARGUMENTS("jobs"));
}
END_TEST

static const char *const intervals[] = { "10000", "1000", "200" }; /* microseconds */

START_TEST(signals_that_come_all_the_time)
{
	check_traced(&parent_answered, ARGUMENTS("storm", "10000", intervals[_i]));
}
END_TEST

START_TEST(debuggers_are_refused)
{
	check_traced(&parent_answered, ARGUMENTS("debugger"));
}
END_TEST

/* Of one that is traced (1) and of one that is not. */
START_TEST(stops_are_told)
{
	char *const argv[] = { "sh", "-c", "kill -STOP $$; kill -STOP $$; exit 3", NULL };
	struct stile_supervisor *supervisor = stile_supervisor_new();
	struct stile *s = stile_new_allowing();
	pid_t pid;
	int status;

	ck_assert_int_eq(_i ? stile_intercept(s, "acct", answer_parent, NULL, NULL) :
			      stile_on(s, "acct", answer_parent, NULL),
			 0);
	ck_assert_int_eq(stile_supervisor_spawn(supervisor, s, "/bin/sh", argv, NULL, NULL, &pid),
			 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(stile_supervisor_wait_stop(supervisor, pid, &status), 0);
		ck_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		ck_assert_int_eq(kill(pid, SIGCONT), 0);
	}
	ck_assert_int_eq(stile_supervisor_wait_stop(supervisor, pid, &status), 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	ck_assert_int_eq(stile_supervisor_wait_stop(supervisor, pid, &status), -ECHILD);
	stile_free(s);
	stile_supervisor_free(supervisor);
	expect_no_children();
}
END_TEST

static TCase *make_tcase(const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_test(tcase, threads_are_traced);
	tcase_add_test(tcase, threads_of_constructors_are_traced);
	tcase_add_test(tcase, children_are_traced);
	tcase_add_loop_test(tcase, programs_are_traced_after_exec, 0, 2);
	tcase_add_test(tcase, exec_itself_is_intercepted);
	tcase_add_test(tcase, statuses);
	tcase_add_test(tcase, signals_reach_their_handlers);
	tcase_add_test(tcase, jobs_stop_and_go_on);
	tcase_add_loop_test(tcase, signals_that_come_all_the_time, 0, 3);
	tcase_add_loop_test(tcase, stops_are_told, 0, 2);
	tcase_add_test(tcase, debuggers_are_refused);
	return tcase;
}

static Suite *make_suite(void)
{
	return traced_suite("traced programs", make_tcase);
}

TEST_MAIN(make_suite)
