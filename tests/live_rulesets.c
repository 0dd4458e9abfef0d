/* SPDX-License-Identifier: MIT */
/* Every test line of rulesets/ that is not marked sim, under the kernel, each in its own child. */
#include "ruleset_tests.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile.h>

#include "test_support.h"

#define REFUSED 999 /* an errno that no call has */
#define SECONDS 20  /* that a child may take */

/* The child's exit status: what became of the call. */
enum outcome { CALL_RAN = 40, CALL_REFUSED, CALL_ENOSYS, NOT_SANDBOXED };

static char buffer[4096];
static int *chosen; /* indices of the tests that can be made here */

static long word_value(const struct test_word *word)
{
	switch (word->kind) {
	case TEST_STRING:
		return (long)(uintptr_t)word->text;
	case TEST_BUFFER:
		return (long)(uintptr_t)buffer;
	case TEST_BAD:
		return 4096; /* below vm.mmap_min_addr: nothing is ever mapped there */
	case TEST_VALUE:
		break;
	}
	return (long)word->value;
}

/* Applies the grant to this process, makes the call and says what became of it by its status. */
static _Noreturn void make_call(const struct ruleset_test *test, struct stile *s)
{
	const struct test_word *w = test->words[STILE_ABI_NATIVE];
	long number = stile_syscall_number(STILE_ABI_NATIVE, test->syscall);
	long words[6];
	long outcome = CALL_RAN;

	for (int i = 0; i < 6; i++)
		words[i] = word_value(&w[i]);
	alarm(SECONDS); /* before the filter, which may not permit it */
	if (stile_apply_to_current_thread(s) < 0) {
		fprintf(stderr, "%s\n", stile_message(s));
		_exit(NOT_SANDBOXED);
	}
	if (syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]) == -1) {
		if (errno == REFUSED)
			outcome = CALL_REFUSED;
		else if (errno == ENOSYS)
			outcome = CALL_ENOSYS;
	}
	for (;;)
		syscall(SYS_exit_group, outcome);
}

static bool is_expected(const struct ruleset_test *test, int outcome)
{
	if (test->runs) /* an older kernel may lack the call */
		return outcome == CALL_RAN || outcome == CALL_ENOSYS;
	return outcome == CALL_REFUSED ||
	       (outcome == CALL_ENOSYS && test->enosys_abis & 1u << STILE_ABI_NATIVE);
}

static const char *outcome_text(int status, char text[64])
{
	if (WIFSIGNALED(status))
		snprintf(text, 64, "the child was killed by SIG%s%s",
			 sigabbrev_np(WTERMSIG(status)),
			 WTERMSIG(status) == SIGALRM ? ": the call hangs" : "");
	else if (WEXITSTATUS(status) == CALL_RAN)
		snprintf(text, 64, "it ran");
	else if (WEXITSTATUS(status) == CALL_REFUSED)
		snprintf(text, 64, "it was refused");
	else if (WEXITSTATUS(status) == CALL_ENOSYS)
		snprintf(text, 64, "it failed with ENOSYS");
	else if (WEXITSTATUS(status) == NOT_SANDBOXED)
		snprintf(text, 64, "the child could not be sandboxed");
	else
		snprintf(text, 64, "the child ended with status %d", WEXITSTATUS(status));
	return text;
}

START_TEST(kernel_does_as_the_test_line_says)
{
	const struct ruleset_test *test = &ruleset_tests[chosen[_i]];
	struct stile *s;
	char text[64];
	int status;
	pid_t child;

	s = stile_new();
	(void)stile_set_default(s, (struct stile_action){ STILE_ACTION_ERRNO, REFUSED });
	ck_assert_msg(stile_grant(s, test->grant) == 0, "rulesets/%s:%d: %s", test->file,
		      test->line, stile_message(s));
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		make_call(test, s);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && is_expected(test, WEXITSTATUS(status)),
		      "rulesets/%s:%d: %s: %s should %s, but %s", test->file, test->line,
		      test->grant, test->text, test->runs ? "run" : "be refused",
		      outcome_text(status, text));
	stile_free(s);
}
END_TEST

/* The tests that this ABI can make, and that may be made for real. Returns their number. */
static int choose_tests(void)
{
	int count = 0;

	chosen = calloc((size_t)ruleset_test_count, sizeof(*chosen));
	if (!chosen)
		abort();
	for (int i = 0; i < ruleset_test_count; i++) {
		const struct ruleset_test *test = &ruleset_tests[i];

		if (!test->sim_only && test->abis & 1u << STILE_ABI_NATIVE)
			chosen[count++] = i;
	}
	return count;
}

static Suite *suite(void)
{
	Suite *all = suite_create("live_rulesets");
	TCase *lines = tcase_create("test lines");

	tcase_set_timeout(lines, SECONDS + 10);
	tcase_add_loop_test(lines, kernel_does_as_the_test_line_says, 0, choose_tests());
	suite_add_tcase(all, lines);
	return all;
}

TEST_MAIN(suite)
