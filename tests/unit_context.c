/* SPDX-License-Identifier: MIT */
/* What a context accepts, and every sentence that it says when it does not. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <stile.h>
#include <stile/table.h>

#include "context_fixture.h"

/* ---- Names */

START_TEST(unknown_ruleset)
{
	ck_assert_fails(stile_grant(s, "system_oi.read"), -ENOENT,
			"system_oi.read: there is no ruleset 'system_oi': did you mean "
			"'system_io'?");
}
END_TEST

START_TEST(unknown_grant)
{
	ck_assert_fails(stile_grant(s, "system_io.open_redonly"), -ENOENT,
			"system_io.open_redonly: ruleset system_io has no grant 'open_redonly': "
			"did "
			"you mean 'system_io.open_readonly'?");
}
END_TEST

START_TEST(danger_grant_without_its_mark)
{
	ck_assert_fails(stile_grant(s, "processes.exec"), -ENOENT,
			"processes.exec: ruleset processes has no grant 'exec': did you mean "
			"'processes.danger_exec'?");
}
END_TEST

START_TEST(no_grant_at_all)
{
	ck_assert_fails(stile_grant(s, "openat"), -EINVAL,
			"'openat' is no grant: write RULESET.GRANT or RULESET.GRANT(VALUE), e.g. "
			"system_io.read_fd(3)");
}
END_TEST

START_TEST(terminal_escape_in_a_name)
{
	ck_assert_int_eq(stile_grant(s, "\033[2J.x"), -EINVAL);
	ck_assert_ptr_null(strchr(stile_message(s), '\033'));
	ck_assert_ptr_nonnull(strstr(stile_message(s), "\\x1b[2J"));
}
END_TEST

START_TEST(unknown_syscall)
{
	ck_assert_fails(stile_deny(s, "opentat"), -ENOENT,
			"deny opentat: there is no syscall 'opentat': did you mean 'openat'?");
}
END_TEST

START_TEST(null_names)
{
	ck_assert_int_eq(stile_grant(s, NULL), -EINVAL);
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_deny(s, NULL), -EINVAL);
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_set_baseline(s, NULL), -EINVAL);
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_pledge(s, NULL), -EINVAL);
}
END_TEST

START_TEST(no_context)
{
	ck_assert_int_eq(stile_grant(NULL, "system_io.read"), -ENOMEM);
	ck_assert_int_eq(stile_allow_system_io_read_fd(NULL, 3), -ENOMEM);
	ck_assert_int_eq(stile_deny(NULL, "openat"), -ENOMEM);
	ck_assert_int_eq(stile_enable(NULL, NULL), -ENOMEM);
	ck_assert_int_eq(stile_apply_to_all_threads(NULL), -ENOMEM);
	ck_assert_int_eq(stile_check(NULL), -ENOMEM);
	ck_assert_int_eq(stile_error(NULL), -ENOMEM);
	ck_assert_str_eq(stile_message(NULL),
			 "out of memory: no context could be made: free some and try again");
	ck_assert_ptr_null(stile_print(NULL));
	stile_free(NULL);
}
END_TEST

/* ---- Values of grants */

START_TEST(missing_value)
{
	ck_assert_fails(stile_grant(s, "system_io.read_fd"), -EINVAL,
			"system_io.read_fd takes 1 value, not 0: write system_io.read_fd(VALUE)");
}
END_TEST

START_TEST(negative_fd)
{
	ck_assert_fails(stile_grant(s, "system_io.read_fd(-1)"), -EINVAL,
			"system_io.read_fd: fd is -1: it must be between 0 and 2147483647");
}
END_TEST

START_TEST(negative_fd_by_function)
{
	ck_assert_fails(stile_allow_system_io_read_fd(s, -3), -EINVAL,
			"system_io.read_fd: fd is -3: it must be between 0 and 2147483647");
}
END_TEST

START_TEST(too_many_values)
{
	ck_assert_fails(stile_grant(s, "system_io.read(3)"), -EINVAL,
			"system_io.read takes 0 values, not 1: write the name alone");
}
END_TEST

static const char *const bad_values[] = {
	"system_io.read_fd()",
	"system_io.read_fd(3",
	"system_io.read_fd(3))",
	"system_io.read_fd(3) ",
	"system_io.read_fd(x)",
	"system_io.read_fd(3,)",
	"system_io.read_fd(0x3)",
	"system_io.read_fd(3.0)",
	"system_io.read_fd(+3)",
	"system_io.read_fd3",
	"system_io.read_fd(99999999999)",
	"system_io.read_fd(\n3)",
	"system_io.read_fd(1,2,3,4,5,6,7)",
};

START_TEST(values_that_are_none)
{
	ck_assert_msg(stile_grant(s, bad_values[_i]) < 0, "%s was accepted", bad_values[_i]);
}
END_TEST

/* ---- Settings */

START_TEST(empty_context)
{
	ck_assert_fails(stile_check(s), -ENODATA,
			"nothing was granted or refused in this context: add a grant first "
			"(stile-rulesets(7)), or apply_strict for the strictest sandbox");
}
END_TEST

START_TEST(default_action_of_the_wrong_kind)
{
	ck_assert_fails(stile_set_default(s, (struct stile_action){ STILE_ACTION_ALLOW, 0 }),
			-EINVAL,
			"the default of a refusing context is a refusal: use stile_new_allowing() "
			"for "
			"one that allows");
}
END_TEST

START_TEST(default_refusal_in_an_allowing_context)
{
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_set_default(s,
					   (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 }),
			 -EINVAL);
}
END_TEST

static const struct stile_action bad_actions[] = {
	{ STILE_ACTION_ERRNO, 0 },    /* would tell the program of success */
	{ STILE_ACTION_ERRNO, 4096 }, /* the kernel would make 4095 of it */
	{ STILE_ACTION_TRAP, EPERM },
	{ STILE_ACTION_TRACE, 0 }, /* needs a supervisor */
	{ STILE_ACTION_NOTIFY, 0 },
	{ (enum stile_action_kind)(STILE_ACTION_KILL_PROCESS + 1), 0 },
	{ (enum stile_action_kind) - 1, 0 },
};

START_TEST(actions_that_are_none)
{
	ck_assert_int_eq(stile_set_default(s, bad_actions[_i]), -EINVAL);
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_set_foreign_abi(s, bad_actions[_i]), -EINVAL);
}
END_TEST

START_TEST(fail_with_bad_errno)
{
	ck_assert_fails(stile_fail_with(s, "ptrace", 0), -EINVAL,
			"fail_with ptrace: errno 0: it must be 1 to 4095");
}
END_TEST

START_TEST(foreign_abi_cannot_be_allowed)
{
	ck_assert_int_eq(stile_set_foreign_abi(s, (struct stile_action){ STILE_ACTION_ALLOW, 0 }),
			 -EINVAL);
}
END_TEST

static const char *const bad_baselines[] = { "",     "6",     "6.",   "6.1.",	 "x",  "6.1x",
					     "-6.1", "6.300", "99.0", "6.1.2.3", "6,1" };

START_TEST(baselines_that_are_none)
{
	ck_assert_msg(stile_set_baseline(s, bad_baselines[_i]) == -EINVAL, "%s was accepted",
		      bad_baselines[_i]);
}
END_TEST

START_TEST(unknown_flags)
{
	ck_assert_int_eq(stile_set_flags(s, STILE_SPAWN_UNASKED << 1), -EINVAL);
}
END_TEST

START_TEST(strict_mode_with_grants)
{
	ck_assert_int_eq(stile_grant(s, "system_io.read"), 0);
	ck_assert_int_eq(stile_apply_strict(s), -EINVAL);
}
END_TEST

/* ---- Pledge words */

START_TEST(pledge_words)
{
	ck_assert_int_eq(stile_pledge(s, "stdio rpath"), 0);
	ck_assert_int_eq(stile_pledge(s, " exec "), 0);
	ck_assert_int_eq(stile_check(s), 0);
}
END_TEST

START_TEST(unknown_pledge_word)
{
	ck_assert_fails(stile_pledge(s, "stdio rpaht"), -ENOENT,
			"pledge: there is no word 'rpaht': did you mean 'rpath'?");
}
END_TEST

START_TEST(empty_pledge)
{
	ck_assert_int_eq(stile_pledge(s, "  "), -EINVAL);
}
END_TEST

/* ---- Tables of users */

START_TEST(table_of_another_version)
{
	struct stile_table table = { .version = STILE_TABLE_VERSION + 1 };

	ck_assert_int_eq(stile_allow_table_grant(s, &table, 0, 0, NULL, 0), -EINVAL);
}
END_TEST

START_TEST(table_without_that_grant)
{
	ck_assert_int_eq(stile_allow_table_grant(s, stile_builtin_table(), 100000, 0, NULL, 0),
			 -EINVAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("context");
	TCase *names = tcase_create("names"), *values = tcase_create("values");
	TCase *settings = tcase_create("settings");

	tcase_add_checked_fixture(names, set_up, tear_down);
	tcase_add_test(names, unknown_ruleset);
	tcase_add_test(names, unknown_grant);
	tcase_add_test(names, danger_grant_without_its_mark);
	tcase_add_test(names, no_grant_at_all);
	tcase_add_test(names, terminal_escape_in_a_name);
	tcase_add_test(names, unknown_syscall);
	tcase_add_test(names, null_names);
	tcase_add_test(names, no_context);
	tcase_add_test(names, pledge_words);
	tcase_add_test(names, unknown_pledge_word);
	tcase_add_test(names, empty_pledge);
	tcase_add_test(names, table_of_another_version);
	tcase_add_test(names, table_without_that_grant);
	suite_add_tcase(all, names);

	tcase_add_checked_fixture(values, set_up, tear_down);
	tcase_add_test(values, missing_value);
	tcase_add_test(values, negative_fd);
	tcase_add_test(values, negative_fd_by_function);
	tcase_add_test(values, too_many_values);
	tcase_add_loop_test(values, values_that_are_none, 0,
			    sizeof(bad_values) / sizeof(*bad_values));
	suite_add_tcase(all, values);

	tcase_add_checked_fixture(settings, set_up, tear_down);
	tcase_add_test(settings, empty_context);
	tcase_add_test(settings, default_action_of_the_wrong_kind);
	tcase_add_test(settings, default_refusal_in_an_allowing_context);
	tcase_add_loop_test(settings, actions_that_are_none, 0,
			    sizeof(bad_actions) / sizeof(*bad_actions));
	tcase_add_test(settings, fail_with_bad_errno);
	tcase_add_test(settings, foreign_abi_cannot_be_allowed);
	tcase_add_loop_test(settings, baselines_that_are_none, 0,
			    sizeof(bad_baselines) / sizeof(*bad_baselines));
	tcase_add_test(settings, unknown_flags);
	tcase_add_test(settings, strict_mode_with_grants);
	suite_add_tcase(all, settings);
	return all;
}

TEST_MAIN(suite)
