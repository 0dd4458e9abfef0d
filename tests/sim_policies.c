/* SPDX-License-Identifier: MIT */
/* Policies read from filters, compared and combined, against what the interpreter and first-match
 * say of single calls. */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "backend.h"
#include "context.h"
#include "drawn_policy.h"
#include "interpreter.h"
#include "policy_object.h"
#include "prologue.h"
#include "proof.h"
#include "random.h"
#include "test_support.h"

static struct stile_action decide(const struct stile_policy *p, const struct seccomp_data *data)
{
	struct stile_decision decision;

	ck_assert_int_eq(stile_policy_decide(p, data, &decision), 0);
	return decision.action;
}

#define CALLS 200

static uint64_t first_seed;

static void set_up(void)
{
	first_seed = random_seed("sim_policies");
}

/* A policy's filter read again says the same. */
START_TEST(filters_are_read_as_policies)
{
	struct random r = { first_seed };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_policy *p = drawn_policy(&r), *read;
		struct stile_difference *differences;
		struct sock_filter *instructions;
		size_t count, difference_count;

		ck_assert_msg(stile_policy_compile(p, &instructions, &count) == 0, "%s",
			      stile_policy_message(p));
		read = stile_policy_from_filter(instructions, count, "a filter");
		ck_assert_msg(stile_policy_error(read) == 0, "round %lu: %s", (unsigned long)round,
			      stile_policy_message(read));
		ck_assert_int_eq(stile_policy_compare(p, read, &differences, &difference_count), 0);
		ck_assert_uint_eq(difference_count, 0);
		for (unsigned int i = 0; i < CALLS; i++) {
			const struct seccomp_data data = drawn_call(&r);
			uint32_t value;

			ck_assert_int_eq(stile_simulate(instructions, count, &data, &value), 0);
			ck_assert_uint_eq(effective_answer(value),
					  effective_answer(action_answer(decide(read, &data))));
		}
		free(differences);
		free(instructions);
		stile_policy_free(read);
		stile_policy_free(p);
	}
}
END_TEST

static int passes(struct stile_action action)
{
	return action.kind <= STILE_ACTION_LOG ? 2 : action.kind <= STILE_ACTION_NOTIFY;
}

/* A call on which two policies differ is told by one of the differences. */
static bool is_told(const struct stile_difference *differences, size_t count,
		    const struct seccomp_data *data, struct stile_action from,
		    struct stile_action to)
{
	for (size_t i = 0; i < count; i++) {
		const struct stile_difference *d = &differences[i];

		if (actions_equal(d->from.action, from) && actions_equal(d->to.action, to) &&
		    (!d->is_one_number ||
		     (d->witness.nr == data->nr && d->witness.arch == data->arch)))
			return true;
	}
	return false;
}

static void check_difference(const struct stile_policy *a, const struct stile_policy *b,
			     const struct stile_difference *d)
{
	const struct stile_action from = decide(a, &d->witness), to = decide(b, &d->witness);
	const int before = passes(from), after = passes(to);

	ck_assert(actions_equal(from, d->from.action) && actions_equal(to, d->to.action));
	ck_assert(!actions_equal(from, to));
	ck_assert_int_eq(d->change, after > before ? STILE_CHANGE_WIDER :
				    after < before ? STILE_CHANGE_NARROWER :
						     STILE_CHANGE_OTHER);
}

START_TEST(differences_are_true_and_all_are_told)
{
	struct random r = { first_seed + 1 };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_policy *a = drawn_policy(&r), *b = drawn_policy(&r);
		struct stile_difference *differences;
		size_t count;

		ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
		for (size_t i = 0; i < count; i++)
			check_difference(a, b, &differences[i]);
		for (unsigned int i = 0; i < CALLS; i++) {
			const struct seccomp_data data = drawn_call(&r);
			const struct stile_action from = decide(a, &data), to = decide(b, &data);

			ck_assert(actions_equal(from, to) ||
				  is_told(differences, count, &data, from, to));
		}
		free(differences);
		stile_policy_free(a);
		stile_policy_free(b);
	}
}
END_TEST

/* What a combination must answer where two policies answer so. */
static struct stile_action expect(enum stile_combination combination, struct stile_action refusal,
				  struct stile_action a, struct stile_action b)
{
	switch (combination) {
	case STILE_MERGE:
		return b.kind < a.kind ? b : a;
	case STILE_INTERSECT:
		return b.kind > a.kind ? b : a;
	default:
		return passes(a) && passes(b) ? refusal : a;
	}
}

START_TEST(combinations_answer_as_both_say)
{
	struct random r = { first_seed + 2 };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);

	for (uint64_t round = 0; round < rounds; round++) {
		const enum stile_combination combination = (enum stile_combination)(round % 3);
		struct stile_policy *a = drawn_policy(&r), *b = drawn_policy(&r);
		struct stile_policy *both = stile_policy_combine(combination, a, b);
		struct stile_action refusal = stile_policy_default(a);
		struct sock_filter *instructions;
		size_t length;

		if (passes(refusal))
			refusal = (struct stile_action){ STILE_ACTION_ERRNO, EPERM };
		ck_assert_msg(stile_policy_error(both) == 0, "%s", stile_policy_message(both));
		ck_assert_msg(stile_policy_compile(both, &instructions, &length) == 0, "%s",
			      stile_policy_message(both));
		free(instructions);
		for (unsigned int i = 0; i < CALLS; i++) {
			const struct seccomp_data data = drawn_call(&r);
			const struct stile_action want = expect(combination, refusal,
								decide(a, &data), decide(b, &data));

			ck_assert(actions_equal(decide(both, &data), want));
		}
		stile_policy_free(both);
		stile_policy_free(a);
		stile_policy_free(b);
	}
}
END_TEST

/* Rules that decide something have a call, the others have none. */
START_TEST(reach_finds_the_calls_of_rules)
{
	struct random r = { first_seed + 3 };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 200);
	unsigned int reached = 0, unreached = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_policy *p = drawn_policy(&r);
		struct stile_policy_call call;
		enum stile_abi abis[STILE_ABI_COUNT];
		const enum stile_abi abi =
			abis[random_below(&r, (uint32_t)stile_policy_abis(p, abis))];

		for (size_t i = 0; stile_policy_get_call(p, abi, i, &call); i++)
			for (size_t k = 0; k <= call.rule_count; k++) {
				struct seccomp_data data;
				struct stile_decision decision;
				struct stile_policy_rule rule;
				const int found = stile_policy_reach(p, &call, k, &data);

				ck_assert_int_ge(found, 0);
				reached += found == 1;
				unreached += found == 0;
				if (!found)
					continue;
				ck_assert_int_eq(stile_policy_decide(p, &data, &decision), 0);
				ck_assert_int_eq(decision.reason == STILE_REASON_RULE,
						 k < call.rule_count);
				if (k == call.rule_count)
					continue;
				ck_assert(stile_policy_get_rule(p, &call, k, &rule));
				ck_assert_ptr_eq(rule.conditions, decision.rule.conditions);
			}
		stile_policy_free(p);
	}
	ck_assert_uint_gt(reached, 100);
	ck_assert_uint_gt(unreached, 50);
}
END_TEST

/* The same policy, of what is told of one by its ABIs and calls. */
static struct stile_policy *copy_told(const struct stile_policy *p)
{
	struct stile_policy *copy = stile_policy_new();
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(p, abis);

	ck_assert_int_eq(stile_policy_set_default(copy, stile_policy_default(p)), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(copy, stile_policy_foreign_abi(p)), 0);
	if (stile_policy_ignores_x32(p))
		ck_assert_int_eq(stile_policy_ignore_x32(copy), 0);
	for (size_t a = 0; a < count; a++)
		ck_assert_int_eq(stile_policy_add_abi(copy, abis[a]), 0);
	for (size_t a = 0; a < count; a++) {
		struct stile_policy_call call, found;
		uint64_t next = 0;

		for (size_t i = 0; stile_policy_get_call(p, abis[a], i, &call); i++) {
			struct stile_policy_rule rule = { .abi = call.abi, .number = call.number };

			ck_assert_int_eq(call.abi, abis[a]);
			ck_assert_uint_ge(call.number, next);
			next = (uint64_t)call.number + 1;
			ck_assert(stile_policy_find_call(p, abis[a], call.number, &found));
			ck_assert_int_eq(found.abi, call.abi);
			ck_assert_uint_eq(found.rule_count, call.rule_count);
			for (size_t k = 0; stile_policy_get_rule(p, &call, k, &rule); k++) {
				ck_assert_int_eq(rule.abi, abis[a]);
				ck_assert_int_eq(stile_policy_add_rule(copy, &rule), 0);
			}
			rule = (struct stile_policy_rule){ .abi = call.abi,
							   .number = call.number,
							   .action = call.rest,
							   .origin = -1 };
			ck_assert_int_eq(stile_policy_add_rule(copy, &rule), 0);
		}
	}
	return copy;
}

START_TEST(all_of_a_policy_is_told)
{
	struct random r = { first_seed + 4 };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_policy *p = drawn_policy(&r), *copy = copy_told(p);
		struct stile_difference *differences;
		size_t count;

		ck_assert_int_eq(stile_policy_compare(p, copy, &differences, &count), 0);
		ck_assert_uint_eq(count, 0);
		free(differences);
		stile_policy_free(copy);
		stile_policy_free(p);
	}
}
END_TEST

/* What libseccomp cannot do is refused; all else is the same. */
START_TEST(other_back_end_answers_the_same)
{
	struct random r = { first_seed + 5 };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 200);
	unsigned int made = 0, answers_minus_one = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_policy *p = drawn_policy(&r);
		const struct policy *policy = policy_made(p);
		struct stile_policy_call call;
		struct stile_proof proof;
		struct message message;
		struct filter filter;

		if (backend_libseccomp(policy, &filter, &message) == 0) {
			ck_assert_int_eq(filter_prove(policy, &filter, &proof), 0);
			ck_assert_msg(proof.verdict == STILE_VERDICT_EQUAL,
				      "round %lu: call %d of 0x%x: policy 0x%x, filter 0x%x",
				      (unsigned long)round, proof.witness.nr, proof.witness.arch,
				      proof.policy_answer, proof.filter_answer);
			made++;
			answers_minus_one += stile_policy_find_call(p, STILE_ABI_X86_64, UINT32_MAX,
								    &call);
			free(filter.instructions);
		}
		stile_policy_free(p);
	}
	ck_assert_uint_gt(made, rounds / 8);
	ck_assert_uint_gt(answers_minus_one, 0);
}
END_TEST

/* Many rules that ask the same are paired one by one, whatever stands between their members. */
START_TEST(bytes_between_members_do_not_matter)
{
	struct stile_policy *policies[] = { stile_policy_new(), stile_policy_new() };
	struct stile_difference *differences;
	size_t count;

	for (int side = 0; side < 2; side++) {
		ck_assert_int_eq(stile_policy_add_abi(policies[side], STILE_ABI_X86_64), 0);
		for (unsigned int i = 0; i < 400; i++) {
			struct stile_table_condition condition;
			const struct stile_policy_rule rule = { .abi = STILE_ABI_X86_64,
								.number = __NR_ioctl,
								.action = { STILE_ACTION_ALLOW, 0 },
								.conditions = &condition,
								.condition_count = 1,
								.origin = -1 };

			memset(&condition, side ? 0xff : 0, sizeof(condition));
			condition.argument = 1;
			condition.bits = 32;
			condition.comparison = STILE_EQUAL;
			condition.is_signed = 0;
			condition.parameter = -1;
			condition.mask = 0;
			condition.value = i;
			ck_assert_int_ge(stile_policy_add_rule(policies[side], &rule), 0);
		}
	}
	ck_assert_msg(stile_policy_compare(policies[0], policies[1], &differences, &count) == 0,
		      "%s", stile_policy_message(policies[0]));
	ck_assert_uint_eq(count, 0);
	free(differences);
	stile_policy_free(policies[0]);
	stile_policy_free(policies[1]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("policies");
	TCase *random = tcase_create("random");

	tcase_add_checked_fixture(random, set_up, NULL);
	tcase_set_timeout(random, 0);
	tcase_add_test(random, filters_are_read_as_policies);
	tcase_add_test(random, differences_are_true_and_all_are_told);
	tcase_add_test(random, combinations_answer_as_both_say);
	tcase_add_test(random, all_of_a_policy_is_told);
	tcase_add_test(random, other_back_end_answers_the_same);
	tcase_add_test(random, reach_finds_the_calls_of_rules);
	tcase_add_test(random, bytes_between_members_do_not_matter);
	suite_add_tcase(suite, random);
	return suite;
}

TEST_MAIN(make_suite)
