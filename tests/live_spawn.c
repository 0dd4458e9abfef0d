/* SPDX-License-Identifier: MIT */
/*
 * Programs start under two filters: what ordinary ones get, and what is left as it was.
 * As whoever runs the tests, and once more as nobody if that is root.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn_support.h"
#include "test_support.h"

#define TARGET .program = "spawn_target"

START_TEST(a_dynamic_program_gets_both_filters)
{
	struct run r = { TARGET };

	maybe_drop_root(_i);
	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 2);
}
END_TEST

START_TEST(a_static_program_gets_the_final_filter_alone)
{
	struct run r = { .program = "spawn_static", .final = FINAL_LOOSE };

	maybe_drop_root(_i);
	run_and_expect(&r, "static final=99 \n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 1);
}
END_TEST

START_TEST(a_script_starts_its_interpreter)
{
	char path[] = "/tmp/stile-script-XXXXXX";
	int fd = mkstemp(path);
	struct run r = { .program = path, .arguments = ARGUMENTS("x"), .final = FINAL_LOOSE };

	dprintf(fd, "#!%s script\n", test_program("spawn_static"));
	ck_assert_int_eq(fchmod(fd, 0755), 0);
	if (_i > 0)
		ck_assert_int_eq(fchown(fd, 65534, 65534), 0);
	close(fd);
	maybe_drop_root(_i);
	run_and_expect(&r, "static final=99 script\n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 1);
	unlink(path);
}
END_TEST

/* Nothing of ours needs a permit once the final filter is on. */
START_TEST(a_filter_that_kills_for_everything)
{
	struct run r = { TARGET, .final = FINAL_KILL };

	maybe_drop_root(_i);
	run(&r);
	ck_assert_msg(r.error == 0, "%s", r.result.message);
	ck_assert(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGSYS);
	ck_assert_str_eq(r.output, "");
}
END_TEST

START_TEST(the_longest_filter)
{
	struct run r = { TARGET, .final = FINAL_LONG, .flags = SECCOMP_FILTER_FLAG_LOG };

	maybe_drop_root(_i);
	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
}
END_TEST

START_TEST(filters_that_were_on_before_are_counted_apart)
{
	struct run r = { TARGET };

	maybe_drop_root(_i);
	refuse_here(-2, SECCOMP_RET_ALLOW);
	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
	ck_assert_int_eq(r.result.filters_before, 1);
	ck_assert_int_eq(r.result.filters_after, 3);
}
END_TEST

START_TEST(arguments_and_environment_pass_through)
{
	char *environment[] = { "A=1", "B=two words", NULL };
	struct run r = { TARGET, .arguments = ARGUMENTS("show", "", "x y"),
			 .environment = environment, .final = FINAL_LOOSE };
	char expected[8192];

	maybe_drop_root(_i);
	snprintf(expected, sizeof(expected),
		 "early=0 final=99 threads=0 caught=0 euid=0\nA=1\nB=two words\n%s\nshow\n\nx y\n",
		 test_program("spawn_target"));
	run_and_expect(&r, expected);
}
END_TEST

START_TEST(no_core_file_is_written)
{
	const struct rlimit some = { 4096, 4096 };
	struct run r = { .program = "/bin/sh",
			 .arguments = ARGUMENTS("-c", "ulimit -c; ulimit -Hc"),
			 .final = FINAL_LOOSE };

	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &some), 0);
	run_and_expect(&r, "0\n0\n");
}
END_TEST

/* A program with many arguments has no stack mapped below its stack pointer. */
START_TEST(many_arguments)
{
	static char *environment[60001];
	struct run r = { TARGET, .environment = environment, .final = FINAL_LONG };

	for (int i = 0; i < 60000; i++)
		environment[i] = "X=1";
	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
}
END_TEST

static const struct {
	const char *program;
	int error;
} not_executable[] = {
	{ "/nonexistent/program", ENOENT },
	{ "/etc/passwd", EACCES },
	{ "/dev", EACCES },
	{ "/etc/passwd/x", ENOTDIR },
};

START_TEST(exec_errors_come_back)
{
	struct run r = { .program = not_executable[_i].program };
	char expected[256];

	run(&r);
	ck_assert_int_eq(r.error, -ENOEXEC);
	ck_assert_int_eq(r.result.exec_errno, not_executable[_i].error);
	snprintf(expected, sizeof(expected), "cannot execute the program: %s",
		 strerror(not_executable[_i].error));
	ck_assert_str_eq(r.result.message, expected);
	expect_no_children();
}
END_TEST

START_TEST(a_request_that_makes_no_sense)
{
	struct run r = { TARGET, .flags = SECCOMP_FILTER_FLAG_NEW_LISTENER };

	run(&r);
	ck_assert_int_eq(r.error, -EINVAL);
}
END_TEST

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(no_descriptor_is_left)
{
	struct run r = { .program = "/bin/ls",
			 .arguments = ARGUMENTS("/proc/self/fd"),
			 .final = FINAL_LOOSE };
	int before;

	/* Those of the test library are not ours. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	maybe_drop_root(_i);
	/* ls itself opens the directory: one more than the standard three. */
	before = count_descriptors();
	run_and_expect(&r, "0\n1\n2\n3\n");
	ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

static unsigned long status_line(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	ck_assert_msg(line != NULL, "no %s in: %s", name, text);
	return strtoul(line + strlen(name), NULL, 16);
}

static unsigned long bits(const sigset_t *set)
{
	unsigned long value = 0;

	for (int i = 1; i <= 31; i++) /* not those that libc keeps for itself */
		if (sigismember(set, i) == 1)
			value |= 1UL << (i - 1);
	return value;
}

static void handler(int number)
{
	(void)number;
}

static void expect_signals(struct run *r, unsigned long blocked, unsigned long ignored)
{
	run(r);
	ck_assert_msg(r->error == 0, "%s", r->result.message);
	ck_assert_int_eq(WEXITSTATUS(r->status), 42);
	ck_assert_uint_eq(status_line(r->output, "SigBlk:") & 0x7fffffff, blocked);
	ck_assert_uint_eq(status_line(r->output, "SigIgn:") & 0x7fffffff, ignored);
	ck_assert_uint_eq(status_line(r->output, "SigCgt:") & 0x7fffffff, 0);
	ck_assert_uint_eq(status_line(r->output, "NoNewPrivs:"), 1);
}

/* SIGTRAP among them, which the kernel forgets when a trap is hit. */
START_TEST(signals_are_as_the_caller_has_them)
{
	struct run r = { TARGET, .arguments = ARGUMENTS("status"), .final = FINAL_LOOSE };
	sigset_t blocked, none;

	sigemptyset(&none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigaddset(&blocked, SIGTRAP);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGUSR2, handler);
	expect_signals(&r, 0, 0);

	sigprocmask(SIG_SETMASK, &blocked, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTRAP, SIG_IGN);
	expect_signals(&r, bits(&blocked), 1UL << (SIGHUP - 1) | 1UL << (SIGTRAP - 1));

	/* Or as the caller says; its own do not change. */
	r.blocked = &none;
	r.ignored = &blocked;
	expect_signals(&r, 0, bits(&blocked));
	sigprocmask(SIG_SETMASK, NULL, &none);
	ck_assert_uint_eq(bits(&none), bits(&blocked));
	ck_assert_ptr_eq(signal(SIGUSR2, SIG_DFL), handler);
	ck_assert_ptr_eq(signal(SIGHUP, SIG_DFL), SIG_IGN);
}
END_TEST

static void reap_everything(int number)
{
	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void *wait_for_anything(void *unused)
{
	for (;;)
		waitpid(-1, NULL, 0);
	return unused;
}

/* As many servers do. It may take the program's end, but none of our stops. */
START_TEST(a_caller_that_waits_for_everything)
{
	struct run r = { TARGET, .arguments = ARGUMENTS("threads", "3") };
	pthread_t thread;

	be_quiet();
	signal(SIGCHLD, reap_everything);
	pthread_create(&thread, NULL, wait_for_anything, NULL);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(start_only(&r), 0);
}
END_TEST

static volatile sig_atomic_t child_signals;

static void count_child_signal(int number)
{
	(void)number;
	child_signals++;
}

/* The program lives until its input ends: nothing has happened yet to a child we know of. */
START_TEST(the_tracer_is_not_seen)
{
	struct run r = { .program = "/bin/cat", .final = FINAL_LOOSE };
	int ends[2], status;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[0], 0), 0);
	signal(SIGCHLD, count_child_signal);
	ck_assert_int_eq(start_only(&r), 0);
	ck_assert_int_eq(child_signals, 0);
	close(ends[1]);
	ck_assert_int_eq(waitpid(-1, &status, 0), r.result.pid);
	ck_assert_int_eq(child_signals, 1);
}
END_TEST

START_TEST(children_of_the_caller_are_left_alone)
{
	struct run r = { TARGET };
	pid_t other = fork();
	int status;

	if (other == 0)
		_exit(5);
	run(&r);
	ck_assert_int_eq(r.error, 0);
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	ck_assert_int_eq(WEXITSTATUS(status), 5);
	expect_no_children();
}
END_TEST

START_TEST(two_hundred_in_a_row)
{
	for (int i = 0; i < 200; i++) {
		struct run r = { TARGET };

		run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
	}
}
END_TEST

static void *spawn_some(void *path)
{
	for (int i = 0; i < 25; i++) {
		struct run r = { .program = path };

		ck_assert_int_eq(start_only(&r), 0);
		ck_assert_int_eq(waitpid(r.result.pid, &r.status, 0), r.result.pid);
		ck_assert_int_eq(r.status, 0);
	}
	free(path);
	return NULL;
}

START_TEST(from_many_threads_at_once)
{
	pthread_t threads[4];

	be_quiet();
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, spawn_some, strdup(test_program("spawn_target")));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	expect_no_children();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("spawn");
	TCase *both = tcase_create("as root and as nobody");
	TCase *once = tcase_create("once");
	int users = geteuid() == 0 ? 2 : 1;

	tcase_set_timeout(both, 30);
	tcase_set_timeout(once, 120);
	suite_add_tcase(suite, both);
	suite_add_tcase(suite, once);
	add_for_each_user(both, a_dynamic_program_gets_both_filters);
	add_for_each_user(both, a_static_program_gets_the_final_filter_alone);
	add_for_each_user(both, a_script_starts_its_interpreter);
	add_for_each_user(both, a_filter_that_kills_for_everything);
	add_for_each_user(both, the_longest_filter);
	add_for_each_user(both, filters_that_were_on_before_are_counted_apart);
	add_for_each_user(both, arguments_and_environment_pass_through);
	tcase_add_test(both, no_core_file_is_written);
	tcase_add_loop_test(both, no_descriptor_is_left, 0, users);
	tcase_add_loop_test(once, exec_errors_come_back, 0,
			    sizeof(not_executable) / sizeof(*not_executable));
	tcase_add_test(once, a_request_that_makes_no_sense);
	tcase_add_test(once, many_arguments);
	tcase_add_test(once, signals_are_as_the_caller_has_them);
	tcase_add_test(once, a_caller_that_waits_for_everything);
	tcase_add_test(once, the_tracer_is_not_seen);
	tcase_add_test(once, children_of_the_caller_are_left_alone);
	tcase_add_test(once, two_hundred_in_a_row);
	tcase_add_test(once, from_many_threads_at_once);
	return suite;
}

TEST_MAIN(make_suite)
