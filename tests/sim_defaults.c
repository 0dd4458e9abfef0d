/* SPDX-License-Identifier: MIT */
/* What calls get that no grant names: defaults, baseline, hidden calls, foreign ABIs, unknown
 * numbers, in both kinds of context. Interpreted, not under the kernel. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <string.h>

#include "audit_arch.h"
#include "syscalls.h"
#include "test_support.h"

#define ERRNO(number) (SECCOMP_RET_ERRNO | (uint32_t)(number))

static struct stile *s;

static void refusing(void)
{
	s = stile_new();
	ck_assert_ptr_nonnull(s);
}

static void allowing(void)
{
	s = stile_new_allowing();
	ck_assert_ptr_nonnull(s);
}

static void tear_down(void)
{
	stile_free(s);
}

static void must(int result)
{
	ck_assert_msg(result == 0, "%s", stile_message(s));
}

/* The answer to a number as the kernel would put it to the filter, with any architecture. */
static uint32_t answer_number(uint32_t arch, uint32_t number)
{
	struct seccomp_data data = { .arch = arch, .nr = (int)number };
	struct sock_filter *instructions;
	uint32_t value;
	size_t count;

	must(stile_compile(s, &instructions, &count));
	value = simulate(instructions, count, &data);
	free(instructions);
	return value;
}

/* ---- Refusing contexts */

START_TEST(ungranted_call_fails_with_eperm)
{
	must(stile_grant(s, "system_io.read"));
	ck_assert_uint_eq(answer(s, "read", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "write", 0, 0, 0, 0, 0, 0), ERRNO(EPERM));
	ck_assert_uint_eq(answer(s, "execve", 0, 0, 0, 0, 0, 0), ERRNO(EPERM));
	ck_assert_uint_eq(answer(s, "exit_group", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "rt_sigreturn", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

static const struct {
	struct stile_action action;
	uint32_t value;
} refusals[] = {
	{ { STILE_ACTION_ERRNO, 4095 }, ERRNO(4095) },
	{ { STILE_ACTION_ERRNO, EACCES }, ERRNO(EACCES) },
	{ { STILE_ACTION_TRAP, 0 }, SECCOMP_RET_TRAP },
	{ { STILE_ACTION_KILL_THREAD, 0 }, SECCOMP_RET_KILL_THREAD },
	{ { STILE_ACTION_KILL_PROCESS, 0 }, SECCOMP_RET_KILL_PROCESS },
};

START_TEST(every_default_refusal)
{
	must(stile_grant(s, "system_io.read"));
	must(stile_set_default(s, refusals[_i].action));
	ck_assert_uint_eq(answer(s, "write", 0, 0, 0, 0, 0, 0), refusals[_i].value);
	ck_assert_uint_eq(answer(s, "read", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	/* what no kernel of the table knows: libc must fall back, whatever the default is */
	ck_assert_uint_eq(answer_number(audit_arch(STILE_ABI_NATIVE), 9999), ERRNO(ENOSYS));
}
END_TEST

START_TEST(refusal_without_conditions_is_for_the_rest)
{
	must(stile_fail_with(s, "openat", EACCES));
	must(stile_grant(s, "system_io.open_readonly"));
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_RDONLY, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_WRONLY, 0, 0, 0), ERRNO(EACCES));
	ck_assert_uint_eq(answer(s, "open", 0, O_WRONLY, 0, 0, 0, 0), ERRNO(EPERM));
}
END_TEST

START_TEST(refusal_for_the_rest_in_the_other_order)
{
	must(stile_grant(s, "system_io.open_readonly"));
	must(stile_fail_with(s, "openat", EACCES));
	must(stile_trap(s, "execve"));
	must(stile_log(s, "getcwd"));
	must(stile_kill_thread(s, "reboot"));
	must(stile_deny(s, "mmap")); /* of mmap, basic has only some calls */
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_RDONLY, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_WRONLY, 0, 0, 0), ERRNO(EACCES));
	ck_assert_uint_eq(answer(s, "execve", 0, 0, 0, 0, 0, 0), SECCOMP_RET_TRAP);
	ck_assert_uint_eq(answer(s, "getcwd", 0, 0, 0, 0, 0, 0), SECCOMP_RET_LOG);
	ck_assert_uint_eq(answer(s, "reboot", 0, 0, 0, 0, 0, 0), SECCOMP_RET_KILL_THREAD);
	ck_assert_uint_eq(answer(s, "mmap", 0, 4096, 3, 0x22, UINT64_MAX, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mmap", 0, 4096, 7, 0x22, UINT64_MAX, 0),
			  SECCOMP_RET_KILL_PROCESS);
}
END_TEST

START_TEST(baseline_makes_newer_calls_enosys)
{
	must(stile_grant(s, "system_io.read"));
	must(stile_set_baseline(s, "5.10"));
	ck_assert_uint_eq(answer(s, "futex_waitv", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS)); /* 5.16 */
	ck_assert_uint_eq(answer(s, "fchmodat2", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS));   /* 6.6 */
	ck_assert_uint_eq(answer(s, "close_range", 0, 0, 0, 0, 0, 0), ERRNO(EPERM));  /* 5.9 */
	ck_assert_uint_eq(answer(s, "faccessat2", 0, 0, 0, 0, 0, 0), ERRNO(EPERM));   /* 5.8 */
}
END_TEST

START_TEST(a_granted_call_newer_than_the_baseline_is_granted)
{
	must(stile_allow(s, "futex_waitv"));
	must(stile_set_baseline(s, "5.10"));
	ck_assert_uint_eq(answer(s, "futex_waitv", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(newest_baseline_refuses_what_it_knows)
{
	must(stile_grant(s, "system_io.read"));
	ck_assert_uint_eq(answer(s, "file_setattr", 0, 0, 0, 0, 0, 0), ERRNO(EPERM));
	ck_assert_uint_eq(answer_number(audit_arch(STILE_ABI_NATIVE), 470), ERRNO(ENOSYS));
}
END_TEST

START_TEST(openat2_is_enosys_beside_a_condition)
{
	must(stile_grant(s, "system_io.open_readonly"));
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS));
}
END_TEST

START_TEST(openat2_is_refused_when_nothing_opens)
{
	must(stile_grant(s, "system_io.read"));
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), ERRNO(EPERM));
}
END_TEST

START_TEST(clone3_is_enosys_beside_a_condition)
{
	must(stile_grant(s, "threads.create"));
	ck_assert_uint_eq(answer(s, "clone3", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS));
}
END_TEST

START_TEST(an_override_may_open_a_hidden_call)
{
	must(stile_grant(s, "system_io.open_readonly"));
	must(stile_override(s, "openat2", (struct stile_action){ STILE_ACTION_ALLOW, 0 }));
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

/* ---- Allowing contexts */

START_TEST(allowing_context_allows_the_rest)
{
	must(stile_deny(s, "execve"));
	must(stile_fail_with(s, "ptrace", EIO));
	ck_assert_uint_eq(answer(s, "execve", 0, 0, 0, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(answer(s, "ptrace", 0, 0, 0, 0, 0, 0), ERRNO(EIO));
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_RDWR | O_CREAT, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer_number(audit_arch(STILE_ABI_NATIVE), 470), ERRNO(ENOSYS));
}
END_TEST

START_TEST(refused_sibling_hides_openat2)
{
	must(stile_fail_with(s, "openat", EACCES));
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_RDONLY, 0, 0, 0), ERRNO(EACCES));
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS));
}
END_TEST

START_TEST(conditionally_refused_sibling_hides_openat2)
{
	must(stile_fail_with(s, "system_io.create", EROFS));
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_RDONLY, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_WRONLY | O_CREAT, 0, 0, 0), ERRNO(EROFS));
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS));
}
END_TEST

START_TEST(refused_fork_hides_clone3)
{
	must(stile_fail_with(s, "processes.danger_fork", EAGAIN));
	ck_assert_uint_eq(answer(s, "clone", 17, 0, 0, 0, 0, 0), ERRNO(EAGAIN));
	ck_assert_uint_eq(answer(s, "clone3", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS));
	ck_assert_uint_eq(answer(s, "clone",
				 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
					 CLONE_SYSVSEM,
				 0, 0, 0, 0, 0),
			  SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(baseline_in_an_allowing_context)
{
	must(stile_deny(s, "execve"));
	must(stile_set_baseline(s, "5.10"));
	ck_assert_uint_eq(answer(s, "futex_waitv", 0, 0, 0, 0, 0, 0), ERRNO(ENOSYS));
	ck_assert_uint_eq(answer(s, "close_range", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(log_by_default)
{
	must(stile_deny(s, "execve"));
	must(stile_set_default(s, (struct stile_action){ STILE_ACTION_LOG, 0 }));
	ck_assert_uint_eq(answer(s, "openat", 0, 0, 0, 0, 0, 0), SECCOMP_RET_LOG);
	ck_assert_uint_eq(answer(s, "exit_group", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

/* ---- ABIs and odd numbers, in both kinds of context */

static void check_foreign(uint32_t foreign)
{
	static const uint32_t foreign_archs[] = { AUDIT_ARCH_I386,
						  AUDIT_ARCH_ARM,
						  AUDIT_ARCH_AARCH64,
						  AUDIT_ARCH_X86_64,
						  AUDIT_ARCH_RISCV64,
						  AUDIT_ARCH_S390X,
						  0,
						  UINT32_MAX };
	uint32_t native = audit_arch(STILE_ABI_NATIVE);

	for (size_t i = 0; i < sizeof(foreign_archs) / sizeof(*foreign_archs); i++)
		for (uint32_t number = 0; number < 500; number += 7)
			if (foreign_archs[i] != native)
				ck_assert_uint_eq(answer_number(foreign_archs[i], number), foreign);
	ck_assert_uint_eq(answer_number(native, UINT32_MAX), ERRNO(ENOSYS));
	ck_assert_uint_eq(answer_number(native, 0x3fffffff), ERRNO(ENOSYS));
#ifdef __x86_64__
	/* x32: the same architecture, bit 30 in the number; its read is 0x40000000 */
	ck_assert_uint_eq(answer_number(native, 0x40000000), foreign);
	ck_assert_uint_eq(answer_number(native, 0x40000000 + 513), foreign);
	ck_assert_uint_eq(answer_number(native, 0x7fffffff), foreign);
	ck_assert_uint_eq(answer_number(native, 0x80000000), foreign);
	ck_assert_uint_eq(answer_number(native, 0xfffffffe), foreign);
	/* x32's own numbers without its bit */
	ck_assert_uint_eq(answer_number(native, 512), ERRNO(ENOSYS));
	ck_assert_uint_eq(answer_number(native, 547), ERRNO(ENOSYS));
	/* the gap in the table */
	ck_assert_uint_eq(answer_number(native, 400), ERRNO(ENOSYS));
#endif
}

START_TEST(foreign_abis_are_killed)
{
	must(stile_deny(s, "execve"));
	check_foreign(SECCOMP_RET_KILL_PROCESS);
}
END_TEST

START_TEST(foreign_abis_get_what_was_set)
{
	must(stile_deny(s, "execve"));
	must(stile_set_foreign_abi(s, (struct stile_action){ STILE_ACTION_ERRNO, ENOSYS }));
	check_foreign(ERRNO(ENOSYS));
}
END_TEST

START_TEST(plain_words_print_the_list)
{
	char *text;

	must(stile_grant(s, "system_io.open_readonly"));
	must(stile_grant(s, "system_io.read_fd(3)"));
	must(stile_fail_with(s, "ptrace", EIO));
	text = stile_print(s);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "fail with EPERM    everything else\n"));
	ck_assert_ptr_nonnull(strstr(text, "allow              read if fd == 3  # "
					   "system_io.read_fd(3)\n"));
	ck_assert_ptr_nonnull(strstr(text, "fail with EIO      ptrace  # fail_with ptrace\n"));
	ck_assert_ptr_nonnull(strstr(text, "fail with ENOSYS   openat2\n"));
	ck_assert_ptr_nonnull(strstr(text, "allow              openat if flags & ("));
	free(text);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("defaults");
	TCase *refuse = tcase_create("refusing"), *allow = tcase_create("allowing");

	tcase_add_checked_fixture(refuse, refusing, tear_down);
	tcase_add_test(refuse, ungranted_call_fails_with_eperm);
	tcase_add_loop_test(refuse, every_default_refusal, 0, sizeof(refusals) / sizeof(*refusals));
	tcase_add_test(refuse, refusal_without_conditions_is_for_the_rest);
	tcase_add_test(refuse, refusal_for_the_rest_in_the_other_order);
	tcase_add_test(refuse, baseline_makes_newer_calls_enosys);
	tcase_add_test(refuse, a_granted_call_newer_than_the_baseline_is_granted);
	tcase_add_test(refuse, newest_baseline_refuses_what_it_knows);
	tcase_add_test(refuse, openat2_is_enosys_beside_a_condition);
	tcase_add_test(refuse, openat2_is_refused_when_nothing_opens);
	tcase_add_test(refuse, clone3_is_enosys_beside_a_condition);
	tcase_add_test(refuse, an_override_may_open_a_hidden_call);
	tcase_add_test(refuse, foreign_abis_are_killed);
	tcase_add_test(refuse, foreign_abis_get_what_was_set);
	tcase_add_test(refuse, plain_words_print_the_list);
	suite_add_tcase(all, refuse);

	tcase_add_checked_fixture(allow, allowing, tear_down);
	tcase_add_test(allow, allowing_context_allows_the_rest);
	tcase_add_test(allow, refused_sibling_hides_openat2);
	tcase_add_test(allow, conditionally_refused_sibling_hides_openat2);
	tcase_add_test(allow, refused_fork_hides_clone3);
	tcase_add_test(allow, baseline_in_an_allowing_context);
	tcase_add_test(allow, log_by_default);
	tcase_add_test(allow, foreign_abis_are_killed);
	tcase_add_test(allow, foreign_abis_get_what_was_set);
	suite_add_tcase(all, allow);
	return all;
}

TEST_MAIN(suite)
