/* SPDX-License-Identifier: MIT */
/* What refusals do to a process under the kernel: each action, strict mode, other ABIs. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "refusal.h"

/* ---- Actions */

static void deny(void)
{
	struct stile *s = stile_new_allowing();

	expect(stile_deny(s, "getppid") == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	(void)syscall(SYS_getppid);
}

START_TEST(deny_kills_the_process)
{
	ck_assert_int_eq(child_status(deny), SIGSYS | 1 << 16);
}
END_TEST

static volatile sig_atomic_t trapped;

static void on_trap(int signal_number, siginfo_t *info, void *context)
{
	(void)signal_number;
	(void)context;
	trapped = info->si_syscall;
}

static void trap(void)
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	struct stile *s = stile_new_allowing();

	expect(sigaction(SIGSYS, &action, NULL) == 0);
	expect(stile_trap(s, "getppid") == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	(void)syscall(SYS_getppid);
	expect(trapped == SYS_getppid);
	stile_free(s);
}

START_TEST(trap_sends_sigsys)
{
	check_child(trap);
}
END_TEST

static void log_and_fail(void)
{
	struct stile *s = stile_new_allowing();

	expect(stile_log(s, "getppid") == 0);
	expect(stile_fail_with(s, "getpgid", 999) == 0);
	expect(stile_set_flags(s, STILE_APPLY_LOG | STILE_APPLY_SPEC_ALLOW) == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	expect(stile_receipt(s)->flags == (STILE_APPLY_LOG | STILE_APPLY_SPEC_ALLOW));
	expect(syscall(SYS_getppid) > 0);
	expect(refused(syscall(SYS_getpgid, 0)));
	stile_free(s);
}

START_TEST(log_permits)
{
	check_child(log_and_fail);
}
END_TEST

static void *call_getppid(void *unused)
{
	(void)unused;
	(void)syscall(SYS_getppid);
	return NULL;
}

static void kill_one_thread(void)
{
	struct stile *s = stile_new_allowing();
	pthread_t thread;

	expect(stile_kill_thread(s, "getppid") == 0);
	expect(stile_apply_to_all_threads(s) == 0);
	expect(pthread_create(&thread, NULL, call_getppid, NULL) == 0);
	/* its kernel thread is gone, the process goes on */
	expect(pthread_join(thread, NULL) == 0);
	stile_free(s);
}

START_TEST(kill_thread_kills_one)
{
	check_child(kill_one_thread);
}
END_TEST

/* ---- Strict mode */

static void strict(void)
{
	struct stile *s = stile_new();
	char byte;

	expect(stile_apply_strict(s) == 0);
	(void)!read(-1, &byte, 1);
	(void)syscall(SYS_exit, 0); /* exit_group is not there */
}

START_TEST(strict_mode_permits_exit)
{
	ck_assert_int_eq(child_status(strict), 0);
}
END_TEST

static void strict_violation(void)
{
	struct stile *s = stile_new();

	expect(stile_apply_strict(s) == 0);
	(void)syscall(SYS_getppid);
}

START_TEST(strict_mode_kills)
{
	ck_assert_int_eq(child_status(strict_violation), SIGKILL | 1 << 16);
}
END_TEST

/* ---- Other doors (x86) */

#ifdef __x86_64__
static struct stile *killing_context(void)
{
	struct stile *s = stile_new_allowing();

	expect(stile_fail_with(s, "ptrace", EIO) == 0);
	return s;
}

static void int_0x80(void)
{
	long result;

	expect(stile_apply_to_current_thread(killing_context()) == 0);
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory"); /* i386's getpid */
}

START_TEST(i386_entry_is_killed)
{
	ck_assert_int_eq(child_status(int_0x80), SIGSYS | 1 << 16);
}
END_TEST

static void x32(void)
{
	expect(stile_apply_to_current_thread(killing_context()) == 0);
	(void)syscall(0x40000000 + SYS_getpid);
}

START_TEST(x32_is_killed)
{
	ck_assert_int_eq(child_status(x32), SIGSYS | 1 << 16);
}
END_TEST

static void foreign_errno(void)
{
	struct stile *s = killing_context();
	long result;

	expect(stile_set_foreign_abi(s, refuse_999) == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	expect(refused(syscall(0x40000000 + SYS_getpid)));
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	expect(result == -999);
}

START_TEST(foreign_abi_with_an_errno)
{
	check_child(foreign_errno);
}
END_TEST
#endif

static Suite *suite(void)
{
	Suite *all = suite_create("actions");
	TCase *cases = tcase_create("actions");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, deny_kills_the_process);
	tcase_add_test(cases, trap_sends_sigsys);
	tcase_add_test(cases, log_permits);
	tcase_add_test(cases, kill_thread_kills_one);
	tcase_add_test(cases, strict_mode_permits_exit);
	tcase_add_test(cases, strict_mode_kills);
#ifdef __x86_64__
	tcase_add_test(cases, i386_entry_is_killed);
	tcase_add_test(cases, x32_is_killed);
	tcase_add_test(cases, foreign_abi_with_an_errno);
#endif
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
