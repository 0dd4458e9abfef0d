/* SPDX-License-Identifier: MIT */
/* Callers of a supervisor that do what they should not are told so. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <stile/intercept.h>

#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

/* ---- A handler frees its supervisor */

static struct stile_answer free_supervisor(struct stile_call *call, void *data)
{
	(void)call;
	stile_supervisor_free(*(struct stile_supervisor **)data);
	return stile_answer_fail(EACCES);
}

START_TEST(a_handler_cannot_free_its_supervisor)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();

	run_supervised(supervisor, free_supervisor, &supervisor, "call", 2, -EACCES);
	expect_faults(supervisor, 2, "a handler called stile_supervisor_free()");
	stile_supervisor_free(supervisor);
}
END_TEST

static char *const arguments[] = { (char *)"supervised", (char *)"call", (char *)"2", (char *)"-13",
				   NULL };

static struct stile *intercepting(stile_handler handler, void *data)
{
	struct stile *s = stile_new_allowing();

	ck_assert_int_eq(stile_intercept(s, "getppid", handler, NULL, data), 0);
	return s;
}

START_TEST(an_intercept_cannot_free_its_supervisor)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();
	struct stile *s = intercepting(free_supervisor, &supervisor);
	pid_t pid;

	ck_assert_int_eq(stile_supervisor_spawn(supervisor, s, test_program("supervised"),
						arguments, NULL, NULL, &pid),
			 0);
	stile_free(s);
	ck_assert_int_eq(status_of(supervisor, pid), 0);
	expect_faults(supervisor, 2, "a handler called stile_supervisor_free()");
	stile_supervisor_free(supervisor);
}
END_TEST

START_TEST(a_handler_may_free_another_supervisor)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();
	struct stile_supervisor *other = stile_supervisor_new();

	run_supervised(supervisor, free_supervisor, &other, "call", 1, -EACCES);
	expect_faults(supervisor, 0, "");
	stile_supervisor_free(supervisor);
}
END_TEST

/* ---- Nobody learns how children end */

static const struct sigaction ignoring[] = { { .sa_handler = SIG_IGN },
					     { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT } };

START_TEST(a_program_whose_end_nobody_learns)
{
	struct said refusing = { stile_answer_fail(EACCES), 0 };
	struct stile *s = handling(answer_as_said, &refusing);

	ck_assert_int_eq(sigaction(SIGCHLD, &ignoring[_i], NULL), 0);
	ck_assert_int_eq(stile_supervise(s, test_program("supervised"), arguments, NULL), -ECHILD);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "SIGCHLD is ignored"));
	ck_assert_uint_eq(refusing.calls, 0); /* it never ran */
	stile_free(s);
}
END_TEST

/* Of what is traced the kernel tells in any case. */
START_TEST(a_traced_program_whose_end_is_known)
{
	struct said refusing = { stile_answer_fail(EACCES), 0 };
	struct stile *s = intercepting(answer_as_said, &refusing);

	ck_assert_int_eq(sigaction(SIGCHLD, &ignoring[_i], NULL), 0);
	ck_assert_msg(stile_supervise(s, test_program("supervised"), arguments, NULL) == 0, "%s",
		      stile_message(s));
	ck_assert_uint_eq(refusing.calls, 2);
	stile_free(s);
}
END_TEST

START_TEST(a_program_is_waited_for_without_its_status)
{
	struct said refusing = { stile_answer_fail(EACCES), 0 };
	struct stile_supervisor *supervisor = stile_supervisor_new();
	int status = -1;
	pid_t pid;

	ck_assert_int_eq(sigaction(SIGCHLD, &ignoring[_i], NULL), 0);
	pid = start_supervised(supervisor, answer_as_said, &refusing, "call", 2, -EACCES);
	ck_assert_int_eq(stile_supervisor_wait(supervisor, pid, &status), -ECHILD);
	ck_assert_uint_eq(refusing.calls, 2); /* it has ended */
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
	stile_supervisor_free(supervisor);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervisor_manners");
	TCase *cases = tcase_create("supervisor_manners");

	tcase_add_test(cases, a_handler_cannot_free_its_supervisor);
	tcase_add_test(cases, an_intercept_cannot_free_its_supervisor);
	tcase_add_test(cases, a_handler_may_free_another_supervisor);
	tcase_add_loop_test(cases, a_program_whose_end_nobody_learns, 0, 2);
	tcase_add_loop_test(cases, a_traced_program_whose_end_is_known, 0, 2);
	tcase_add_loop_test(cases, a_program_is_waited_for_without_its_status, 0, 2);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
