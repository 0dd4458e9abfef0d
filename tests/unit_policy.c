/* SPDX-License-Identifier: MIT */
/* Policies made rule by rule: what is taken, what is refused, changes, words. */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "test_support.h"

#define NUMBER_IOCTL 16 /* x86_64 */

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
static const struct stile_action refuse = { STILE_ACTION_ERRNO, EACCES };
static const struct stile_action killing = { STILE_ACTION_KILL_PROCESS, 0 };

static struct stile_policy *p;

static void set_up(void)
{
	p = stile_policy_new();
	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X86_64), 0);
	ck_assert_int_eq(stile_policy_set_default(p, refuse), 0);
}

static void tear_down(void)
{
	stile_policy_free(p);
}

static void must(int result)
{
	ck_assert_msg(result >= 0, "%s", stile_policy_message(p));
}

static void add(uint32_t number, struct stile_action action,
		const struct stile_table_condition *conditions, size_t count, unsigned int line)
{
	const int origin = stile_policy_add_origin(p, "file", line);

	must(origin);
	must(stile_policy_add_rule(p, &(struct stile_policy_rule){ STILE_ABI_X86_64, number, action,
								   conditions, count, origin }));
}

static struct stile_decision decide(long number, uint64_t a, uint64_t b)
{
	const struct seccomp_data data = { .nr = (int)number,
					   .arch = AUDIT_ARCH_X86_64,
					   .args = { a, b } };
	struct stile_decision decision;

	must(stile_policy_decide(p, &data, &decision));
	return decision;
}

#define REQUEST(width, request)                                                             \
	{                                                                                   \
		.argument = 1, .bits = (width), .comparison = STILE_EQUAL, .parameter = -1, \
		.value = (request)                                                          \
	}

START_TEST(first_rule_that_matches_decides)
{
	const struct stile_table_condition is_1 = REQUEST(64, 1), is_2 = REQUEST(64, 2);
	struct stile_decision decision;
	struct stile_policy_call call;
	unsigned int line;

	add(NUMBER_IOCTL, killing, &is_1, 1, 3);
	add(NUMBER_IOCTL, allow, &is_1, 1, 4);
	add(NUMBER_IOCTL, allow, &is_2, 1, 5);
	add(NUMBER_IOCTL, (struct stile_action){ STILE_ACTION_LOG, 0 }, NULL, 0, 6);
	add(NUMBER_IOCTL, allow, NULL, 0, 7); /* never comes to it */
	decision = decide(NUMBER_IOCTL, 0, 1);
	ck_assert_int_eq(decision.action.kind, STILE_ACTION_KILL_PROCESS);
	ck_assert_int_eq(decision.reason, STILE_REASON_RULE);
	ck_assert_str_eq(stile_policy_origin(p, decision.origin, &line), "file");
	ck_assert_uint_eq(line, 3);
	ck_assert_int_eq(decide(NUMBER_IOCTL, 0, 2).action.kind, STILE_ACTION_ALLOW);
	/* 64 bits are compared, as was said */
	decision = decide(NUMBER_IOCTL, 0, (UINT64_C(1) << 32) + 2);
	ck_assert_int_eq(decision.action.kind, STILE_ACTION_LOG);
	ck_assert_int_eq(decision.reason, STILE_REASON_REST);
	(void)stile_policy_origin(p, decision.origin, &line);
	ck_assert_uint_eq(line, 6);
	ck_assert_int_eq(decide(0, 0, 0).reason, STILE_REASON_DEFAULT);
	ck_assert(stile_policy_find_call(p, STILE_ABI_X86_64, NUMBER_IOCTL, &call));
	ck_assert_uint_eq(call.rule_count, 3);
	ck_assert_str_eq(call.name, "ioctl");
	ck_assert(!stile_policy_get_call(p, STILE_ABI_X86_64, 1, &call));
}
END_TEST

START_TEST(bad_rules_are_errors)
{
	static const struct stile_table_condition bad[] = {
		{ .argument = 6, .bits = 64, .parameter = -1 },
		{ .bits = 8, .parameter = -1 },
		{ .bits = 0, .parameter = -1 },
		{ .bits = 64, .parameter = 0 },
		{ .bits = 64, .comparison = STILE_IS_NULL, .parameter = -1 },
		{ .bits = 32, .parameter = -1, .value = UINT64_C(1) << 32 },
		{ .bits = 16, .comparison = STILE_MASKED_EQUAL, .parameter = -1, .mask = 1 << 16 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct stile_policy *one = stile_policy_new();
		struct stile_policy_rule rule = { STILE_ABI_X86_64, 1, allow, &bad[i], 1, -1 };

		ck_assert_int_eq(stile_policy_add_abi(one, STILE_ABI_X86_64), 0);
		ck_assert_int_eq(stile_policy_add_rule(one, &rule), -EINVAL);
		ck_assert_str_ne(stile_policy_message(one), "");
		/* it sticks */
		ck_assert_int_eq(stile_policy_add_abi(one, STILE_ABI_I386), -EINVAL);
		stile_policy_free(one);
	}
}
END_TEST

START_TEST(numbers_belong_to_their_abi)
{
	static const uint32_t bad[] = { UINT32_MAX - 1, 1u << 30 };

	for (size_t i = 0; i < 2; i++) {
		struct stile_policy *one = stile_policy_new();

		ck_assert_int_eq(stile_policy_add_abi(one, STILE_ABI_X86_64), 0);
		ck_assert_int_eq(stile_policy_add_rule(one,
						       &(struct stile_policy_rule){
							       STILE_ABI_X86_64, bad[i], allow,
							       NULL, 0, -1 }),
				 -EINVAL);
		stile_policy_free(one);
	}
	add(100000, allow, NULL, 0, 1); /* not in the table */
	ck_assert_int_eq(decide(100000, 0, 0).action.kind, STILE_ACTION_ALLOW);
}
END_TEST

START_TEST(rules_behind_one_for_all_calls_are_kept_apart)
{
	const struct stile_table_condition first = {
		.argument = 0, .bits = 32, .comparison = STILE_EQUAL, .parameter = -1, .value = 1
	};
	struct stile_policy_rule rule;
	unsigned int line;

	add(SYS_read, refuse, &first, 1, 1);
	add(SYS_read, allow, NULL, 0, 2);
	ck_assert(!stile_policy_get_unreachable(p, 0, &rule));
	add(SYS_read, killing, &first, 1, 3);
	add(SYS_read, refuse, NULL, 0, 4);
	must(stile_policy_add_rule(p, &(struct stile_policy_rule){ STILE_ABI_X86_64, SYS_read,
								   refuse, NULL, 0, -1 }));
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert(stile_policy_get_unreachable(p, i, &rule));
		ck_assert_uint_eq(rule.number, SYS_read);
		ck_assert_int_eq(rule.action.kind, i ? refuse.kind : killing.kind);
		ck_assert_str_eq(stile_policy_origin(p, rule.origin, &line), "file");
		ck_assert_uint_eq(line, 3 + i);
	}
	ck_assert(!stile_policy_get_unreachable(p, 2, &rule));
	ck_assert(!stile_policy_get_unreachable(NULL, 0, &rule));
	ck_assert_int_eq(decide(SYS_read, 2, 0).action.kind, STILE_ACTION_ALLOW);
}
END_TEST

/* There is no end of rules, but of those that are kept. */
START_TEST(few_unreachable_rules_are_kept)
{
	struct stile_policy_rule rule;
	size_t count = 0;

	for (unsigned int i = 0; i < 5000; i++)
		add(SYS_read, allow, NULL, 0, i + 1);
	while (stile_policy_get_unreachable(p, count, &rule))
		count++;
	ck_assert_uint_eq(count, 4096);
	must(stile_policy_error(p));
}
END_TEST

START_TEST(policy_without_abi_is_an_error)
{
	struct stile_policy *none = stile_policy_new();
	struct sock_filter *instructions;
	size_t count;

	ck_assert_int_eq(stile_policy_compile(none, &instructions, &count), -ENODATA);
	ck_assert_str_eq(stile_policy_message(none), "the policy is for no ABI: add one");
	stile_policy_free(none);
	ck_assert_int_eq(stile_policy_error(NULL), -ENOMEM);
}
END_TEST

START_TEST(x32_is_foreign_unless_it_is_ignored)
{
	must(stile_policy_set_default(p, allow));
	ck_assert_int_eq(decide(1 | 1 << 30, 0, 0).reason, STILE_REASON_FOREIGN);
	must(stile_policy_ignore_x32(p));
	ck_assert_int_eq(decide(1 | 1 << 30, 0, 0).action.kind, STILE_ACTION_ALLOW);
	ck_assert(stile_policy_ignores_x32(p));
	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X32), -EINVAL);
}
END_TEST

START_TEST(override_replaces_and_says_so)
{
	const struct stile_table_condition is_1 = REQUEST(64, 1);
	char *replaced;

	add(NUMBER_IOCTL, killing, &is_1, 1, 3);
	add(NUMBER_IOCTL, allow, NULL, 0, 4);
	must(stile_policy_override(p, "ioctl", refuse, &replaced));
	ck_assert_str_eq(replaced, "file:3: kill the process ioctl if request@64 == 1\n"
				   "file:4: allow ioctl\n");
	free(replaced);
	ck_assert_int_eq(decide(NUMBER_IOCTL, 0, 1).action.kind, STILE_ACTION_ERRNO);
	must(stile_policy_override(p, "ioctl", refuse, &replaced));
	ck_assert_str_eq(replaced, "");
	free(replaced);
	ck_assert_int_eq(stile_policy_override(p, "ioctll", refuse, &replaced), -ENOENT);
	ck_assert_str_eq(stile_policy_message(p),
			 "there is no syscall 'ioctll': did you mean 'ioctl'?");
}
END_TEST

/* A grant's conditions stand before the rules that are there; basic does not come with it. */
START_TEST(override_by_a_grant_keeps_the_rest)
{
	char *replaced;

	add(0, killing, NULL, 0, 9); /* read */
	must(stile_policy_override(p, "system_io.read_fd(3)", allow, &replaced));
	ck_assert_str_eq(replaced, "file:9: kill the process read\n");
	free(replaced);
	ck_assert_int_eq(decide(0, 3, 0).action.kind, STILE_ACTION_ALLOW);
	ck_assert_int_eq(decide(0, (UINT64_C(1) << 32) + 3, 0).action.kind, STILE_ACTION_ALLOW);
	ck_assert_int_eq(decide(0, 4, 0).action.kind, STILE_ACTION_KILL_PROCESS);
	ck_assert_int_eq(decide(SYS_exit_group, 0, 0).action.kind, STILE_ACTION_ERRNO);
	ck_assert_int_eq(stile_policy_override(p, "system_io.red", allow, NULL), -ENOENT);
}
END_TEST

/* TIOCSTI | 1 << 32 passes a comparison of 64 bits, and not one of the kernel's 32. */
START_TEST(kernel_widths_close_the_upper_half)
{
	const struct stile_table_condition sti = REQUEST(64, TIOCSTI);
	const struct stile_table_condition minus = REQUEST(64, UINT64_MAX);
	const struct stile_table_condition never = REQUEST(64, (UINT64_C(1) << 32) + 5);
	const uint64_t evading = TIOCSTI | UINT64_C(1) << 32;

	add(NUMBER_IOCTL, killing, &sti, 1, 1);
	add(NUMBER_IOCTL, killing, &minus, 1, 2);
	add(NUMBER_IOCTL, killing, &never, 1, 3);
	add(NUMBER_IOCTL, allow, NULL, 0, 4);
	ck_assert_int_eq(decide(NUMBER_IOCTL, 0, evading).action.kind, STILE_ACTION_ALLOW);
	must(stile_policy_use_kernel_widths(p));
	ck_assert_int_eq(decide(NUMBER_IOCTL, 0, evading).action.kind, STILE_ACTION_KILL_PROCESS);
	ck_assert_int_eq(decide(NUMBER_IOCTL, 0, UINT32_MAX).action.kind,
			 STILE_ACTION_KILL_PROCESS);
	/* 2^32 + 5 is no value of 32 bits: it is not taken for 5 */
	ck_assert_int_eq(decide(NUMBER_IOCTL, 0, 5).action.kind, STILE_ACTION_ALLOW);
}
END_TEST

START_TEST(refusals_are_replaced_and_nothing_else)
{
	const struct stile_table_condition is_1 = REQUEST(64, 1), is_2 = REQUEST(64, 2),
					   is_3 = REQUEST(64, 3);
	const struct stile_action log = { STILE_ACTION_LOG, 0 },
				  tracing = { STILE_ACTION_TRACE, 1 },
				  asking = { STILE_ACTION_NOTIFY, 0 };

	add(NUMBER_IOCTL, killing, &is_1, 1, 1);
	add(NUMBER_IOCTL, tracing, &is_2, 1, 1);
	add(NUMBER_IOCTL, asking, &is_3, 1, 1);
	add(NUMBER_IOCTL, allow, NULL, 0, 2);
	must(stile_policy_replace_refusals(p, log));
	for (uint64_t request = 1; request <= 3; request++)
		ck_assert_int_eq(decide(NUMBER_IOCTL, 0, request).action.kind, STILE_ACTION_LOG);
	ck_assert_int_eq(decide(NUMBER_IOCTL, 0, 4).action.kind, STILE_ACTION_ALLOW);
	ck_assert_int_eq(decide(0, 0, 0).action.kind, STILE_ACTION_LOG);
	ck_assert_int_eq(stile_policy_foreign_abi(p).kind, STILE_ACTION_LOG);
}
END_TEST

START_TEST(actions_in_words)
{
	static const struct {
		struct stile_action action;
		const char *words;
	} all[] = {
		{ { STILE_ACTION_ALLOW, 0 }, "allow" },
		{ { STILE_ACTION_ERRNO, EPERM }, "fail with EPERM" },
		{ { STILE_ACTION_ERRNO, 0 }, "seem to succeed" },
		{ { STILE_ACTION_ERRNO, 5000 }, "fail with errno 5000, cut to 4095" },
		{ { STILE_ACTION_TRACE, 7 }, "trace (7)" },
		{ { STILE_ACTION_KILL_THREAD, 0 }, "kill the thread" },
	};
	char words[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		stile_format_action(all[i].action, words, sizeof(words));
		ck_assert_str_eq(words, all[i].words);
	}
}
END_TEST

/* An errno that the kernel cuts, and what tracers and handlers get, are in the filter. */
START_TEST(values_of_actions_reach_the_filter)
{
	struct sock_filter *instructions;
	struct seccomp_data data = { .arch = AUDIT_ARCH_X86_64, .nr = 1 };
	size_t count;

	add(1, (struct stile_action){ STILE_ACTION_TRACE, 77 }, NULL, 0, 1);
	add(2, (struct stile_action){ STILE_ACTION_TRAP, 78 }, NULL, 0, 2);
	add(3, (struct stile_action){ STILE_ACTION_ERRNO, 0 }, NULL, 0, 3);
	must(stile_policy_compile(p, &instructions, &count));
	ck_assert_uint_eq(simulate(instructions, count, &data), SECCOMP_RET_TRACE | 77);
	data.nr = 2;
	ck_assert_uint_eq(simulate(instructions, count, &data), SECCOMP_RET_TRAP | 78);
	data.nr = 3;
	ck_assert_uint_eq(simulate(instructions, count, &data), SECCOMP_RET_ERRNO);
	free(instructions);
}
END_TEST

START_TEST(table_is_asked_by_name)
{
	uint64_t value = 0;

	ck_assert_int_eq(stile_constant(STILE_ABI_X86_64, "O_CREAT", &value), 0);
	ck_assert_uint_eq(value, 0100);
	ck_assert_int_eq(stile_constant(STILE_ABI_X86_64, "O_CREATE", &value), -ENOENT);
	ck_assert_int_eq(stile_argument(STILE_ABI_X86_64, "ioctl", "request"), 1);
	ck_assert_int_eq(stile_argument(STILE_ABI_X86_64, "ioctl", "cmd"), 1);
	ck_assert_int_eq(stile_argument(STILE_ABI_AARCH64, "open", "flags"), -1);
	ck_assert_uint_eq(stile_argument_bits(STILE_ABI_X86_64, "ioctl", 1), 32);
	ck_assert_uint_eq(stile_argument_bits(STILE_ABI_X86_64, "ioctl", 3), 0);
	ck_assert_uint_eq(stile_syscall_since("openat2"), 5 << 16 | 6 << 8);
	ck_assert_str_eq(stile_nearest_syscall("opennat"), "openat");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("policy");
	TCase *tests = tcase_create("policy");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, first_rule_that_matches_decides);
	tcase_add_test(tests, bad_rules_are_errors);
	tcase_add_test(tests, numbers_belong_to_their_abi);
	tcase_add_test(tests, rules_behind_one_for_all_calls_are_kept_apart);
	tcase_add_test(tests, few_unreachable_rules_are_kept);
	tcase_add_test(tests, policy_without_abi_is_an_error);
	tcase_add_test(tests, x32_is_foreign_unless_it_is_ignored);
	tcase_add_test(tests, override_replaces_and_says_so);
	tcase_add_test(tests, override_by_a_grant_keeps_the_rest);
	tcase_add_test(tests, kernel_widths_close_the_upper_half);
	tcase_add_test(tests, refusals_are_replaced_and_nothing_else);
	tcase_add_test(tests, actions_in_words);
	tcase_add_test(tests, values_of_actions_reach_the_filter);
	tcase_add_test(tests, table_is_asked_by_name);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
