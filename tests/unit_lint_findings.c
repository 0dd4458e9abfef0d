/* SPDX-License-Identifier: MIT */
/* What stile lint says of a policy: how grave it is, which call shows it, and what is no fault. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lint_fixture.h"

START_TEST(nothing)
{
	must(lint_policy(p, &all, &findings));
	ck_assert_uint_eq(findings.count, 0);
}
END_TEST

/* A call that gets through although the kernel takes it for one that is refused. */
START_TEST(witness)
{
	const struct lint_finding *finding;
	struct stile_decision decision;

	add_if("ioctl", refuse, 1, WIDE, STILE_EQUAL, 0, TIOCSTI);
	add("ioctl", allow);
	must(lint_policy(p, &all, &findings));
	finding = find("upper-bits");
	ck_assert(finding && finding->has_witness);
	ck_assert_uint_eq((uint32_t)finding->witness.args[1], TIOCSTI);
	must(stile_policy_decide(p, &finding->witness, &decision));
	ck_assert_uint_eq(decision.action.kind, STILE_ACTION_ALLOW);
}
END_TEST

/* An allowing rule that is too narrow is a trap and no hole. */
START_TEST(wide_allowing)
{
	const char *const others[] = { "danger-arguments", NULL };
	const struct lint_options widths = { .disabled = others };

	add_if("socket", allow, 0, WIDE, STILE_EQUAL, 0, AF_UNIX);
	must(lint_policy(p, &widths, &findings));
	ck_assert_uint_eq(find("upper-bits")->severity, LINT_WARNING);
	lint_findings_free(&findings);
	add_if("personality", allow, 0, WIDE, STILE_NOT_EQUAL, 0, 8);
	must(lint_policy(p, &widths, &findings));
	ck_assert_uint_eq(find("upper-bits")->severity + find("upper-bits")[1].severity,
			  LINT_WARNING + LINT_ERROR);
}
END_TEST

/* fork() stands for a clone() that makes no namespace. */
START_TEST(alternative_within_the_limit)
{
	add_if("clone", allow, 0, WIDE, STILE_MASKED_EQUAL, 0x7e020000, 0);
	add("fork", allow);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_null(find("alternative-open"));
	lint_findings_free(&findings);
	add("clone3", allow);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_nonnull(find("alternative-open"));
	ck_assert_uint_eq(find("alternative-open")->severity, LINT_WARNING);
}
END_TEST

START_TEST(one_for_several_abis)
{
	add_abi(STILE_ABI_I386);
	add("io_uring_setup", allow);
	must(stile_policy_add_rule(p, &(struct stile_policy_rule){ STILE_ABI_I386, 425, allow, NULL,
								   0, -1 }));
	must(lint_policy(p, &all, &findings));
	ck_assert_uint_eq(findings.count, 2); /* the places differ */
	lint_findings_free(&findings);
	tear_down();
	set_up();
	add_abi(STILE_ABI_I386);
	must(stile_policy_set_default(p, refuse));
	must(lint_policy(p, &all, &findings));
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_uint_eq(findings.items[0].abis, 1 << STILE_ABI_X86_64 | 1 << STILE_ABI_I386);
}
END_TEST

/* More rules than are held against one another: their widths are looked at all the same. */
START_TEST(wide_among_many)
{
	for (unsigned int i = 0; i < 250; i++)
		add_if("ioctl", refuse, 1, WIDE, STILE_EQUAL, 0, TIOCSTI + i);
	add("ioctl", allow);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_nonnull(find("not-judged"));
	ck_assert_ptr_nonnull(find("upper-bits"));
	ck_assert_uint_eq(find("upper-bits")->severity, LINT_ERROR);
}
END_TEST

/* What is refused without conditions in a policy that lets all else through. */
START_TEST(rings_beside_nothing)
{
	must(stile_policy_set_default(p, allow));
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_null(find("io-uring-open"));
	lint_findings_free(&findings);
	add("connect", refuse);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_nonnull(find("io-uring-open"));
}
END_TEST

/* Each is shown by a call that is let through, and that the grant's own policy lets through. */
START_TEST(arguments_of_grants)
{
	static const struct {
		const char *syscall, *grant;
	} cases[] = { { "mprotect", "memory.danger_execute" },
		      { "prctl", "process_memory.danger_layout" },
		      { "shmat", "ipc.danger_execute_shared_memory" },
		      { "socket", "networking.danger_netlink" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct lint_finding *finding;
		struct stile_decision decision;
		struct stile_policy *held;
		struct stile *s = stile_new();

		add(cases[i].syscall, allow);
		must(lint_policy(p, &all, &findings));
		finding = find("danger-arguments");
		ck_assert_msg(finding && strstr(finding->text, cases[i].grant), "%s: %s",
			      cases[i].syscall, finding ? finding->text : "nothing");
		ck_assert_int_eq(finding->severity, LINT_NOTE);
		must(stile_policy_decide(p, &finding->witness, &decision));
		ck_assert_uint_eq(decision.action.kind, STILE_ACTION_ALLOW);
		ck_assert_int_eq(stile_grant(s, cases[i].grant), 0);
		held = stile_policy_from_context(s);
		ck_assert_int_eq(stile_policy_decide(held, &finding->witness, &decision), 0);
		ck_assert_uint_eq(decision.action.kind, STILE_ACTION_ALLOW);
		stile_policy_free(held);
		stile_free(s);
		lint_findings_free(&findings);
		tear_down();
		set_up();
	}
}
END_TEST

/* All that a grant holds which is no danger is no finding, whatever its parameters are. */
START_TEST(arguments_of_safe_grants)
{
	static const char *const grants[] = { "system_io.read_fd(7)",
					      "networking.start_tcp_server",
					      "memory.map",
					      "system_io.open_readonly",
					      "processes.signal_process(5)",
					      "processes.personality_query" };

	for (size_t i = 0; i < sizeof(grants) / sizeof(*grants); i++) {
		struct stile *s = stile_new();
		struct stile_policy *policy;

		ck_assert_msg(stile_grant(s, grants[i]) == 0, "%s", stile_message(s));
		policy = stile_policy_from_context(s);
		ck_assert_msg(policy, "%s", stile_message(s));
		ck_assert_int_eq(lint_policy(policy, &all, &findings), 0);
		ck_assert_ptr_null(find("danger-arguments"));
		lint_findings_free(&findings);
		stile_policy_free(policy);
		stile_free(s);
	}
}
END_TEST

/* i386 has two ways back from a handler. */
START_TEST(sigreturn_of_i386)
{
	must(stile_policy_add_abi(p, STILE_ABI_I386));
	add_on(STILE_ABI_I386, "rt_sigreturn", allow, NULL, 0);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_nonnull(find("no-sigreturn"));
	ck_assert_ptr_nonnull(strstr(find("no-sigreturn")->text, "SA_SIGINFO"));
	lint_findings_free(&findings);
	add_on(STILE_ABI_I386, "sigreturn", allow, NULL, 0);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_null(find("no-sigreturn"));
}
END_TEST

/* What a policy did not keep, because no call reaches it; but not what a reader made besides. */
START_TEST(behind_all_calls)
{
	size_t count = 0;

	must(stile_policy_add_abi(p, STILE_ABI_I386));
	add("read", allow);
	add_on(STILE_ABI_I386, "ipc", allow, NULL, 0);
	add_on(STILE_ABI_I386, "ipc", allow, NULL, 0);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_null(find("unreachable"));
	lint_findings_free(&findings);
	add_if("read", refuse, 0, INT, STILE_EQUAL, 0, 4);
	must(lint_policy(p, &all, &findings));
	ck_assert_ptr_nonnull(find("unreachable"));
	ck_assert_ptr_nonnull(strstr(find("unreachable")->text, "read: a rule without conditions"));
	lint_findings_free(&findings);
	add_on(STILE_ABI_I386, "ipc", killing, NULL, 0);
	must(lint_policy(p, &all, &findings));
	for (size_t i = 0; i < findings.count; i++)
		count += strcmp(findings.items[i].check->id, "unreachable") == 0;
	ck_assert_uint_eq(count, 2);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lint_findings");
	TCase *tests = tcase_create("lint_findings");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, nothing);
	tcase_add_test(tests, witness);
	tcase_add_test(tests, wide_allowing);
	tcase_add_test(tests, wide_among_many);
	tcase_add_test(tests, alternative_within_the_limit);
	tcase_add_test(tests, one_for_several_abis);
	tcase_add_test(tests, rings_beside_nothing);
	tcase_add_test(tests, arguments_of_grants);
	tcase_add_test(tests, arguments_of_safe_grants);
	tcase_add_test(tests, sigreturn_of_i386);
	tcase_add_test(tests, behind_all_calls);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
