/* SPDX-License-Identifier: MIT */
/* Each check of stile lint: a policy that has what it looks for, and one that has not. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lint_fixture.h"

static void make_alternative_open(bool is_bad)
{
	add("chmod", refuse);
	add("fchmodat", is_bad ? allow : refuse);
}

static void make_always_matches(bool is_bad)
{
	add_if("read", allow, 0, INT, STILE_MASKED_EQUAL, is_bad ? 0 : 1, 0);
}

static void make_danger(bool is_bad)
{
	add("ptrace", is_bad ? allow : refuse);
}

static void make_danger_arguments(bool is_bad)
{
	add_if("personality", allow, 0, INT, STILE_EQUAL, 0, is_bad ? 0x0400000 : 0xffffffff);
}

static void make_enosys_wanted(bool is_bad)
{
	add("clone", allow);
	add("clone3", is_bad ? refuse : missing);
}

static void make_enumeration_bits(bool is_bad)
{
	const uint64_t flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	add_if("socket", allow, 1, INT, STILE_MASKED_EQUAL, is_bad ? 1 : 0xffffffff & ~flags, 1);
}

static void make_errno_cut(bool is_bad)
{
	add("acct", (struct stile_action){ STILE_ACTION_ERRNO, is_bad ? 4096 : 4095 });
}

static void make_fake_success(bool is_bad)
{
	add("acct", (struct stile_action){ STILE_ACTION_ERRNO, is_bad ? 0 : 1 });
}

static void make_foreign_abi_open(bool is_bad)
{
	must(stile_policy_set_foreign_abi(p, is_bad ? allow : refuse));
}

static void make_io_uring_open(bool is_bad)
{
	add("io_uring_setup", is_bad ? allow : missing);
}

static void make_kill_thread(bool is_bad)
{
	add("acct", is_bad ? (struct stile_action){ STILE_ACTION_KILL_THREAD, 0 } : killing);
}

static void make_needs_supervisor(bool is_bad)
{
	add("acct", is_bad ? (struct stile_action){ STILE_ACTION_NOTIFY, 0 } : killing);
}

static void make_never_matches(bool is_bad)
{
	add_if("read", allow, 0, INT, STILE_MASKED_EQUAL, 1, is_bad ? 2 : 1);
}

static void make_new_calls(bool is_bad)
{
	must(stile_policy_set_default(p, is_bad ? refuse : missing));
}

static void make_newer_than_kernel(bool is_bad)
{
	add(is_bad ? "clone3" : "clone", missing);
}

static void make_no_exit(bool is_bad)
{
	must(stile_policy_add_abi(p, STILE_ABI_AARCH64));
	add_on(STILE_ABI_AARCH64, "exit", allow, NULL, 0);
	if (!is_bad)
		add_on(STILE_ABI_AARCH64, "exit_group", allow, NULL, 0);
}

static void make_no_sigreturn(bool is_bad)
{
	must(stile_policy_add_abi(p, STILE_ABI_AARCH64));
	if (!is_bad)
		add_on(STILE_ABI_AARCH64, "rt_sigreturn", allow, NULL, 0);
}

static void make_no_start(bool is_bad)
{
	must(stile_policy_add_abi(p, STILE_ABI_AARCH64));
	if (!is_bad)
		add_start(STILE_ABI_AARCH64);
}

static void make_not_judged(bool is_bad)
{
	for (unsigned int i = 0; i < (is_bad ? 201 : 200); i++)
		add_if("read", allow, 0, INT, STILE_EQUAL, 0, i);
}

static void make_socketcall_open(bool is_bad)
{
	add_abi(STILE_ABI_I386);
	add_on(STILE_ABI_I386, "socketcall", allow, NULL, 0);
	for (int i = 0; i < 5; i++) {
		static const char *const calls[] = { "bind", "connect", "listen", "socketpair",
						     "socket" };

		if (!is_bad || i < 4)
			add_on(STILE_ABI_I386, calls[i], allow, NULL, 0);
	}
}

static void make_unknown_number(bool is_bad)
{
	const int origin = stile_policy_add_origin(p, "file", 1000);

	must(stile_policy_add_rule(p,
				   &(struct stile_policy_rule){ STILE_ABI_X86_64, is_bad ? 999 : 0,
								allow, NULL, 0, origin }));
}

/* What libseccomp knows depends on the machine: a call that no release of it has. */
static void make_unknown_to_libseccomp(bool is_bad)
{
	add(is_bad ? "uretprobe" : "read", allow);
}

static void make_unreachable(bool is_bad)
{
	add_if("read", allow, 0, INT, STILE_LESS, 0, 5);
	add_if("read", refuse, 0, INT, STILE_EQUAL, 0, is_bad ? 4 : 5);
}

static void make_upper_bits(bool is_bad)
{
	add_if("ioctl", refuse, 1, is_bad ? WIDE : INT, STILE_EQUAL, 0, TIOCSTI);
	add("ioctl", allow);
}

static void make_x32_open(bool is_bad)
{
	must(stile_policy_ignore_x32(p));
	must(stile_policy_set_default(p, is_bad ? allow : missing));
	add("ptrace", refuse);
}

static const struct {
	const char *id;
	void (*make)(bool is_bad);
} cases[] = {
	{ "alternative-open", make_alternative_open },
	{ "always-matches", make_always_matches },
	{ "danger", make_danger },
	{ "danger-arguments", make_danger_arguments },
	{ "enosys-wanted", make_enosys_wanted },
	{ "enumeration-bits", make_enumeration_bits },
	{ "errno-cut", make_errno_cut },
	{ "fake-success", make_fake_success },
	{ "foreign-abi-open", make_foreign_abi_open },
	{ "io-uring-open", make_io_uring_open },
	{ "kill-thread", make_kill_thread },
	{ "needs-supervisor", make_needs_supervisor },
	{ "never-matches", make_never_matches },
	{ "new-calls", make_new_calls },
	{ "newer-than-kernel", make_newer_than_kernel },
	{ "no-exit", make_no_exit },
	{ "no-sigreturn", make_no_sigreturn },
	{ "no-start", make_no_start },
	{ "not-judged", make_not_judged },
	{ "socketcall-open", make_socketcall_open },
	{ "unknown-number", make_unknown_number },
	{ "unknown-to-libseccomp", make_unknown_to_libseccomp },
	{ "unreachable", make_unreachable },
	{ "upper-bits", make_upper_bits },
	{ "x32-open", make_x32_open },
};

START_TEST(is_found)
{
	const struct lint_options old = { .kernel = 5 << 16 | 2 << 8 };

	cases[_i].make(true);
	must(lint_policy(p, &old, &findings));
	ck_assert_msg(find(cases[_i].id), "%s is not found", cases[_i].id);
	ck_assert_uint_eq(find(cases[_i].id)->severity, lint_find_check(cases[_i].id)->severity);
}
END_TEST

START_TEST(is_not_found)
{
	const struct lint_options old = { .kernel = 5 << 16 | 2 << 8 };

	cases[_i].make(false);
	must(lint_policy(p, &old, &findings));
	ck_assert_msg(!find(cases[_i].id), "%s is found", cases[_i].id);
}
END_TEST

START_TEST(is_disabled)
{
	const char *const disabled[] = { cases[_i].id, NULL };
	const struct lint_options without = { .disabled = disabled, .kernel = 5 << 16 };

	cases[_i].make(true);
	must(lint_policy(p, &without, &findings));
	ck_assert_ptr_null(find(cases[_i].id));
}
END_TEST

START_TEST(every_check_has_a_case)
{
	size_t count = 0;

	for (const struct lint_check *check = lint_checks; check->id; check++, count++) {
		ck_assert_uint_lt(count, sizeof(cases) / sizeof(*cases));
		ck_assert_str_eq(check->id, cases[count].id); /* and they are sorted */
	}
	ck_assert_uint_eq(count, sizeof(cases) / sizeof(*cases));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lint");
	TCase *tests = tcase_create("lint");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, is_found, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_loop_test(tests, is_not_found, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_loop_test(tests, is_disabled, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(tests, every_check_has_a_case);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
