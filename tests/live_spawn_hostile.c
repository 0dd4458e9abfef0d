/* SPDX-License-Identifier: MIT */
/*
 * Programs that do before their entry point what makes it hard to sandbox them, and starts
 * that are refused, interrupted or killed: what cannot be sandboxed does not run.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn_support.h"
#include "test_support.h"

#define TARGET(...) .program = "spawn_target", .arguments = ARGUMENTS(__VA_ARGS__)

static void expect_failure(struct run *r, int error, const char *message)
{
	run(r);
	ck_assert_msg(r->error == error, "%d: %s", r->error, r->result.message);
	ck_assert_msg(strstr(r->result.message, message) != NULL, "%s", r->result.message);
	ck_assert_str_eq(r->output, "");
	ck_assert_int_eq(r->result.pid, 0);
	expect_no_children();
}

START_TEST(threads_all_get_the_final_filter)
{
	struct run r = { TARGET("threads", "20") };

	maybe_drop_root(_i);
	run_and_expect(&r, "early=0 final=99 threads=20 caught=0 euid=0\n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 2);
}
END_TEST

START_TEST(threads_may_end_before_the_entry_point)
{
	struct run r = { TARGET("churn", "50") };

	run_and_expect(&r, "early=1 final=99 threads=2 caught=0 euid=0\n");
}
END_TEST

START_TEST(seccomp_is_refused_to_a_constructor)
{
	struct run r = { TARGET("seccomp") };

	maybe_drop_root(_i);
	run_and_expect(&r, "early=1 final=99 threads=0 caught=0 euid=0\n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 2);
}
END_TEST

/*
 * One of its calls is pending whenever we stop it. If it were let go unanswered, the call
 * would be made once more, with no tracer; a strict final filter would hide that.
 */
START_TEST(seccomp_is_refused_while_we_load_ours)
{
	for (int i = 0; i < 40; i++) {
		struct run r = { TARGET("hammer"), .final = i % 2 ? FINAL_LOOSE : FINAL_STRICT };

		run_and_expect(&r, "early=1 final=99 threads=3 caught=0 euid=0\n");
		ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 2);
	}
}
END_TEST

START_TEST(a_policy_may_permit_seccomp)
{
	struct run r = { TARGET("seccomp"), .start = START_NARROW };

	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 3);
}
END_TEST

START_TEST(a_thread_with_a_filter_of_its_own)
{
	struct run r = { TARGET("own-filter"), .start = START_NARROW };

	expect_failure(&r, -ESRCH, "has loaded a filter of its own; no thread was filtered");
}
END_TEST

START_TEST(a_filter_loaded_without_a_permit)
{
	struct run r = { TARGET("seccomp"), .start = START_NARROW, .lie = true };

	expect_failure(&r, -EIO, "has 2 filters instead of 1");
}
END_TEST

START_TEST(exec_is_refused_to_a_constructor)
{
	struct run r = { TARGET("exec") };

	maybe_drop_root(_i);
	run_and_expect(&r, "early=1 final=99 threads=0 caught=0 euid=0\n");
}
END_TEST

static const char *const exec_verbs[] = { "exec", "exec-thread" };

START_TEST(an_exec_that_the_policy_permits)
{
	struct run r = { TARGET(exec_verbs[_i]), .start = START_EXEC };

	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 2);
}
END_TEST

START_TEST(an_exec_of_a_static_program)
{
	char *program = strdup(test_program("spawn_static"));
	struct run r = { TARGET("exec-static", program), .start = START_EXEC,
			 .final = FINAL_LOOSE };

	run_and_expect(&r, "static final=99 \n");
	ck_assert_int_eq(r.result.filters_after - r.result.filters_before, 2);
	free(program);
}
END_TEST

START_TEST(an_exec_against_the_policy)
{
	struct run r = { TARGET("exec"), .start = START_EXEC, .lie = true };

	expect_failure(&r, -EIO, "executed a program before the entry point");
}
END_TEST

START_TEST(a_child_that_still_runs)
{
	struct run r = { TARGET("fork") };

	maybe_drop_root(_i);
	expect_failure(&r, -ECHILD, "made before its entry point, still runs");
	ck_assert_int_eq(r.result.wait_status, -1);
}
END_TEST

START_TEST(a_child_that_outlives_the_program)
{
	struct run r = { TARGET("fork-exit") };

	/* run() sees the end of file: the child does not hold the pipe any more. */
	expect_failure(&r, -ECHILD, "ended with status 3 before it was sandboxed");
}
END_TEST

START_TEST(a_child_that_has_ended)
{
	struct run r = { TARGET("fork-wait") };

	run_and_expect(&r, "early=7 final=99 threads=0 caught=0 euid=0\n");
}
END_TEST

/* Its parent cannot be stopped before it execs or ends. */
START_TEST(a_child_by_vfork)
{
	struct run r = { TARGET("vfork") };

	expect_failure(&r, -ECHILD, "made before its entry point, still runs");
}
END_TEST

START_TEST(a_thread_that_cannot_be_traced)
{
	struct run r = { TARGET("untraced-thread") };

	expect_failure(&r, -ECHILD, "made with CLONE_UNTRACED");
}
END_TEST

START_TEST(a_stack_that_others_share)
{
	struct run r = { TARGET("shared-stack"), .final = FINAL_LONG };

	/* no filter is written there */
	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=0\n");
}
END_TEST

START_TEST(a_constructor_that_ends_the_program)
{
	struct run r = { TARGET("exit", "3") };

	expect_failure(&r, -ECHILD, "ended with status 3 before it was sandboxed");
	ck_assert(WIFEXITED(r.result.wait_status) && WEXITSTATUS(r.result.wait_status) == 3);
}
END_TEST

/* In a process of its own, because the leak sanitizer needs ptrace at the end of ours. */
static void expect_refusal(int syscall, unsigned int answer, const char *message)
{
	struct run *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			     -1, 0);
	pid_t caller;
	int status;

	*r = (struct run){ TARGET("plain") };
	caller = fork();
	if (caller == 0) {
		refuse_here(syscall, answer);
		start_only(r);
		_exit(waitpid(-1, NULL, __WALL | WNOHANG) == -1 && errno == ECHILD ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(caller, &status, 0), caller);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(r->error, -EPERM);
	ck_assert_str_eq(r->result.message, message);
	munmap(r, sizeof(*r));
}

START_TEST(ptrace_is_refused)
{
	maybe_drop_root(_i);
	expect_refusal(SYS_ptrace, SECCOMP_RET_ERRNO | EPERM,
		       "ptrace is not permitted (Operation not permitted): the caller is under a "
		       "seccomp filter, which must allow ptrace");
}
END_TEST

START_TEST(ptrace_is_deadly)
{
	expect_refusal(SYS_ptrace, SECCOMP_RET_KILL_PROCESS,
		       "ptrace is not permitted: the caller's own seccomp filter kills for it");
}
END_TEST

START_TEST(getppid_is_refused)
{
	expect_refusal(SYS_getppid, SECCOMP_RET_ERRNO | EPERM,
		       "getppid does not tell the caller's children who their parent is: a seccomp "
		       "filter on the caller must allow it, and its children must be in its own "
		       "PID namespace (unshare)");
}
END_TEST

START_TEST(a_caller_that_is_not_dumpable)
{
	struct run r = { TARGET("plain") };

	maybe_drop_root(1);
	if (geteuid() == 0)
		return;
	prctl(PR_SET_DUMPABLE, 0);
	expect_failure(&r, -EPERM, "the caller is not dumpable");
}
END_TEST

/* A copy of a program, with this mode, by a path that only we and our children have. */
static void copy_target(char *path, size_t size, mode_t mode)
{
	char name[] = "/tmp/stile-copy-XXXXXX", command[8192];

	close(mkstemp(name));
	snprintf(command, sizeof(command), "cat %s > %s", test_program("spawn_target"), name);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(chmod(name, mode), 0);
	snprintf(path, size, "/proc/self/fd/%d", open(name, O_PATH | O_CLOEXEC));
	unlink(name);
}

START_TEST(a_program_that_cannot_be_read)
{
	char path[64];
	struct run r = { .program = path };

	copy_target(path, sizeof(path), 0111);
	maybe_drop_root(1);
	expect_failure(&r, -EPERM, "the program's file must be readable by this user");
}
END_TEST

START_TEST(a_setuid_program_becomes_an_ordinary_one)
{
	char path[64];
	struct run r = { .program = path, .arguments = ARGUMENTS("euid"), .final = FINAL_LOOSE };

	copy_target(path, sizeof(path), 04755);
	maybe_drop_root(1);
	run_and_expect(&r, "early=0 final=99 threads=0 caught=0 euid=65534\n");
}
END_TEST

START_TEST(a_file_of_no_known_format)
{
	char path[] = "/tmp/stile-text-XXXXXX";
	int fd = mkstemp(path);
	struct run r = { .program = path };

	dprintf(fd, "no program\n");
	ck_assert_int_eq(fchmod(fd, 0755), 0);
	close(fd);
	run(&r);
	unlink(path);
	ck_assert_int_eq(r.error, -ENOEXEC);
	ck_assert_int_eq(r.result.exec_errno, ENOEXEC);
}
END_TEST

START_TEST(a_program_for_another_abi)
{
	struct run r = { .program = "spawn_i386", .final = FINAL_LOOSE };
	struct stat file;

	if (stat(test_program("spawn_i386"), &file) < 0 || file.st_size == 0)
		return; /* not an x86 machine */
	maybe_drop_root(_i);
	run(&r);
	ck_assert_int_eq(r.error, -ENOEXEC);
	ck_assert_int_eq(r.result.exec_errno, ENOEXEC);
	ck_assert_str_eq(r.result.message,
			 "the program is for another ABI (32-bit, ELF machine 3), "
			 "which would be killed: use a native build of it");
	ck_assert_str_eq(r.output, "");
	expect_no_children();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("spawn, hostile");
	TCase *both = tcase_create("as root and as nobody");
	TCase *once = tcase_create("once");
	TCase *root = tcase_create("only root can set it up");
	int users = geteuid() == 0 ? 2 : 1;

	tcase_set_timeout(both, 30);
	tcase_set_timeout(once, 120);
	suite_add_tcase(suite, both);
	suite_add_tcase(suite, once);
	add_for_each_user(both, threads_all_get_the_final_filter);
	add_for_each_user(both, seccomp_is_refused_to_a_constructor);
	add_for_each_user(both, exec_is_refused_to_a_constructor);
	add_for_each_user(both, a_child_that_still_runs);
	tcase_add_loop_test(both, ptrace_is_refused, 0, users);
	add_for_each_user(both, a_program_for_another_abi);
	tcase_add_test(once, threads_may_end_before_the_entry_point);
	tcase_add_test(once, seccomp_is_refused_while_we_load_ours);
	tcase_add_test(once, a_policy_may_permit_seccomp);
	tcase_add_test(once, a_thread_with_a_filter_of_its_own);
	tcase_add_test(once, a_filter_loaded_without_a_permit);
	tcase_add_loop_test(once, an_exec_that_the_policy_permits, 0, 2);
	tcase_add_test(once, an_exec_of_a_static_program);
	tcase_add_test(once, an_exec_against_the_policy);
	tcase_add_test(once, a_child_that_outlives_the_program);
	tcase_add_test(once, a_child_that_has_ended);
	tcase_add_test(once, a_child_by_vfork);
	tcase_add_test(once, a_thread_that_cannot_be_traced);
	tcase_add_test(once, a_stack_that_others_share);
	tcase_add_test(once, a_constructor_that_ends_the_program);
	tcase_add_test(once, ptrace_is_deadly);
	tcase_add_test(once, getppid_is_refused);
	tcase_add_test(once, a_file_of_no_known_format);
	tcase_add_test(once, a_caller_that_is_not_dumpable);
	if (users == 2) {
		suite_add_tcase(suite, root);
		tcase_add_test(root, a_program_that_cannot_be_read);
		tcase_add_test(root, a_setuid_program_becomes_an_ordinary_one);
	}
	return suite;
}

TEST_MAIN(make_suite)
