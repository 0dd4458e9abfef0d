/* SPDX-License-Identifier: MIT */
/* Policies in place of grants, under the kernel: applied, and for programs that are started. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_arch.h"
#include "policy_build.h"
#include "refusal.h"

/* What pledge's words say, as a policy. */
static struct stile_policy *pledged(const char *words)
{
	struct stile *s = stile_new();
	struct stile_policy *p;

	ck_assert_int_eq(stile_set_default(s, refuse_999), 0);
	ck_assert_msg(stile_pledge(s, words) == 0, "%s", stile_message(s));
	p = stile_policy_from_context(s);
	ck_assert_ptr_nonnull(p);
	stile_free(s);
	return p;
}

static struct stile *using(struct stile_policy *p)
{
	struct stile *s = stile_new();

	ck_assert_msg(stile_use_policy(s, p) == 0, "%s", stile_message(s));
	stile_policy_free(p); /* it was copied */
	return s;
}

static void apply_in_child(void)
{
	struct stile *s = using(pledged("stdio"));

	expect(stile_apply_to_all_threads(s) == 0);
	expect(getpid() > 0);
	expect(refused(socket(AF_INET, SOCK_STREAM, 0)));
	expect(stile_receipt(s)->is_proved);
	_exit(0);
}

START_TEST(policy_is_applied)
{
	check_child(apply_in_child);
}
END_TEST

/* The exit status of a program under a policy. */
static int run(struct stile_policy *p, const char *path, char *const argv[])
{
	struct stile *s = using(p);
	int status;
	pid_t pid;

	ck_assert_msg(stile_spawn(s, path, argv, NULL, NULL, &pid) == 0, "%s", stile_message(s));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	stile_free(s);
	return status;
}

/* The policy permits neither exec nor what the loader does; the program comes up all the same. */
START_TEST(program_starts_under_a_policy)
{
	char *const argv[] = { "true", NULL };
	struct stile_policy *p = pledged("stdio");
	const int status = run(p, "/bin/true", argv);

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(program_is_killed_by_a_policy)
{
	char *const argv[] = { "sh", "-c", "kill -0 $$; true", NULL };
	struct stile_policy *p = pledged("stdio rpath");
	int status;

	ck_assert_int_eq(stile_policy_override(p, "kill",
					       (struct stile_action){ STILE_ACTION_KILL_PROCESS,
								      0 },
					       NULL),
			 0);
	status = run(p, "/bin/sh", argv);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

/* Nothing is refused at the start that the loader needs, even if the policy kills for it. */
START_TEST(loader_is_not_killed_for_what_it_does)
{
	char *const argv[] = { "true", NULL };
	struct stile_policy *p = pledged("stdio");
	const struct stile_action killing = { STILE_ACTION_KILL_PROCESS, 0 };
	int status;

	ck_assert_int_eq(stile_policy_override(p, "openat", killing, NULL), 0);
	ck_assert_int_eq(stile_policy_override(p, "execve", killing, NULL), 0);
	status = run(p, "/bin/true", argv);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

/* Numbers that the table does not have are no reason for anything. */
START_TEST(program_starts_under_a_policy_of_bare_numbers)
{
	char *const argv[] = { "true", NULL };
	struct stile_policy *p = stile_policy_new();
	const struct stile_policy_rule rule = {
		STILE_ABI_NATIVE, 5000, { STILE_ACTION_ERRNO, EPERM }, NULL, 0, -1
	};
	int status;

	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_NATIVE), 0);
	ck_assert_int_eq(stile_policy_set_default(p,
						  (struct stile_action){ STILE_ACTION_ALLOW, 0 }),
			 0);
	ck_assert_int_eq(stile_policy_add_rule(p, &rule), 0);
	status = run(p, "/bin/true", argv);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

static enum stile_action_kind answer_of(struct stile *s, enum policy_phase phase, uint32_t arch,
					uint32_t number)
{
	const uint64_t words[6] = { 0 };
	struct stile_action action;
	struct policy policy;

	ck_assert_int_eq(policy_build(s, phase, &policy), 0);
	action = policy_decide(&policy, arch, number, words);
	policy_free(&policy);
	return action.kind;
}

/* Else a constructor could make a child by another ABI that never gets the final filter. */
START_TEST(start_lets_no_call_by_other_abis_through)
{
	const uint32_t x32_clone = 56 | X32_SYSCALL_BIT;
	const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
	struct stile_policy *p = stile_policy_new();
	struct stile *s;

	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X86_64), 0);
	ck_assert_int_eq(stile_policy_ignore_x32(p), 0);
	ck_assert_int_eq(stile_policy_set_default(p, allow), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(p, allow), 0);
	s = using(p);
	ck_assert_int_eq(answer_of(s, POLICY_FINAL, AUDIT_ARCH_I386, 120), STILE_ACTION_ALLOW);
	ck_assert_int_eq(answer_of(s, POLICY_START, AUDIT_ARCH_I386, 120), STILE_ACTION_ERRNO);
	ck_assert_int_eq(answer_of(s, POLICY_FINAL, AUDIT_ARCH_X86_64, x32_clone),
			 STILE_ACTION_ALLOW);
	ck_assert_int_eq(answer_of(s, POLICY_START, AUDIT_ARCH_X86_64, x32_clone),
			 STILE_ACTION_ERRNO);
	stile_free(s);
}
END_TEST

/* Nor if its number has a rule. */
START_TEST(start_lets_no_call_by_ignored_x32_through)
{
	const uint32_t x32_clone = 56 | X32_SYSCALL_BIT, x32_fork = 57 | X32_SYSCALL_BIT;
	const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
	struct stile_policy *p = stile_policy_new();
	const struct stile_policy_rule rule = {
		STILE_ABI_X86_64, x32_clone, { STILE_ACTION_LOG, 0 }, NULL, 0, -1
	};
	struct stile *s;

	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X86_64), 0);
	ck_assert_int_eq(stile_policy_ignore_x32(p), 0);
	if (_i)
		ck_assert_int_eq(stile_policy_set_default(p, allow), 0);
	ck_assert_int_eq(stile_policy_add_rule(p, &rule), 0);
	s = using(p);
	ck_assert_int_eq(answer_of(s, POLICY_FINAL, AUDIT_ARCH_X86_64, x32_clone),
			 STILE_ACTION_LOG);
	ck_assert_int_eq(answer_of(s, POLICY_START, AUDIT_ARCH_X86_64, x32_clone),
			 STILE_ACTION_ERRNO);
	ck_assert_int_eq(answer_of(s, POLICY_START, AUDIT_ARCH_X86_64, x32_fork),
			 _i ? STILE_ACTION_ERRNO : STILE_ACTION_KILL_PROCESS);
	stile_free(s);
}
END_TEST

START_TEST(used_policy_stands_alone)
{
	struct stile_policy *p = pledged("stdio");
	struct stile *s = stile_new();

	ck_assert_int_eq(stile_grant(s, "system_io.read"), 0);
	ck_assert_fails(stile_use_policy(s, p), -EINVAL,
			"a policy stands in place of grants: use it in a new context");
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_use_policy(s, p), 0);
	ck_assert_fails(stile_grant(s, "system_io.read"), -EINVAL,
			"this context enforces a policy (stile_use_policy()): change the policy "
			"before it is used");
	stile_free(s);
	stile_policy_free(p);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("used_policy");
	TCase *tests = tcase_create("used_policy");

	tcase_add_test(tests, policy_is_applied);
	tcase_add_test(tests, program_starts_under_a_policy);
	tcase_add_test(tests, program_is_killed_by_a_policy);
	tcase_add_test(tests, loader_is_not_killed_for_what_it_does);
	tcase_add_test(tests, program_starts_under_a_policy_of_bare_numbers);
	tcase_add_test(tests, start_lets_no_call_by_other_abis_through);
	tcase_add_loop_test(tests, start_lets_no_call_by_ignored_x32_through, 0, 2);
	tcase_add_test(tests, used_policy_stands_alone);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
