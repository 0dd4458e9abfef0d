/* SPDX-License-Identifier: MIT */
/* Which rules cannot stand together, what is said then, and how overrides replace. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "context_fixture.h"

/* ---- Conflicts */

START_TEST(wide_custom_ruleset_first)
{
	struct stile_ruleset *legacy = stile_ruleset_new("legacy");

	ck_assert_int_eq(stile_ruleset_allow(legacy, "socket"), 0);
	ck_assert_int_eq(stile_enable(s, legacy), 0);
	stile_ruleset_free(legacy);
	ck_assert_fails(stile_allow_networking_start_tcp_client(s), -EEXIST,
			"networking.start_tcp_client: socket: custom ruleset 'legacy' already "
			"allows "
			"every socket(), e.g. socket(AF_PACKET, SOCK_RAW, 0); this narrower rule "
			"would do nothing: drop one of the two (both match socket(AF_INET, "
			"SOCK_STREAM, 0))");
}
END_TEST

START_TEST(wide_custom_ruleset_second)
{
	struct stile_ruleset *legacy = stile_ruleset_new("legacy");

	ck_assert_int_eq(stile_ruleset_allow(legacy, "socket"), 0);
	ck_assert_int_eq(stile_allow_networking_start_tcp_client(s), 0);
	ck_assert_fails(stile_enable(s, legacy), -EEXIST,
			"custom ruleset 'legacy': socket: this rule allows every socket(), e.g. "
			"socket(AF_PACKET, SOCK_RAW, 0); the narrower rule of "
			"networking.start_tcp_client would do nothing: drop one of the two (both "
			"match socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP))");
	stile_ruleset_free(legacy);
}
END_TEST

START_TEST(running_server_and_read_fd)
{
	ck_assert_int_eq(stile_grant(s, "system_io.read_fd(3)"), 0);
	ck_assert_int_eq(stile_grant(s, "networking.running_tcp_server"), -EEXIST);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "networking.running_tcp_server: read: "));
	ck_assert_ptr_nonnull(strstr(stile_message(s), "system_io.read_fd(3)"));
}
END_TEST

START_TEST(the_same_grant_twice)
{
	ck_assert_int_eq(stile_grant(s, "system_io.read_fd(3)"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.read_fd(3)"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.read_fd(4)"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.write"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.write"), 0);
	ck_assert_int_eq(stile_check(s), 0);
}
END_TEST

START_TEST(allow_and_deny)
{
	ck_assert_int_eq(stile_allow(s, "ptrace"), 0);
	ck_assert_fails(stile_deny(s, "ptrace"), -EEXIST,
			"deny ptrace: ptrace: this rule says 'kill the process', but allow ptrace "
			"says 'allow' for a call that both match, e.g. ptrace(PTRACE_TRACEME, 0, "
			"0, 0): drop one of the two, or replace the other by "
			"stile_override()");
}
END_TEST

START_TEST(two_refusals)
{
	ck_assert_int_eq(stile_fail_with(s, "ptrace", EACCES), 0);
	ck_assert_int_eq(stile_fail_with(s, "ptrace", EACCES), 0);
	ck_assert_int_eq(stile_fail_with(s, "ptrace", EIO), -EEXIST);
}
END_TEST

START_TEST(grant_against_conditional_refusal)
{
	/* the refusal of a grant has its conditions: these overlap with write-only opens */
	ck_assert_int_eq(stile_grant(s, "system_io.open_write"), 0);
	ck_assert_int_eq(stile_deny(s, "system_io.open_write"), -EEXIST);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "deny system_io.open_write: open"));
	ck_assert_ptr_nonnull(strstr(stile_message(s), "for a call that both match, e.g. open"));
}
END_TEST

START_TEST(different_actions_on_different_calls)
{
	/* both on openat, but no call matches both */
	ck_assert_int_eq(stile_grant(s, "system_io.open_readonly"), 0);
	ck_assert_int_eq(stile_fail_with(s, "system_io.open_write", EROFS), 0);
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_RDONLY, 0, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_WRONLY, 0, 0, 0), SECCOMP_RET_ERRNO | EROFS);
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_WRONLY | O_CREAT, 0, 0, 0),
			  SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

START_TEST(basic_cannot_be_refused)
{
	ck_assert_fails(stile_deny(s, "exit_group"), -EEXIST,
			"deny exit_group: exit_group: exit_group(0) is in the ruleset basic, "
			"without which no program can run or end: it can be neither refused nor "
			"logged nor handled: leave it out");
}
END_TEST

START_TEST(basic_cannot_be_refused_in_an_allowing_context)
{
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_fail_with(s, "rt_sigreturn", EPERM), -EEXIST);
}
END_TEST

START_TEST(basic_cannot_be_overridden)
{
	ck_assert_int_eq(stile_override(s, "exit", (struct stile_action){ STILE_ACTION_TRAP, 0 }),
			 -EEXIST);
}
END_TEST

static struct stile_answer handle(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_allow();
}

/* Who answers instead may be dead: then only calls fail with which a program can live. */
START_TEST(questions_of_basic_can_be_notified)
{
	for (int allowing = 0; allowing < 2; allowing++) {
		stile_free(s);
		s = allowing ? stile_new_allowing() : stile_new();
		ck_assert_int_eq(stile_notify(s, "getrandom"), 0);
		ck_assert_int_eq(stile_notify(s, "time.read"), 0);
		ck_assert_uint_eq(answer(s, "getrandom", 0, 0, 0, 0, 0, 0), SECCOMP_RET_USER_NOTIF);
		ck_assert_uint_eq(answer(s, "clock_gettime", 0, 0, 0, 0, 0, 0),
				  SECCOMP_RET_USER_NOTIF);
		ck_assert_uint_eq(answer(s, "getpid", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
		ck_assert_int_eq(stile_notify(s, "brk"), -EEXIST);
	}
}
END_TEST

/* basic would permit what the condition leaves out, which nobody has said. */
START_TEST(questions_of_basic_are_notified_whole)
{
	struct stile_ruleset *r = stile_ruleset_new("some");

	STILE_ALLOW_IF(r, "getrandom", STILE_ARGUMENT_IS("flags", 0));
	ck_assert_int_eq(stile_on_ruleset(s, r, handle, NULL), -EEXIST);
	stile_ruleset_free(r);
}
END_TEST

static struct stile_answer handle_otherwise(struct stile_call *call, void *data)
{
	return handle(call, data);
}

START_TEST(one_handler_for_overlapping_grants)
{
	ck_assert_int_eq(stile_intercept(s, "system_io.read_fd(3)", handle, NULL, NULL), 0);
	ck_assert_int_eq(stile_intercept(s, "system_io.read", handle, NULL, NULL), 0);
	ck_assert_int_eq(stile_intercept(s, "system_io.read_fd(4)", handle, NULL, NULL), 0);
	ck_assert_uint_eq(answer(s, "read", 3, 0, 0, 0, 0, 0), SECCOMP_RET_TRACE | 1);
	ck_assert_uint_eq(answer(s, "read", 5, 0, 0, 0, 0, 0), SECCOMP_RET_TRACE | 1);
	ck_assert_int_eq(stile_intercept(s, "read", handle_otherwise, NULL, NULL), -EEXIST);
}
END_TEST

START_TEST(basic_is_absorbed)
{
	/* basic holds a conditional mmap; a wider rule takes its place without a conflict */
	ck_assert_int_eq(stile_allow(s, "mmap"), 0);
	ck_assert_int_eq(stile_check(s), 0);
}
END_TEST

START_TEST(hidden_call_beside_a_condition)
{
	ck_assert_int_eq(stile_grant(s, "system_io.open_readonly"), 0);
	ck_assert_int_eq(stile_allow(s, "openat2"), 0);
	ck_assert_fails(stile_check(s), -EEXIST,
			"allow openat2: openat2: system_io.open_readonly has a rule on open(), and "
			"openat2() does the same with its flags behind a pointer, where no filter "
			"can look: leave openat2() out (it then fails with ENOSYS and libc uses "
			"open()), or drop the other rule");
}
END_TEST

START_TEST(hidden_call_with_a_condition_of_its_own)
{
	/* no condition on openat2 can be on its flags */
	struct stile_ruleset *mine = stile_ruleset_new("mine");

	ck_assert_int_eq(stile_grant(s, "system_io.open_readonly"), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(mine, "openat2", STILE_ARGUMENT_IS("dirfd", AT_FDCWD)), 0);
	ck_assert_int_eq(stile_enable(s, mine), 0);
	stile_ruleset_free(mine);
	ck_assert_int_eq(stile_check(s), -EEXIST);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "custom ruleset 'mine': openat2: "
						       "system_io.open_readonly has a rule on"));
}
END_TEST

START_TEST(a_refused_grant_in_an_allowing_context_warns)
{
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_fail_with(s, "system_io.create", EROFS), 0);
	ck_assert_ptr_nonnull(
		strstr(stile_warnings(s),
		       "fail_with system_io.create: openat: only what this grant would allow is "
		       "refused; "
		       "other calls of openat() go on: refuse the call by its name\n"));
}
END_TEST

START_TEST(override_with_a_bad_action)
{
	ck_assert_int_eq(stile_override(s, "ptrace",
					(struct stile_action){ STILE_ACTION_ALLOW, 5 }),
			 -EINVAL);
}
END_TEST

START_TEST(the_first_error_sticks)
{
	char first[sizeof(struct { char text[1024]; })];

	ck_assert_int_eq(stile_grant(s, "nonsense.x"), -ENOENT);
	(void)snprintf(first, sizeof(first), "%s", stile_message(s));
	ck_assert_int_eq(stile_grant(s, "system_io.read"), -ENOENT);
	ck_assert_int_eq(stile_deny(s, "exit"), -ENOENT);
	ck_assert_int_eq(stile_set_flags(s, 12345), -ENOENT);
	ck_assert_int_eq(stile_apply_to_current_thread(s), -ENOENT);
	ck_assert_int_eq(stile_apply_to_all_threads(s), -ENOENT);
	ck_assert_int_eq(stile_apply_strict(s), -ENOENT);
	ck_assert_str_eq(stile_message(s), first);
	ck_assert_ptr_null(stile_receipt(s));
}
END_TEST

/* ---- Overrides */

START_TEST(override_replaces_and_says_so)
{
	ck_assert_int_eq(stile_grant(s, "system_io.open_readonly"), 0);
	ck_assert_int_eq(stile_override(s, "openat",
					(struct stile_action){ STILE_ACTION_ERRNO, EACCES }),
			 0);
	ck_assert_str_eq(stile_warnings(s),
			 "override openat: openat: 'fail with EACCES' replaces 'allow' of "
			 "system_io.open_readonly\n");
	ck_assert_uint_eq(answer(s, "openat", 0, 0, O_RDONLY, 0, 0, 0), SECCOMP_RET_ERRNO | EACCES);
	ck_assert_uint_eq(answer(s, "open", 0, O_RDONLY, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(a_rule_after_an_override_conflicts_again)
{
	ck_assert_int_eq(stile_override(s, "ptrace", (struct stile_action){ STILE_ACTION_TRAP, 0 }),
			 0);
	ck_assert_int_eq(stile_allow(s, "ptrace"), -EEXIST);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("conflicts");
	TCase *cases = tcase_create("conflicts");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, wide_custom_ruleset_first);
	tcase_add_test(cases, wide_custom_ruleset_second);
	tcase_add_test(cases, running_server_and_read_fd);
	tcase_add_test(cases, the_same_grant_twice);
	tcase_add_test(cases, allow_and_deny);
	tcase_add_test(cases, two_refusals);
	tcase_add_test(cases, grant_against_conditional_refusal);
	tcase_add_test(cases, different_actions_on_different_calls);
	tcase_add_test(cases, basic_cannot_be_refused);
	tcase_add_test(cases, basic_cannot_be_refused_in_an_allowing_context);
	tcase_add_test(cases, basic_cannot_be_overridden);
	tcase_add_test(cases, questions_of_basic_can_be_notified);
	tcase_add_test(cases, questions_of_basic_are_notified_whole);
	tcase_add_test(cases, one_handler_for_overlapping_grants);
	tcase_add_test(cases, basic_is_absorbed);
	tcase_add_test(cases, hidden_call_beside_a_condition);
	tcase_add_test(cases, hidden_call_with_a_condition_of_its_own);
	tcase_add_test(cases, a_refused_grant_in_an_allowing_context_warns);
	tcase_add_test(cases, override_with_a_bad_action);
	tcase_add_test(cases, the_first_error_sticks);
	tcase_add_test(cases, override_replaces_and_says_so);
	tcase_add_test(cases, a_rule_after_an_override_conflicts_again);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
