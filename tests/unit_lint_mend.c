/* SPDX-License-Identifier: MIT */
/* What stile lint --fix makes of policies. */
#include <check.h>
#include <errno.h>
#include <sys/ioctl.h>

#include "lint.h"
#include "test_support.h"

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
static const struct stile_action refuse = { STILE_ACTION_ERRNO, EACCES };
static const struct stile_action missing = { STILE_ACTION_ERRNO, ENOSYS };
static const struct stile_action killing = { STILE_ACTION_KILL_PROCESS, 0 };

static struct stile_policy *p;

static void must(int result)
{
	ck_assert_msg(result >= 0, "%s", stile_policy_message(p));
}

/* condition NULL: for all calls. */
static void add(const char *syscall, struct stile_action action,
		const struct stile_table_condition *condition)
{
	const long number = stile_syscall_number(STILE_ABI_X86_64, syscall);
	const int origin = stile_policy_add_origin(p, "file", 1);

	must(stile_policy_add_rule(p, &(struct stile_policy_rule){
					      STILE_ABI_X86_64, (uint32_t)number, action, condition,
					      condition != NULL, origin }));
}

static void set_up(void)
{
	p = stile_policy_new();
	must(stile_policy_set_default(p, refuse));
	must(stile_policy_add_abi(p, STILE_ABI_X86_64));
}

static void tear_down(void)
{
	stile_policy_free(p);
}

/* So many changes, and none of them is another than is meant. Returns how many calls differ. */
static size_t mend(bool use_widths, size_t wanted)
{
	size_t count, differences;
	struct stile_difference *items;
	struct stile_policy *mended = lint_mend(p, use_widths, &count);

	ck_assert_int_eq(stile_policy_error(mended), 0);
	ck_assert_uint_eq(count, wanted);
	if (use_widths)
		must(stile_policy_use_kernel_widths(p));
	must(stile_policy_compare(p, mended, &items, &differences));
	for (size_t i = 0; i < differences; i++)
		ck_assert(lint_is_mend(&items[i]));
	free(items);
	stile_policy_free(p);
	p = mended;
	return differences;
}

static size_t count_rules(const char *syscall)
{
	struct stile_policy_call call = { .rule_count = 0 };

	(void)stile_policy_find_call(p, STILE_ABI_X86_64,
				     (uint32_t)stile_syscall_number(STILE_ABI_X86_64, syscall),
				     &call);
	return call.rule_count;
}

START_TEST(idle_rules)
{
	add("read", allow, &(struct stile_table_condition){ 0, 32, STILE_LESS, 0, -1, 0, 5 });
	add("read", killing, &(struct stile_table_condition){ 0, 32, STILE_EQUAL, 0, -1, 0, 4 });
	add("write", allow,
	    &(struct stile_table_condition){ 0, 32, STILE_MASKED_EQUAL, 0, -1, 1, 2 });
	ck_assert_uint_eq(mend(false, 2), 0);
	ck_assert_uint_eq(count_rules("read"), 1);
	ck_assert_uint_eq(count_rules("write"), 0);
	ck_assert_uint_eq(mend(false, 0), 0);
}
END_TEST

START_TEST(hidden_flags)
{
	add("clone", allow, NULL);
	add("openat", allow, NULL);
	add("clone3", refuse, NULL); /* and of openat2 nothing is said */
	ck_assert_uint_eq(mend(false, 2), 2);
	ck_assert_uint_eq(mend(false, 0), 0);
}
END_TEST

/* Nothing falls back on what is refused too, or is let through itself. */
START_TEST(hidden_flags_are_meant)
{
	add("clone", killing, NULL);
	add("openat", allow, NULL);
	add("openat2", allow, NULL);
	ck_assert_uint_eq(mend(false, 0), 0);
}
END_TEST

START_TEST(widths)
{
	add("ioctl", refuse,
	    &(struct stile_table_condition){ 1, 64, STILE_EQUAL, 0, -1, 0, TIOCSTI });
	add("ioctl", allow, NULL);
	ck_assert_uint_eq(mend(true, 1), 0);
	ck_assert_uint_eq(mend(true, 0), 0);
}
END_TEST

/* What is let through, or refused in another way, is left as it is. */
START_TEST(mends)
{
	struct stile_difference difference = {
		.witness = { .nr = 435, .arch = stile_audit_arch(STILE_ABI_X86_64) },
		.from.action = refuse,
		.to.action = missing,
		.is_one_number = true
	};

	ck_assert(lint_is_mend(&difference));
	difference.from.action = allow;
	ck_assert(!lint_is_mend(&difference));
	difference.from.action = refuse;
	difference.to.action = killing;
	ck_assert(!lint_is_mend(&difference));
	difference.to.action = missing;
	difference.witness.nr = 56;
	ck_assert(!lint_is_mend(&difference));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lint_mend");
	TCase *tests = tcase_create("lint_mend");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, idle_rules);
	tcase_add_test(tests, hidden_flags);
	tcase_add_test(tests, hidden_flags_are_meant);
	tcase_add_test(tests, widths);
	tcase_add_test(tests, mends);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
