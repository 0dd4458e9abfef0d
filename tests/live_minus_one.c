/* SPDX-License-Identifier: MIT */
/* What x86's number -1 gets from the kernel: when a program makes that call, and when a tracer sets
 * it to have another one skipped. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/policy.h>

#include "test_support.h"

#if defined(__x86_64__)
#include <sys/user.h>

#define REFUSED 77 /* errnos that no call has */
#define REPLACED 78
#define NO_FILTER 255 /* the child's exit status */
#define FIRST_WORD 1  /* that the rule is for */

static void add(struct stile_policy *p, uint32_t number, struct stile_action action,
		const struct stile_table_condition *condition)
{
	const struct stile_policy_rule rule = { STILE_ABI_X86_64,  number, action, condition,
						condition != NULL, -1 };

	(void)stile_policy_add_rule(p, &rule); /* errors stick */
}

/* All is allowed but -1 with a word, and what a tracer may make of calls. */
static int load_filter(bool asks_tracer)
{
	const struct stile_table_condition is_first = {
		.bits = 64, .comparison = STILE_EQUAL, .parameter = -1, .value = FIRST_WORD
	};
	struct stile_policy *p = stile_policy_new();
	struct stile *s = stile_new();

	(void)stile_policy_add_abi(p, STILE_ABI_X86_64);
	(void)stile_policy_set_default(p, (struct stile_action){ STILE_ACTION_ALLOW, 0 });
	add(p, UINT32_MAX, (struct stile_action){ STILE_ACTION_ERRNO, REFUSED }, &is_first);
	add(p, SYS_getuid, (struct stile_action){ STILE_ACTION_ERRNO, REPLACED }, NULL);
	if (asks_tracer)
		add(p, SYS_getppid, (struct stile_action){ STILE_ACTION_TRACE, 0 }, NULL);
	if (stile_use_policy(s, p) < 0 || stile_apply_to_current_thread(s) < 0) {
		(void)fprintf(stderr, "%s\n", stile_message(s));
		return -1;
	}
	return 0;
}

START_TEST(program_makes_it)
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		if (load_filter(false) < 0)
			_exit(NO_FILTER);
		if (syscall(-1, FIRST_WORD) != -1 || errno != REFUSED)
			_exit(1);
		if (syscall(-1, FIRST_WORD + 1) != -1 || errno != ENOSYS)
			_exit(2);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* In the traced child: getppid() with a word; its errno is the exit status. */
static void be_traced(bool asks_tracer, long word)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0 ||
	    load_filter(asks_tracer) < 0)
		_exit(NO_FILTER);
	errno = 0;
	_exit(syscall(SYS_getppid, word) == -1 ? errno : 0);
}

static pid_t start(bool asks_tracer, long word)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP;
	const pid_t child = fork();
	int status;

	if (child == 0)
		be_traced(asks_tracer, word);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSTOPPED(status), "ptrace is not permitted");
	ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, child, NULL, options), 0);
	return child;
}

/* Runs the child to its end; at the first stop in getppid() its number becomes another. */
static int finish(pid_t child, enum __ptrace_request go_on, long number)
{
	const size_t place = offsetof(struct user_regs_struct, orig_rax);
	bool is_changed = false;
	int status;

	for (;;) {
		ck_assert_int_eq(ptrace(go_on, child, NULL, NULL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		if (!WIFSTOPPED(status))
			break;
		if (is_changed || ptrace(PTRACE_PEEKUSER, child, place, NULL) != SYS_getppid)
			continue;
		ck_assert_int_eq(ptrace(PTRACE_POKEUSER, child, place, number), 0);
		is_changed = true;
	}
	ck_assert(is_changed);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The kernel asks the filter behind a tracer that stops at every call: of what is left of it. */
START_TEST(tracer_sets_it_before_the_filter)
{
	ck_assert_int_eq(finish(start(false, FIRST_WORD), PTRACE_SYSCALL, -1), REFUSED);
	ck_assert_int_eq(finish(start(false, FIRST_WORD + 1), PTRACE_SYSCALL, -1), ENOSYS);
	ck_assert_int_eq(finish(start(false, FIRST_WORD), PTRACE_SYSCALL, SYS_getuid), REPLACED);
}
END_TEST

/* A tracer that the filter asked may take another call, of which the filter is asked once more, or
 * skip this one, of which it is not. */
START_TEST(tracer_sets_it_for_the_filter)
{
	ck_assert_int_eq(finish(start(true, FIRST_WORD), PTRACE_CONT, -1), ENOSYS);
	ck_assert_int_eq(finish(start(true, FIRST_WORD), PTRACE_CONT, SYS_getuid), REPLACED);
}
END_TEST

#endif

static Suite *make_suite(void)
{
	Suite *suite = suite_create("minus one");
	TCase *tests = tcase_create("minus one");

#if defined(__x86_64__)
	tcase_add_test(tests, program_makes_it);
	tcase_add_test(tests, tracer_sets_it_before_the_filter);
	tcase_add_test(tests, tracer_sets_it_for_the_filter);
#else
	puts("skip: this is about x86_64");
#endif
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
