/* SPDX-License-Identifier: MIT */
/* stile_spawn(): real programs under contexts, by the public interface. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_support.h"

static struct stile *s;
static char output[4096];

static void set_up(void)
{
	s = stile_new();
	ck_assert_int_eq(stile_set_default(s, (struct stile_action){ STILE_ACTION_ERRNO, EACCES }),
			 0);
	ck_assert_int_eq(stile_grant(s, "system_io.stdout"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.stderr"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.close"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.metadata"), 0);
}

static void tear_down(void)
{
	stile_free(s);
}

static void grant(const char *what)
{
	ck_assert_msg(stile_grant(s, what) == 0, "%s", stile_message(s));
}

/* Runs it and collects what it writes; the result of stile_spawn(). */
static int spawn(const char *path, char *const argv[], const struct stile_spawn_signals *signals,
		 int *status)
{
	int ends[2], saved = dup(STDOUT_FILENO), error;
	size_t length = 0;
	ssize_t got;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	error = stile_spawn(s, path, argv, NULL, signals, &pid);
	ck_assert_int_eq(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	while ((got = read(ends[0], output + length, sizeof(output) - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	(void)close(ends[0]);
	if (error == 0)
		ck_assert_int_eq(waitpid(pid, status, 0), pid);
	return error;
}

#define ARGUMENTS(...) ((char *const[]){ __VA_ARGS__, NULL })

START_TEST(a_program_runs_under_its_grants)
{
	int status;

	ck_assert_msg(spawn("/bin/echo", ARGUMENTS("echo", "hello"), NULL, &status) == 0, "%s",
		      stile_message(s));
	ck_assert_str_eq(output, "hello\n");
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(stile_receipt(s)->filters, 2);
	ck_assert(stile_receipt(s)->no_new_privs);
	/* a context starts one program */
	ck_assert_int_eq(spawn("/bin/echo", ARGUMENTS("echo"), NULL, &status), -EALREADY);
}
END_TEST

START_TEST(no_exec_is_left)
{
	int status;

	grant("processes.ids");
	grant("processes.danger_fork");
	grant("system_io.open_readonly");
	grant("system_io.read");
	grant("users.ids");
	grant("signals.handle");
	grant("system_io.get_working_directory");
	ck_assert_int_eq(spawn("/bin/sh", ARGUMENTS("sh", "-c", "/bin/echo out; echo $?"), NULL,
			       &status),
			 0);
	ck_assert_str_eq(output, "126\n");
}
END_TEST

START_TEST(signals_are_as_they_were_asked_for)
{
	const struct stile_spawn_signals signals = { 1u << (SIGUSR1 - 1), 1u << (SIGUSR2 - 1) };
	const char *ignored;
	int status;

	grant("system_io.open_readonly");
	grant("system_io.read");
	grant("system_io.advice");
	ck_assert_int_eq(spawn("/bin/cat", ARGUMENTS("cat", "/proc/self/status"), &signals,
			       &status),
			 0);
	ck_assert_msg(strstr(output, "SigBlk:\t0000000000000200\n") != NULL, "%s", output);
	ignored = strstr(output, "SigIgn:\t");
	ck_assert_ptr_nonnull(ignored);
	/* 32 and 33 are libc's own; posix_spawn(3) leaves them ignored, and nobody can tell */
	ck_assert_uint_eq(strtoull(ignored + 8, NULL, 16) & ~(UINT64_C(3) << 31), 0x800);
}
END_TEST

START_TEST(what_is_refused_fails)
{
	int status;

	ck_assert_int_eq(spawn("/bin/cat", ARGUMENTS("cat", "/etc/hostname"), NULL, &status), 0);
	ck_assert_str_eq(output, "");
	ck_assert_int_eq(WEXITSTATUS(status), 1);
}
END_TEST

START_TEST(programs_that_cannot_be_executed)
{
	int status;

	ck_assert_int_eq(spawn("/nonexistent", ARGUMENTS("x"), NULL, &status), -ENOEXEC);
	ck_assert_int_eq(stile_exec_errno(s), ENOENT);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "/nonexistent"));
}
END_TEST

START_TEST(requests_that_make_no_sense)
{
	pid_t pid;

	ck_assert_int_eq(stile_spawn(s, NULL, ARGUMENTS("x"), NULL, NULL, &pid), -EINVAL);
	stile_free(s);
	set_up();
	ck_assert_int_eq(stile_spawn(s, "/bin/true", (char *const[]){ NULL }, NULL, NULL, &pid),
			 -EINVAL);
	stile_free(s);
	set_up();
	ck_assert_int_eq(stile_spawn(s, "/bin/true", ARGUMENTS("true"), NULL, NULL, NULL), -EINVAL);
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_spawn(s, "/bin/true", ARGUMENTS("true"), NULL, NULL, &pid),
			 -ENODATA);
	ck_assert_int_eq(stile_spawn(NULL, "/bin/true", ARGUMENTS("true"), NULL, NULL, &pid),
			 -ENOMEM);
}
END_TEST

/* What the context permits of clone, exec and seccomp changes how a start is watched. */
static const char *const watched[] = { "sandbox.narrow", "processes.danger_clone_any",
				       "processes.danger_exec", "mounts.danger_namespaces" };

START_TEST(grants_that_reach_into_the_start)
{
	int status;

	grant(watched[_i]);
	ck_assert_msg(spawn("/bin/echo", ARGUMENTS("echo", "x"), NULL, &status) == 0, "%s: %s",
		      watched[_i], stile_message(s));
	ck_assert_str_eq(output, "x\n");
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(an_allowing_context)
{
	int status;

	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_fail_with(s, "getcwd", EIO), 0);
	/* the loader opens files; its phase may do that all the same */
	ck_assert_int_eq(stile_fail_with(s, "system_io.open_readonly", EIO), 0);
	ck_assert_int_eq(spawn("/bin/cat", ARGUMENTS("cat", "/etc/hostname"), NULL, &status), 0);
	ck_assert_str_eq(output, "");
	ck_assert_int_eq(WEXITSTATUS(status), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("spawn_context");
	TCase *cases = tcase_create("spawn_context");

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_program_runs_under_its_grants);
	tcase_add_test(cases, no_exec_is_left);
	tcase_add_test(cases, signals_are_as_they_were_asked_for);
	tcase_add_test(cases, what_is_refused_fails);
	tcase_add_test(cases, programs_that_cannot_be_executed);
	tcase_add_test(cases, requests_that_make_no_sense);
	tcase_add_loop_test(cases, grants_that_reach_into_the_start, 0,
			    sizeof(watched) / sizeof(*watched));
	tcase_add_test(cases, an_allowing_context);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
