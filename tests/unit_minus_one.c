/* SPDX-License-Identifier: MIT */
/* x86's number -1: whose it is, and that it keeps what it gets when ABIs come and go. */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "backend.h"
#include "policy_object.h"
#include "test_support.h"

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
static const struct stile_action refuse = { STILE_ACTION_ERRNO, EACCES };
static const struct stile_action killing = { STILE_ACTION_KILL_PROCESS, 0 };

#define UNTIL (-1) /* ends a list of ABIs */

/* A policy for these ABIs, in this order. */
static struct stile_policy *make(struct stile_action rest, struct stile_action foreign,
				 const int *abis)
{
	struct stile_policy *p = stile_policy_new();

	ck_assert_int_eq(stile_policy_set_default(p, rest), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(p, foreign), 0);
	for (; *abis != UNTIL; abis++)
		ck_assert_int_eq(stile_policy_add_abi(p, (enum stile_abi) * abis), 0);
	return p;
}

static const int x86_64[] = { STILE_ABI_X86_64, UNTIL };
static const int i386[] = { STILE_ABI_I386, UNTIL };
static const int x32[] = { STILE_ABI_X32, UNTIL };
static const int both[] = { STILE_ABI_X32, STILE_ABI_X86_64, UNTIL };

static int add(struct stile_policy *p, enum stile_abi abi, uint32_t number,
	       struct stile_action action)
{
	return stile_policy_add_rule(p, &(struct stile_policy_rule){ abi, number, action, NULL, 0,
								     -1 });
}

static enum stile_action_kind answer_to(const struct stile_policy *p, uint32_t number)
{
	const struct seccomp_data data = { .nr = (int)number, .arch = AUDIT_ARCH_X86_64 };
	struct stile_decision decision;

	ck_assert_int_eq(stile_policy_decide(p, &data, &decision), 0);
	return decision.action.kind;
}

/* The policy and its filter. */
static void check_answer(struct stile_policy *p, uint32_t number, enum stile_action_kind expected)
{
	const struct seccomp_data data = { .nr = (int)number, .arch = AUDIT_ARCH_X86_64 };
	struct sock_filter *instructions;
	uint32_t answer;
	size_t count;

	ck_assert_int_eq(answer_to(p, number), expected);
	ck_assert_msg(stile_policy_compile(p, &instructions, &count) == 0, "%s",
		      stile_policy_message(p));
	answer = simulate(instructions, count, &data);
	ck_assert_int_eq(answer == SECCOMP_RET_ALLOW, expected == STILE_ACTION_ALLOW);
	free(instructions);
}

START_TEST(it_is_x86_64s_if_the_policy_has_it)
{
	struct stile_policy *p = make(refuse, killing, both);

	ck_assert_int_eq(add(p, STILE_ABI_X86_64, UINT32_MAX, allow), 0);
	check_answer(p, UINT32_MAX, STILE_ACTION_ALLOW);
	check_answer(p, UINT32_MAX - 1, STILE_ACTION_ERRNO);
	ck_assert_int_eq(add(p, STILE_ABI_X32, UINT32_MAX, allow), -EINVAL);
	ck_assert_str_eq(stile_policy_message(p),
			 "number 4294967295 cannot be a call by x32 beside x86_64, whose it is");
	stile_policy_free(p);
}
END_TEST

START_TEST(else_it_is_x32s)
{
	struct stile_policy *p = make(refuse, killing, x32);
	struct stile_policy_call call;

	check_answer(p, UINT32_MAX, STILE_ACTION_ERRNO);
	ck_assert_int_eq(add(p, STILE_ABI_X32, UINT32_MAX, allow), 0);
	check_answer(p, UINT32_MAX, STILE_ACTION_ALLOW);
	/* whoever asks for it gets it */
	ck_assert(stile_policy_find_call(p, STILE_ABI_X86_64, UINT32_MAX, &call));
	ck_assert_int_eq(call.abi, STILE_ABI_X32);
	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X86_64), -EINVAL);
	ck_assert_str_eq(stile_policy_message(p),
			 "number 4294967295 is x86_64's if the policy has it: add x86_64 before "
			 "rules for this number");
	stile_policy_free(p);
}
END_TEST

START_TEST(without_both_it_is_foreign)
{
	struct stile_policy *p = make(allow, killing, i386);

	check_answer(p, UINT32_MAX, STILE_ACTION_KILL_PROCESS);
	stile_policy_free(p);
}
END_TEST

/* -1 of another machine is a number as any. */
START_TEST(other_machines_have_it_too)
{
	struct stile_policy *p = make(refuse, killing, i386);
	const struct seccomp_data data = { .nr = -1, .arch = AUDIT_ARCH_I386 };
	struct sock_filter *instructions;
	size_t count;

	ck_assert_int_eq(add(p, STILE_ABI_I386, UINT32_MAX, allow), 0);
	ck_assert_int_eq(stile_policy_compile(p, &instructions, &count), 0);
	ck_assert_uint_eq(simulate(instructions, count, &data), SECCOMP_RET_ALLOW);
	free(instructions);
	stile_policy_free(p);
}
END_TEST

static int by_libseccomp(const struct stile_policy *p, uint32_t arch, uint32_t number,
			 uint32_t *answer)
{
	const struct seccomp_data data = { .nr = (int)number, .arch = arch };
	struct message message;
	struct filter filter;
	const int error = backend_libseccomp(policy_made(p), &filter, &message);

	if (error)
		return error;
	*answer = simulate(filter.instructions, filter.count, &data);
	free(filter.instructions);
	return 0;
}

/* The other back end takes numbers without a sign, and answers x86's -1 if no argument matters. */
START_TEST(other_back_end_answers_or_refuses)
{
	struct stile_table_condition condition = { .bits = 32, .parameter = -1 };
	struct stile_policy *p = make(refuse, killing, i386);
	uint32_t answer;

	ck_assert_int_eq(add(p, STILE_ABI_I386, 0x40000000, allow), 0);
	ck_assert_int_eq(by_libseccomp(p, AUDIT_ARCH_I386, 0x40000000, &answer), 0);
	ck_assert_uint_eq(answer, SECCOMP_RET_ALLOW);
	ck_assert_int_eq(add(p, STILE_ABI_I386, UINT32_MAX, allow), 0);
	ck_assert_int_eq(by_libseccomp(p, AUDIT_ARCH_I386, UINT32_MAX, &answer), -E2BIG);
	stile_policy_free(p);
	for (int is_conditional = 0; is_conditional < 2; is_conditional++) {
		p = make(refuse, killing, x86_64);
		ck_assert_int_eq(stile_policy_add_rule(p,
						       &(struct stile_policy_rule){
							       STILE_ABI_X86_64, UINT32_MAX, allow,
							       &condition, (size_t)is_conditional,
							       -1 }),
				 0);
		ck_assert_int_eq(by_libseccomp(p, AUDIT_ARCH_X86_64, UINT32_MAX, &answer),
				 is_conditional ? -E2BIG : 0);
		ck_assert_uint_eq(answer, SECCOMP_RET_ALLOW);
		stile_policy_free(p);
	}
}
END_TEST

/* Numbers from x32's first one on are x86_64's only where nobody looks for x32. */
START_TEST(numbers_of_ignored_x32_are_x86_64s)
{
	static const uint32_t numbers[] = { 0x40000000, 0x40000005, 0x7fffffff, 0x80000000,
					    UINT32_MAX };
	struct stile_policy *p = make(refuse, killing, x86_64);
	struct stile_policy_call call;

	ck_assert_int_eq(stile_policy_ignore_x32(p), 0);
	for (size_t i = sizeof(numbers) / sizeof(*numbers); i-- > 0;)
		ck_assert_int_eq(add(p, STILE_ABI_X86_64, numbers[i], allow), 0);
	ck_assert_int_eq(add(p, STILE_ABI_X86_64, 7, allow), 0);
	ck_assert(stile_policy_get_call(p, STILE_ABI_X86_64, 0, &call));
	ck_assert_uint_eq(call.number, 7);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		check_answer(p, numbers[i], STILE_ACTION_ALLOW);
		ck_assert(stile_policy_get_call(p, STILE_ABI_X86_64, i + 1, &call));
		ck_assert_uint_eq(call.number, numbers[i]);
		ck_assert_int_eq(call.abi, STILE_ABI_X86_64);
	}
	ck_assert(!stile_policy_get_call(p, STILE_ABI_X86_64, 6, &call));
	ck_assert(!stile_policy_get_call(p, STILE_ABI_X32, 0, &call));
	check_answer(p, 0x40000006, STILE_ACTION_ERRNO);
	stile_policy_free(p);
}
END_TEST

/* What either says of -1 counts, whichever of its ABIs says it. */
START_TEST(combinations_say_what_both_say)
{
	static const struct {
		enum stile_combination combination;
		struct stile_action of_x86_64, of_x32;
		enum stile_action_kind expected;
	} cases[] = {
		{ STILE_MERGE,
		  { STILE_ACTION_ERRNO, EACCES },
		  { STILE_ACTION_ALLOW, 0 },
		  STILE_ACTION_ALLOW },
		{ STILE_MERGE,
		  { STILE_ACTION_ALLOW, 0 },
		  { STILE_ACTION_ERRNO, EACCES },
		  STILE_ACTION_ALLOW },
		{ STILE_INTERSECT,
		  { STILE_ACTION_ALLOW, 0 },
		  { STILE_ACTION_ERRNO, EACCES },
		  STILE_ACTION_ERRNO },
		{ STILE_INTERSECT,
		  { STILE_ACTION_ERRNO, EACCES },
		  { STILE_ACTION_ALLOW, 0 },
		  STILE_ACTION_ERRNO },
		{ STILE_MINUS,
		  { STILE_ACTION_ALLOW, 0 },
		  { STILE_ACTION_ALLOW, 0 },
		  STILE_ACTION_ERRNO },
		{ STILE_MINUS,
		  { STILE_ACTION_ALLOW, 0 },
		  { STILE_ACTION_ERRNO, EACCES },
		  STILE_ACTION_ALLOW },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stile_policy *a = make(cases[i].of_x86_64, killing, x86_64);
		struct stile_policy *b = make(cases[i].of_x32, killing, x32);
		struct stile_policy *c = stile_policy_combine(cases[i].combination, a, b);

		check_answer(c, UINT32_MAX, cases[i].expected);
		stile_policy_free(a);
		stile_policy_free(b);
		stile_policy_free(c);
	}
}
END_TEST

/* x86_64, all of which gets what other ABIs get, leaves the policy, and -1 keeps what it gets. */
START_TEST(abi_that_is_left_out_leaves_it_behind)
{
	for (int is_allowed = 0; is_allowed < 2; is_allowed++) {
		struct stile_policy *a = make(is_allowed ? killing : allow, killing, x32);
		struct stile_policy *b = make(killing, killing, both);
		const struct stile_action minus_one = is_allowed ? allow : killing;
		struct stile_policy *c;
		enum stile_abi abis[STILE_ABI_COUNT];

		ck_assert_int_eq(add(b, STILE_ABI_X86_64, UINT32_MAX, minus_one), 0);
		ck_assert_int_eq(add(b, STILE_ABI_X32, 0x40000000, allow), 0);
		c = stile_policy_combine(STILE_MERGE, b, a);
		ck_assert_uint_eq(stile_policy_abis(c, abis), 1);
		ck_assert_int_eq(abis[0], STILE_ABI_X32);
		check_answer(c, 0x40000000, STILE_ACTION_ALLOW);
		check_answer(c, UINT32_MAX, STILE_ACTION_ALLOW);
		stile_policy_free(c);
		c = stile_policy_combine(STILE_INTERSECT, b, a);
		check_answer(c, UINT32_MAX, STILE_ACTION_KILL_PROCESS);
		stile_policy_free(c);
		stile_policy_free(a);
		stile_policy_free(b);
	}
}
END_TEST

START_TEST(difference_in_it_is_told)
{
	struct stile_policy *a = make(refuse, killing, x86_64), *b = make(refuse, killing, x86_64);
	struct stile_difference *differences;
	size_t count;

	ck_assert_int_eq(add(b, STILE_ABI_X86_64, UINT32_MAX, allow), 0);
	ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(differences[0].witness.nr, -1);
	ck_assert_uint_eq(differences[0].witness.arch, AUDIT_ARCH_X86_64);
	ck_assert_int_eq(differences[0].change, STILE_CHANGE_WIDER);
	ck_assert(differences[0].is_one_number);
	free(differences);
	stile_policy_free(a);
	/* one for x32, one for x86_64, in all else the same */
	a = make(refuse, refuse, x32);
	stile_policy_free(b);
	b = make(refuse, refuse, x86_64);
	ck_assert_int_eq(add(a, STILE_ABI_X32, UINT32_MAX, killing), 0);
	ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(differences[0].witness.nr, -1);
	ck_assert(differences[0].is_one_number);
	free(differences);
	stile_policy_free(a);
	stile_policy_free(b);
}
END_TEST

/* An ABI whose every number gets what other ABIs get, but for -1 with one word. */
START_TEST(difference_in_it_is_one_number)
{
	struct stile_table_condition is_1 = { .bits = 32, .parameter = -1, .value = 1 };
	struct stile_policy *a = make(killing, killing, i386), *b = make(killing, killing, x86_64);
	struct stile_difference *differences;
	size_t count;

	ck_assert_int_eq(stile_policy_add_rule(b, &(struct stile_policy_rule){ STILE_ABI_X86_64,
									       UINT32_MAX, allow,
									       &is_1, 1, -1 }),
			 0);
	ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(differences[0].witness.nr, -1);
	ck_assert_uint_eq(differences[0].witness.args[0], 1);
	ck_assert(differences[0].is_one_number);
	free(differences);
	stile_policy_free(a);
	stile_policy_free(b);
}
END_TEST

/* x32's answer in one policy and x86_64's in the other, which is what a has for other ABIs. */
START_TEST(difference_by_its_abi_is_one_number)
{
	struct stile_policy *a = make(killing, refuse, x32), *b = make(refuse, refuse, both);
	struct stile_difference *differences;
	size_t count;

	b->abis[0].has_unknown = true; /* as of a filter */
	b->abis[0].unknown = killing;
	ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(differences[0].witness.nr, -1);
	ck_assert(differences[0].is_one_number);
	free(differences);
	stile_policy_free(a);
	stile_policy_free(b);
}
END_TEST

/* It is one of many numbers that nobody knows, and not told beside them. */
START_TEST(difference_in_many_numbers_is_told_once)
{
	struct stile_policy *a = make(killing, refuse, x86_64), *b = make(refuse, refuse, x86_64);
	struct stile_difference *differences;
	size_t count;

	ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_ne(differences[0].witness.nr, -1);
	ck_assert(!differences[0].is_one_number);
	free(differences);
	stile_policy_free(a);
	stile_policy_free(b);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("minus one");
	TCase *tests = tcase_create("minus one");

	tcase_add_test(tests, it_is_x86_64s_if_the_policy_has_it);
	tcase_add_test(tests, else_it_is_x32s);
	tcase_add_test(tests, without_both_it_is_foreign);
	tcase_add_test(tests, other_machines_have_it_too);
	tcase_add_test(tests, other_back_end_answers_or_refuses);
	tcase_add_test(tests, numbers_of_ignored_x32_are_x86_64s);
	tcase_add_test(tests, combinations_say_what_both_say);
	tcase_add_test(tests, abi_that_is_left_out_leaves_it_behind);
	tcase_add_test(tests, difference_in_it_is_told);
	tcase_add_test(tests, difference_in_it_is_one_number);
	tcase_add_test(tests, difference_by_its_abi_is_one_number);
	tcase_add_test(tests, difference_in_many_numbers_is_told_once);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
