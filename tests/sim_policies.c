/* SPDX-License-Identifier: MIT */
/* Policies read from filters, compared and combined, against what the interpreter and first-match
 * say of single calls. */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "audit_arch.h"
#include "context.h"
#include "interpreter.h"
#include "policy_object.h"
#include "prologue.h"
#include "random.h"
#include "test_support.h"

#define VALUES 12

static const uint64_t values[VALUES] = { 0,
					 1,
					 2,
					 3,
					 7,
					 8,
					 UINT32_MAX,
					 UINT64_C(1) << 32,
					 (UINT64_C(1) << 32) + 1,
					 (UINT64_C(7) << 32) + 2,
					 UINT64_MAX - 1,
					 UINT64_MAX };

static const enum stile_abi abis[] = { STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_X32 };

static struct stile_action draw_action(struct random *r)
{
	static const struct stile_action actions[] = {
		{ STILE_ACTION_ALLOW, 0 },	  { STILE_ACTION_LOG, 0 },
		{ STILE_ACTION_TRACE, 7 },	  { STILE_ACTION_NOTIFY, 0 },
		{ STILE_ACTION_ERRNO, 0 },	  { STILE_ACTION_ERRNO, EPERM },
		{ STILE_ACTION_TRAP, 0 },	  { STILE_ACTION_KILL_THREAD, 0 },
		{ STILE_ACTION_KILL_PROCESS, 0 },
	};

	return actions[random_below(r, sizeof(actions) / sizeof(*actions))];
}

static void draw_condition(struct random *r, struct stile_table_condition *c)
{
	static const uint8_t widths[] = { 16, 32, 32, 64, 64 };
	uint64_t all;

	*c = (struct stile_table_condition){ .argument = (uint8_t)random_below(r, 2),
					     .bits = widths[random_below(r, 5)],
					     .comparison = (uint8_t)random_below(r, STILE_IS_NULL),
					     .is_signed = (uint8_t)random_below(r, 2),
					     .parameter = -1 };
	all = UINT64_MAX >> (64 - c->bits);
	c->value = values[random_below(r, VALUES)] & all;
	if (c->comparison == STILE_MASKED_EQUAL) {
		c->mask = values[random_below(r, VALUES)] & all;
		if (random_below(r, 8))
			c->value &= c->mask;
	}
}

static void draw_rule(struct random *r, struct stile_policy *p, enum stile_abi abi)
{
	struct stile_table_condition conditions[3];
	struct stile_policy_rule rule = { .abi = abi,
					  .number = random_below(r, 4),
					  .action = draw_action(r),
					  .conditions = conditions,
					  .condition_count = random_below(r, 4),
					  .origin = -1 };

	if (abi == STILE_ABI_X32)
		rule.number |= X32_SYSCALL_BIT;
	for (size_t i = 0; i < rule.condition_count; i++)
		draw_condition(r, &conditions[i]);
	ck_assert_int_eq(stile_policy_add_rule(p, &rule), 0);
}

static struct stile_policy *draw(struct random *r)
{
	struct stile_policy *p = stile_policy_new();
	const uint32_t rules = random_below(r, 16);
	uint32_t count = 1 + random_below(r, 3);

	ck_assert_int_eq(stile_policy_set_default(p, draw_action(r)), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(p, draw_action(r)), 0);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_int_eq(stile_policy_add_abi(p, abis[i]), 0);
	if (count < 3 && random_below(r, 2))
		ck_assert_int_eq(stile_policy_ignore_x32(p), 0);
	for (uint32_t i = 0; i < rules; i++)
		draw_rule(r, p, abis[random_below(r, count)]);
	return p;
}

static struct seccomp_data draw_call(struct random *r)
{
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,
					  AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM };
	struct seccomp_data data = { .nr = (int)random_below(r, 6),
				     .arch = archs[random_below(r, 5)] };

	if (random_below(r, 3) == 0)
		data.nr = (int)((uint32_t)data.nr | X32_SYSCALL_BIT);
	if (random_below(r, 16) == 0)
		data.nr = 1000;
	for (unsigned int i = 0; i < 2; i++)
		data.args[i] = values[random_below(r, VALUES)];
	return data;
}

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
		struct stile_policy *p = draw(&r), *read;
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
			const struct seccomp_data data = draw_call(&r);
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
		struct stile_policy *a = draw(&r), *b = draw(&r);
		struct stile_difference *differences;
		size_t count;

		ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
		for (size_t i = 0; i < count; i++)
			check_difference(a, b, &differences[i]);
		for (unsigned int i = 0; i < CALLS; i++) {
			const struct seccomp_data data = draw_call(&r);
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
		struct stile_policy *a = draw(&r), *b = draw(&r);
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
			const struct seccomp_data data = draw_call(&r);
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
		struct stile_policy *p = draw(&r);
		struct stile_policy_call call;

		for (size_t i = 0; stile_policy_get_call(p, STILE_ABI_X86_64, i, &call); i++)
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

static Suite *make_suite(void)
{
	Suite *suite = suite_create("policies");
	TCase *random = tcase_create("random");

	tcase_add_checked_fixture(random, set_up, NULL);
	tcase_set_timeout(random, 0);
	tcase_add_test(random, filters_are_read_as_policies);
	tcase_add_test(random, differences_are_true_and_all_are_told);
	tcase_add_test(random, combinations_answer_as_both_say);
	tcase_add_test(random, reach_finds_the_calls_of_rules);
	suite_add_tcase(suite, random);
	return suite;
}

TEST_MAIN(make_suite)
