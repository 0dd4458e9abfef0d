/* SPDX-License-Identifier: MIT */
/* Handlers on a context: what they may be set for, what is refused, what filters come of it. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <stile/intercept.h>
#include <stile/supervise.h>

#include "context.h"
#include "handlers.h"
#include "handlers_fixture.h"

static struct stile_answer refuse(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_fail(EACCES);
}

static struct seccomp_data parse(const char *syscall, const char *first)
{
	const char *const arguments[] = { first };
	struct seccomp_data data;
	char message[256];

	ck_assert_msg(stile_parse_call(STILE_ABI_NATIVE, syscall, arguments, first ? 1 : 0, &data,
				       message, sizeof(message)) == 0,
		      "%s", message);
	return data;
}

static uint32_t kind(const char *syscall, uint64_t a, uint64_t b)
{
	return answer(s, syscall, a, b, 0, 0, 0, 0) & SECCOMP_RET_ACTION_FULL;
}

START_TEST(a_syscall_is_notified_and_nothing_else)
{
	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	ck_assert_uint_eq(kind("getppid", 0, 0), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(kind("getpgid", 0, 0), SECCOMP_RET_ERRNO);
	ck_assert_uint_eq(kind("exit_group", 0, 0), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(a_grant_is_notified_under_its_conditions)
{
	ck_assert_int_eq(stile_on(s, "system_io.write_fd(7)", allow, NULL), 0);
	ck_assert_uint_eq(kind("write", 7, 0), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(kind("write", 8, 0), SECCOMP_RET_ERRNO);
}
END_TEST

START_TEST(a_ruleset_is_notified_under_its_conditions)
{
	struct stile_ruleset *ruleset = stile_ruleset_new("mine");

	ck_assert_int_eq(STILE_ALLOW_IF(ruleset, "kill", STILE_ARGUMENT_IS("sig", 15)), 0);
	ck_assert_int_eq(stile_on_ruleset(s, ruleset, allow, NULL), 0);
	stile_ruleset_free(ruleset);
	ck_assert_uint_eq(kind("kill", 1, 15), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(kind("kill", 1, 9), SECCOMP_RET_ERRNO);
}
END_TEST

/* Which handler is asked is found again by the policy. */
START_TEST(each_call_finds_its_own_handler)
{
	struct seccomp_data data;
	struct handlers handlers;
	const struct handler *found;
	int first, second;

	ck_assert_int_eq(stile_on(s, "getppid", allow, &first), 0);
	ck_assert_int_eq(stile_on(s, "system_io.write_fd(7)", refuse, &second), 0);
	ck_assert_int_eq(handlers_copy(s, &handlers), 0);
	data = parse("getppid", NULL);
	found = handlers_find(&handlers, &data);
	ck_assert(found && found->data == &first && found->entry == allow);
	data = parse("write", "7");
	found = handlers_find(&handlers, &data);
	ck_assert(found && found->data == &second && found->entry == refuse);
	data = parse("write", "8");
	ck_assert_ptr_null(handlers_find(&handlers, &data));
	handlers_free(&handlers);
}
END_TEST

static const struct {
	const char *first, *second;
} twice[] = { { "getppid", "getppid" },
	      { "write", "system_io.write_fd(7)" },
	      { "system_io.write_fd(7)", "write" },
	      { "system_io.write_fd(7)", "system_io.write_fd(7)" } };

START_TEST(two_handlers_for_one_call)
{
	ck_assert_int_eq(stile_on(s, twice[_i].first, allow, NULL), 0);
	ck_assert_int_eq(stile_on(s, twice[_i].second, allow, NULL), 0); /* it is one */
	ck_assert_int_eq(stile_on(s, twice[_i].second, refuse, NULL), -EEXIST);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "on "));
}
END_TEST

START_TEST(a_handler_beside_a_grant_or_a_refusal)
{
	ck_assert_int_eq(stile_allow(s, "getppid"), 0);
	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), -EEXIST);
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	ck_assert_int_eq(stile_deny(s, "getppid"), -EEXIST);
}
END_TEST

START_TEST(handlers_for_different_values_of_one_argument)
{
	ck_assert_int_eq(stile_on(s, "system_io.write_fd(7)", allow, NULL), 0);
	ck_assert_int_eq(stile_on(s, "system_io.write_fd(8)", refuse, NULL), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.write_fd(9)"), 0);
	ck_assert_uint_eq(kind("write", 7, 0), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(kind("write", 8, 0), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(kind("write", 9, 0), SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(an_override_replaces)
{
	struct seccomp_data data;
	struct handlers handlers;

	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	ck_assert_int_eq(stile_override_on(s, "getppid", refuse, NULL), 0);
	ck_assert_int_eq(handlers_copy(s, &handlers), 0);
	data = parse("getppid", NULL);
	ck_assert(handlers_find(&handlers, &data)->entry == refuse);
	handlers_free(&handlers);
	ck_assert_int_eq(stile_override(s, "getppid",
					(struct stile_action){ STILE_ACTION_ERRNO, EIO }),
			 0);
	ck_assert_uint_eq(answer(s, "getppid", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | EIO);
}
END_TEST

static const char *const never[] = {
	"exit_group", "exit", "rt_sigreturn", "futex", "munmap", "brk"
};

START_TEST(what_every_program_needs_has_no_handler)
{
	ck_assert_int_eq(stile_on(s, never[_i], allow, NULL), -EEXIST);
	ck_assert_ptr_nonnull(strstr(stile_message(s), never[_i]));
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_override_on(s, never[_i], allow, NULL), -EEXIST);
}
END_TEST

/* What basic allows of a call under conditions never reaches its handler. */
START_TEST(a_handler_gets_what_basic_does_not_need)
{
	ck_assert_int_eq(stile_on(s, "mmap", allow, NULL), 0);
	ck_assert_uint_eq(answer(s, "mmap", 0, 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(answer(s, "mmap", 0, 4096, PROT_READ, MAP_PRIVATE, 3, 0) &
				  SECCOMP_RET_ACTION_FULL,
			  SECCOMP_RET_USER_NOTIF);
}
END_TEST

/* openat2's flags are behind a pointer: it must not be a way around a handler of openat. */
START_TEST(a_call_that_does_the_same_is_hidden)
{
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_on(s, "openat", allow, NULL), 0);
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_on(s, "openat", allow, NULL), 0);
	ck_assert_int_eq(stile_on(s, "openat2", refuse, NULL), 0);
	ck_assert_uint_eq(kind("openat2", 0, 0), SECCOMP_RET_USER_NOTIF);
}
END_TEST

START_TEST(no_handler_at_all)
{
	ck_assert_int_eq(stile_on(s, "getppid", NULL, NULL), -EINVAL);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "give a function"));
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_override_on(s, "getppid", NULL, NULL), -EINVAL);
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_on_ruleset(s, NULL, allow, NULL), -ENOMEM);
	ck_assert_int_eq(stile_on(NULL, "getppid", allow, NULL), -ENOMEM);
}
END_TEST

static const struct {
	const char *what;
	int error;
} wrong[] = { { NULL, -EINVAL },
	      { "", -EINVAL },
	      { "getpppid", -ENOENT },
	      { "system_io.nothing", -ENOENT },
	      { "system_io.write_fd", -EINVAL } };

START_TEST(what_there_is_not)
{
	ck_assert_int_eq(stile_on(s, wrong[_i].what, allow, NULL), wrong[_i].error);
	ck_assert_str_ne(stile_message(s), "");
}
END_TEST

/* Who would answer? */
START_TEST(nobody_applies_or_starts_it_without_a_supervisor)
{
	char *const argv[] = { (char *)"true", NULL };
	pid_t pid;

	for (int way = 0; way < 3; way++) {
		stile_free(s);
		s = stile_new_allowing();
		if (_i)
			ck_assert_int_eq(stile_intercept(s, "getppid", allow, NULL, NULL), 0);
		else
			ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
		ck_assert_int_eq(way == 0 ? stile_apply_to_all_threads(s) :
				 way == 1 ? stile_apply_to_current_thread(s) :
					    stile_spawn(s, "/bin/true", argv, NULL, NULL, &pid),
				 -EINVAL);
		ck_assert_ptr_nonnull(strstr(stile_message(s), "nobody would answer"));
	}
}
END_TEST

START_TEST(nobody_supervises_what_has_no_handlers)
{
	struct stile_supervisor *supervisor;

	ck_assert_int_eq(stile_allow(s, "getppid"), 0);
	ck_assert_int_eq(stile_supervise_self(s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "no handlers"));
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_allow(s, "getppid"), 0);
	ck_assert_int_eq(stile_supervise_thread(s, &supervisor), -EINVAL);
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_intercept(s, "getppid", allow, NULL, NULL), 0);
	ck_assert_int_eq(stile_supervise_thread(s, &supervisor), -EINVAL);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "intercept"));
}
END_TEST

START_TEST(it_is_checked_explained_and_printed)
{
	struct stile_policy *policy;
	struct stile_decision decision;
	struct seccomp_data data;
	char *text;

	ck_assert_int_eq(stile_on(s, "getppid", allow, NULL), 0);
	ck_assert_int_eq(stile_intercept(s, "getpgrp", allow, NULL, NULL), 0);
	ck_assert_int_eq(stile_check(s), 0);
	policy = stile_policy_from_context(s);
	ck_assert_int_eq(stile_policy_error(policy), 0);
	data = parse("getppid", NULL);
	ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
	ck_assert_int_eq(decision.action.kind, STILE_ACTION_NOTIFY);
	data = parse("getpgrp", NULL);
	ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
	ck_assert_int_eq(decision.action.kind, STILE_ACTION_TRACE);
	ck_assert_uint_eq(decision.action.errno_value, 2);
	stile_policy_free(policy);
	text = stile_print(s);
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strstr(text, "on getppid") && strstr(text, "intercept getpgrp"), "%s", text);
	free(text);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("handlers");
	TCase *cases = tcase_create("handlers");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_syscall_is_notified_and_nothing_else);
	tcase_add_test(cases, a_grant_is_notified_under_its_conditions);
	tcase_add_test(cases, a_ruleset_is_notified_under_its_conditions);
	tcase_add_test(cases, each_call_finds_its_own_handler);
	tcase_add_loop_test(cases, two_handlers_for_one_call, 0, sizeof(twice) / sizeof(*twice));
	tcase_add_test(cases, a_handler_beside_a_grant_or_a_refusal);
	tcase_add_test(cases, handlers_for_different_values_of_one_argument);
	tcase_add_test(cases, an_override_replaces);
	tcase_add_loop_test(cases, what_every_program_needs_has_no_handler, 0,
			    sizeof(never) / sizeof(*never));
	tcase_add_test(cases, a_handler_gets_what_basic_does_not_need);
	tcase_add_test(cases, a_call_that_does_the_same_is_hidden);
	tcase_add_test(cases, no_handler_at_all);
	tcase_add_loop_test(cases, what_there_is_not, 0, sizeof(wrong) / sizeof(*wrong));
	tcase_add_loop_test(cases, nobody_applies_or_starts_it_without_a_supervisor, 0, 2);
	tcase_add_test(cases, nobody_supervises_what_has_no_handlers);
	tcase_add_test(cases, it_is_checked_explained_and_printed);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
