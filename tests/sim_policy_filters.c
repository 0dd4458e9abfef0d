/* SPDX-License-Identifier: MIT */
/* Filters read as policies: which are none, and what remains the same. */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "test_support.h"

static struct stile_policy *read_instructions(const struct sock_filter *instructions, size_t count)
{
	return stile_policy_from_filter(instructions, count, "a filter");
}

START_TEST(filters_that_are_no_policy_are_refused)
{
	const struct sock_filter no_arch[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_filter pointer[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_filter computed[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	static const char rules[] = "the filter cannot be said as rules: ";
	struct stile_policy *p = read_instructions(no_arch, 4);

	ck_assert_int_eq(stile_policy_error(p), -E2BIG);
	ck_assert_ptr_nonnull(
		strstr(stile_policy_message(p), "it does not look at the architecture"));
	stile_policy_free(p);
	p = read_instructions(pointer, 4);
	ck_assert_int_eq(stile_policy_error(p), -E2BIG);
	ck_assert_ptr_nonnull(strstr(stile_policy_message(p), "instruction pointer"));
	stile_policy_free(p);
	p = read_instructions(computed, 2);
	ck_assert_int_eq(stile_policy_error(p), -E2BIG);
	ck_assert_ptr_eq(strstr(stile_policy_message(p), rules), stile_policy_message(p));
	stile_policy_free(p);
	p = read_instructions(computed, 1);
	ck_assert_int_eq(stile_policy_error(p), -EINVAL);
	stile_policy_free(p);
}
END_TEST

/* One instruction that answers everything alike is a policy too. */
START_TEST(constant_filter_is_a_policy)
{
	const struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct stile_policy *p = read_instructions(&all, 1);
	const struct seccomp_data data = { .nr = 5, .arch = AUDIT_ARCH_ARM };
	struct stile_decision decision;

	ck_assert_msg(stile_policy_error(p) == 0, "%s", stile_policy_message(p));
	ck_assert_int_eq(stile_policy_decide(p, &data, &decision), 0);
	ck_assert_int_eq(decision.action.kind, STILE_ACTION_ALLOW);
	stile_policy_free(p);
}
END_TEST

/* What a context says is the same as a policy, and as its filter. */
START_TEST(context_and_its_filter_are_one_policy)
{
	struct stile *s = stile_new();
	struct stile_policy *said, *read;
	struct stile_difference *differences;
	struct sock_filter *instructions;
	size_t count, difference_count;

	ck_assert_int_eq(stile_pledge(s, "stdio rpath inet"), 0);
	ck_assert_int_eq(stile_compile(s, &instructions, &count), 0);
	said = stile_policy_from_context(s);
	read = read_instructions(instructions, count);
	ck_assert_msg(stile_policy_error(read) == 0, "%s", stile_policy_message(read));
	ck_assert_int_eq(stile_policy_compare(said, read, &differences, &difference_count), 0);
	ck_assert_uint_eq(difference_count, 0);
	free(differences);
	free(instructions);
	stile_policy_free(said);
	stile_policy_free(read);
	stile_free(s);
}
END_TEST

/* x32 that is not looked for stays what it was when the default changes. */
START_TEST(default_of_a_filter_opens_no_x32)
{
	const struct sock_filter read_only[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	const struct seccomp_data data = { .nr = 59 | 1 << 30, .arch = AUDIT_ARCH_X86_64 };
	struct stile_policy *p = read_instructions(read_only, 7);
	struct stile_decision decision;

	ck_assert_msg(stile_policy_error(p) == 0, "%s", stile_policy_message(p));
	ck_assert(stile_policy_ignores_x32(p));
	ck_assert_int_eq(stile_policy_set_default(p,
						  (struct stile_action){ STILE_ACTION_ALLOW, 0 }),
			 0);
	ck_assert_int_eq(stile_policy_decide(p, &data, &decision), 0);
	ck_assert_int_eq(decision.action.kind, STILE_ACTION_ERRNO);
	stile_policy_free(p);
}
END_TEST

/* Two arguments compared with each other: undecided, and soon, however many rules there are. */
START_TEST(work_is_bounded_where_nothing_is_decided)
{
	const struct sock_filter both[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct stile_policy *p = stile_policy_new();
	struct stile_table_condition bits[2] = {
		{ .argument = 0, .bits = 32, .comparison = STILE_MASKED_EQUAL, .parameter = -1 },
		{ .argument = 1, .bits = 32, .comparison = STILE_MASKED_EQUAL, .parameter = -1 },
	};
	struct stile_proof proof;

	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X86_64), 0);
	for (unsigned int i = 0; i < 32; i++) {
		bits[0].mask = bits[0].value = bits[1].mask = bits[1].value = UINT64_C(1) << i;
		ck_assert_int_eq(stile_policy_add_rule(p,
						       &(struct stile_policy_rule){
							       STILE_ABI_X86_64,
							       1,
							       { STILE_ACTION_ALLOW, 0 },
							       bits,
							       2,
							       -1 }),
				 0);
	}
	ck_assert_int_eq(stile_policy_prove(p, both, sizeof(both) / sizeof(*both), &proof), 0);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_UNDECIDED);
	stile_policy_free(p);
}
END_TEST

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define EQUALS(k, jt, jf) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (jt), (jf))
#define RETURN(answer) BPF_STMT(BPF_RET | BPF_K, (answer))

static const uint32_t answers[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW,
				    SECCOMP_RET_ERRNO | EACCES };

static void check_answers(const struct stile_policy *p, const struct sock_filter *filter,
			  size_t count)
{
	static const uint32_t numbers[] = { 0,		0x3fffffff, 0x40000000, 0x7fffffff,
					    0x80000000, 0xfffffffe, UINT32_MAX };
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64 };

	for (unsigned int i = 0; i < 2 * 3 * sizeof(numbers) / sizeof(*numbers); i++) {
		const struct seccomp_data data = { .nr = (int)numbers[i / 6],
						   .arch = archs[i / 2 % 3],
						   .args = { i % 2 } };
		const uint32_t answer = simulate(filter, count, &data);
		struct stile_decision decision;

		ck_assert_int_eq(stile_policy_decide(p, &data, &decision), 0);
		ck_assert_int_eq(decision.action.kind,
				 answer == SECCOMP_RET_ALLOW	    ? STILE_ACTION_ALLOW :
				 answer == SECCOMP_RET_KILL_PROCESS ? STILE_ACTION_KILL_PROCESS :
								      STILE_ACTION_ERRNO);
	}
}

/* All answers that x86_64's numbers, x32's, both's -1 with one word and with another, and other
 * ABIs may get: the policy is for these ABIs and no other, or ignores x32, or not. */
START_TEST(filters_that_tell_minus_one_apart_are_read)
{
	const uint32_t arch = _i % 2 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;

	for (unsigned int i = 0; i < 3 * 3 * 3 * 3 * 3; i++) {
		const struct sock_filter filter[] = {
			LOAD(arch),
			EQUALS(arch, 1, 0),
			RETURN(answers[i % 3]),
			LOAD(nr),
			EQUALS(UINT32_MAX, 3, 0),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 1, 0),
			RETURN(answers[i / 3 % 3]),
			RETURN(answers[i / 9 % 3]),
			LOAD(args[0]),
			EQUALS(0, 0, 1),
			RETURN(answers[i / 27 % 3]),
			RETURN(answers[i / 81]),
		};
		const size_t count = sizeof(filter) / sizeof(*filter);
		struct stile_policy *p;

		/* of another ABI too many numbers are told apart */
		if (arch == AUDIT_ARCH_I386 && i / 3 % 3 != i / 9 % 3)
			continue;
		p = read_instructions(filter, count);
		ck_assert_msg(stile_policy_error(p) == 0, "%u: %s", i, stile_policy_message(p));
		check_answers(p, filter, count);
		stile_policy_free(p);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("policy_filters");
	TCase *tests = tcase_create("policy_filters");

	tcase_add_test(tests, filters_that_are_no_policy_are_refused);
	tcase_add_test(tests, constant_filter_is_a_policy);
	tcase_add_test(tests, context_and_its_filter_are_one_policy);
	tcase_add_test(tests, default_of_a_filter_opens_no_x32);
	tcase_add_test(tests, work_is_bounded_where_nothing_is_decided);
	tcase_add_loop_test(tests, filters_that_tell_minus_one_apart_are_read, 0, 2);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
