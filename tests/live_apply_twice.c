/* SPDX-License-Identifier: MIT */
/* A second apply, and an apply that cannot be: nothing must look as if it were in force. */
#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "refusal.h"

/* ---- Twice */

static void same_context_twice(void)
{
	struct stile *s = server_context();

	expect(stile_apply_to_current_thread(s) == 0);
	expect(stile_apply_to_current_thread(s) == -EALREADY);
	expect(strstr(stile_message(s), "sandbox.narrow") != NULL);
	expect(stile_grant(s, "system_io.close") == -EALREADY);
	stile_free(s);
}

START_TEST(one_context_twice)
{
	check_child(same_context_twice);
}
END_TEST

static void second_without_narrow(void)
{
	struct stile *first = stile_new(), *second = stile_new();

	expect(stile_grant(first, "system_io.read") == 0);
	expect(stile_grant(second, "system_io.read") == 0);
	expect(stile_check(second) == 0);
	expect(stile_apply_to_current_thread(first) == 0);
	expect(stile_apply_to_current_thread(second) == -EALREADY);
	expect(strstr(stile_message(second), "grant sandbox.narrow in the first context") != NULL);
	expect(stile_receipt(second) == NULL);
	stile_free(first);
	stile_free(second);
}

START_TEST(second_context_without_narrow)
{
	check_child(second_without_narrow);
}
END_TEST

static void second_with_narrow(void)
{
	struct stile *first = stile_new(), *second = stile_new();
	struct sock_filter allow_all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow_all };

	expect(stile_set_default(first, refuse_999) == 0);
	expect(stile_grant(first, "system_io.read") == 0);
	expect(stile_grant(first, "processes.ids") == 0);
	expect(stile_grant(first, "sandbox.narrow") == 0);
	/* the second grants more and less than the first: what both grant will be left */
	expect(stile_set_default(second, refuse_999) == 0);
	expect(stile_grant(second, "system_io.read") == 0);
	expect(stile_grant(second, "system_io.write") == 0);
	expect(stile_check(second) == 0);
	expect(stile_apply_to_current_thread(first) == 0);
	/* neither the old way in, nor a listener that would outrank every answer */
	expect(refused(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)));
	expect(refused(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			       SECCOMP_FILTER_FLAG_NEW_LISTENER, &program)));
	expect(refused(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL)));
	expect(syscall(SYS_getppid) > 0);
	expect(stile_apply_to_current_thread(second) == 0);
	expect(refused(syscall(SYS_getppid)));
	expect(refused(syscall(SYS_write, -1, NULL, 0)));
	expect(syscall(SYS_read, -1, NULL, 0) == -1 && errno == EBADF);
	stile_free(first);
	stile_free(second);
}

/* Compiling needs nothing but memory, which basic has. */
static void second_not_checked(void)
{
	struct stile *first = stile_new(), *second = stile_new();

	expect(stile_grant(first, "sandbox.narrow") == 0);
	expect(stile_grant(first, "system_io.read") == 0);
	expect(stile_grant(first, "processes.ids") == 0);
	expect(stile_apply_to_current_thread(first) == 0);
	expect(stile_set_default(second, refuse_999) == 0);
	expect(stile_grant(second, "system_io.read") == 0);
	expect(stile_apply_to_current_thread(second) == 0);
	expect(refused(syscall(SYS_getppid)));
	expect(syscall(SYS_read, -1, NULL, 0) == -1 && errno == EBADF);
	stile_free(first);
	stile_free(second);
}

START_TEST(second_context_that_was_not_checked)
{
	check_child(second_not_checked);
}
END_TEST

/* libseccomp writes its filter to a descriptor. */
static void second_not_checked_libseccomp(void)
{
	struct stile *first = stile_new(), *second = stile_new();

	expect(stile_grant(first, "sandbox.narrow") == 0);
	expect(stile_apply_to_current_thread(first) == 0);
	expect(stile_set_backend(second, STILE_BACKEND_LIBSECCOMP) == 0);
	expect(stile_grant(second, "system_io.read") == 0);
	expect(stile_apply_to_current_thread(second) == -EALREADY);
	expect(strstr(stile_message(second), "call stile_check() on this context before") != NULL);
	stile_free(first);
	stile_free(second);
}

START_TEST(second_context_that_libseccomp_compiles)
{
	check_child(second_not_checked_libseccomp);
}
END_TEST

static void changed_after_check(void)
{
	struct stile *s = stile_new();

	expect(stile_set_default(s, refuse_999) == 0);
	expect(stile_grant(s, "system_io.read") == 0);
	expect(stile_grant(s, "processes.ids") == 0);
	expect(stile_check(s) == 0);
	/* the filter that was made before must not be the one that is loaded */
	expect(stile_override(s, "getppid", refuse_999) == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	expect(refused(syscall(SYS_getppid)));
	expect(syscall(SYS_read, -1, NULL, 0) == -1 && errno == EBADF);
	stile_free(s);
}

START_TEST(a_check_does_not_freeze_the_context)
{
	check_child(changed_after_check);
}
END_TEST

/* A first context that kills: the second apply makes no call that is not granted. */
static void second_under_a_killing_first(void)
{
	struct stile *first = stile_new(), *second = stile_new();

	expect(stile_set_default(first, (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 }) ==
	       0);
	expect(stile_grant(first, "sandbox.narrow") == 0);
	expect(stile_grant(second, "system_io.read") == 0);
	expect(stile_check(second) == 0);
	expect(stile_apply_to_all_threads(first) == 0);
	expect(stile_apply_to_all_threads(second) == 0);
	expect(stile_receipt(second)->threads == 0);
}

START_TEST(second_context_under_one_that_kills)
{
	check_child(second_under_a_killing_first);
}
END_TEST

static int word; /* of the words below */

/* Compiled and proved under it: that makes no call but for memory, however many rules there are. */
static void compiled_under_a_killing_first(void)
{
	static const char *const words[] = {
		"stdio rpath wpath cpath", "inet", "unix", "dns", "route", "proc exec"
	};
	struct stile *first = stile_new(), *second = stile_new();
	struct stile_ruleset *many = stile_ruleset_new("many");

	for (uint64_t i = 0; i < 300; i++)
		expect(STILE_ALLOW_IF(many, "ioctl",
				      STILE_ARGUMENT_IS("request", 997 * i % 8191)) == 0);
	expect(stile_set_default(first, (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 }) ==
	       0);
	expect(stile_grant(first, "sandbox.narrow") == 0);
	expect(stile_apply_to_all_threads(first) == 0);
	if (word < 6)
		expect(stile_pledge(second, words[word]) == 0);
	else
		expect(stile_enable(second, many) == 0);
	expect(stile_apply_to_all_threads(second) == 0);
	expect(stile_receipt(second)->is_proved);
}

START_TEST(second_context_compiled_under_one_that_kills)
{
	word = _i;
	check_child(compiled_under_a_killing_first);
}
END_TEST

START_TEST(second_context_with_narrow)
{
	check_child(second_with_narrow);
}
END_TEST

/* ---- When it cannot be */

static void after_a_failed_grant(void)
{
	struct stile *s = stile_new();

	expect(stile_grant(s, "system_io.raed") == -ENOENT);
	expect(stile_apply_to_all_threads(s) == -ENOENT);
	expect(status_number("/proc/self/status", "Seccomp") == 0);
	expect(status_number("/proc/self/status", "NoNewPrivs") == 0);
	stile_free(s);
}

START_TEST(nothing_is_applied_after_a_failed_grant)
{
	check_child(after_a_failed_grant);
}
END_TEST

static void empty(void)
{
	struct stile *s = stile_new();

	expect(stile_apply_to_all_threads(s) == -ENODATA);
	expect(status_number("/proc/self/status", "Seccomp") == 0);
	stile_free(s);
}

START_TEST(empty_context_is_not_applied)
{
	check_child(empty);
}
END_TEST

/* A filter that answers seccomp(2) and prctl(2) so. */
static void answer_seccomp_with(uint32_t answer_value)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer_value),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, filter };

	expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	expect(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

static void no_seccomp(void)
{
	struct stile *s = server_context();
	struct stile_kernel kernel;

	answer_seccomp_with(SECCOMP_RET_ERRNO | ENOSYS);
	expect(stile_apply_to_current_thread(s) == -ENOSYS);
	expect(strstr(stile_message(s), "nothing is sandboxed") != NULL);
	expect(stile_probe_kernel(&kernel) == -ENOSYS);
	expect(syscall(SYS_getppid) > 0);
	stile_free(s);
}

START_TEST(kernel_without_seccomp)
{
	check_child(no_seccomp);
}
END_TEST

static void faked_seccomp(void)
{
	struct stile *s = server_context();

	answer_seccomp_with(SECCOMP_RET_ERRNO | 0);
	expect(stile_apply_to_current_thread(s) == -EALREADY);
	expect(stile_receipt(s) == NULL);
	stile_free(s);
}

START_TEST(success_that_is_faked)
{
	check_child(faked_seccomp);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("apply_twice");
	TCase *cases = tcase_create("apply_twice");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, one_context_twice);
	tcase_add_test(cases, second_context_without_narrow);
	tcase_add_test(cases, second_context_that_was_not_checked);
	tcase_add_test(cases, second_context_that_libseccomp_compiles);
	tcase_add_test(cases, a_check_does_not_freeze_the_context);
	tcase_add_test(cases, second_context_with_narrow);
	tcase_add_test(cases, second_context_under_one_that_kills);
	tcase_add_loop_test(cases, second_context_compiled_under_one_that_kills, 0, 7);
	tcase_add_test(cases, nothing_is_applied_after_a_failed_grant);
	tcase_add_test(cases, empty_context_is_not_applied);
	tcase_add_test(cases, kernel_without_seccomp);
	tcase_add_test(cases, success_that_is_faked);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
