/* SPDX-License-Identifier: MIT */
/*
 * A policy that notifies, in two filters: the stronger of their answers is the policy's for every
 * call, and what one does not decide it allows.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "compile.h"
#include "interpreter.h"
#include "policy_build.h"
#include "policy_object.h"
#include "policy_split.h"
#include "prologue.h"
#include "drawn_policy.h"
#include "random.h"
#include "test_support.h"

#define CALLS 200

static uint64_t first_seed;

static void set_up(void)
{
	first_seed = random_seed("sim_split");
}

static struct filter make_part(const struct policy *whole, enum policy_part wanted)
{
	const struct filter_options options = { 0 };
	struct stile_proof proof;
	struct message message;
	struct filter filter;
	struct policy part;

	ck_assert_int_eq(policy_split(whole, wanted, &part), 0);
	ck_assert_msg(make_filter(&part, &options, &filter, &proof, &message) == 0, "%s",
		      message.text);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_EQUAL);
	ck_assert_int_eq(policy_notifies(&part),
			 wanted == PART_NOTIFYING && policy_notifies(whole));
	policy_free(&part);
	return filter;
}

/* As the kernel has it: the smaller of two signed numbers; of equal ones that of the filter that
 * was loaded last. */
static uint32_t stronger(uint32_t first, uint32_t last)
{
	const int32_t a = (int32_t)(first & SECCOMP_RET_ACTION_FULL);
	const int32_t b = (int32_t)(last & SECCOMP_RET_ACTION_FULL);

	return a < b ? first : last;
}

static uint32_t run(const struct filter *filter, const struct seccomp_data *data)
{
	return effective_answer(simulate(filter->instructions, filter->count, data));
}

/* Of a notification the kernel takes nothing but that it is one. */
static uint32_t expected(const struct stile_policy *p, const struct seccomp_data *data)
{
	struct stile_decision decision;

	ck_assert_int_eq(stile_policy_decide(p, data, &decision), 0);
	if (decision.action.kind == STILE_ACTION_NOTIFY)
		return SECCOMP_RET_USER_NOTIF;
	return effective_answer(action_answer(decision.action));
}

START_TEST(two_filters_answer_as_the_policy_does)
{
	struct random r = { first_seed };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);
	unsigned int notified = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_policy *p = drawn_policy(&r);
		const struct policy *whole = policy_made(p);
		struct filter notifying, rest;

		ck_assert_ptr_nonnull(whole);
		notifying = make_part(whole, PART_NOTIFYING);
		rest = make_part(whole, PART_REST);
		for (unsigned int i = 0; i < CALLS; i++) {
			const struct seccomp_data data = drawn_call(&r);
			const uint32_t want = expected(p, &data);
			const uint32_t first = run(&notifying, &data), last = run(&rest, &data);

			ck_assert_uint_eq(stronger(first, last), want);
			ck_assert(first == SECCOMP_RET_USER_NOTIF || first == SECCOMP_RET_ALLOW);
			ck_assert_int_eq(first == SECCOMP_RET_USER_NOTIF,
					 want == SECCOMP_RET_USER_NOTIF);
			notified += first == SECCOMP_RET_USER_NOTIF;
		}
		free(notifying.instructions);
		free(rest.instructions);
		stile_policy_free(p);
	}
	ck_assert_uint_gt(notified, rounds);
}
END_TEST

/* While a program starts nobody is asked, and weaker than notify, so that the later filter can; or
 * (1) it is permitted. */
START_TEST(what_asks_is_left_to_the_tracer)
{
	const enum stile_action_kind asked = _i ? STILE_ACTION_ALLOW : STILE_ACTION_TRACE;
	struct random r = { first_seed + 1 };
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);

	for (uint64_t round = 0; round < rounds; round++) {
		struct stile_policy *p = drawn_policy(&r);
		struct policy part;

		ck_assert_int_eq(policy_split(policy_made(p), PART_REST, &part), 0);
		policy_free(&part);
		ck_assert_int_eq(policy_split(policy_made(p), PART_NOTIFYING, &part), 0);
		policy_leave_to_tracer(&part, _i);
		ck_assert(!policy_notifies(&part));
		for (unsigned int i = 0; i < CALLS; i++) {
			const struct seccomp_data data = drawn_call(&r);
			const struct stile_action action =
				policy_decide(&part, data.arch, (uint32_t)data.nr,
					      (const uint64_t *)data.args);

			ck_assert_int_eq(action.kind, expected(p, &data) == SECCOMP_RET_USER_NOTIF ?
							      asked :
							      STILE_ACTION_ALLOW);
		}
		policy_free(&part);
		stile_policy_free(p);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("split");
	TCase *cases = tcase_create("split");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_set_timeout(cases, 0);
	tcase_add_test(cases, two_filters_answer_as_the_policy_does);
	tcase_add_loop_test(cases, what_asks_is_left_to_the_tracer, 0, 2);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
