/* SPDX-License-Identifier: MIT */
/* The rules that a new one is compared with: none that matters is left out, in the right order. */
#include <errno.h>
#include <string.h>

#include "add_rule.h"
#include "context.h"
#include "overlap.h"
#include "random.h"
#include "syscalls.h"
#include "test_support.h"

static struct stile *s;

static void set_up(void)
{
	s = stile_new();
	ck_assert_ptr_nonnull(s);
}

static void tear_down(void)
{
	stile_free(s);
}

/* ---- At random, against a look at every pair */

static const char *const calls[] = { "fcntl", "ioctl", "socket", "prctl" };

/* Few arguments and values, so that many rules meet. */
static void random_condition(struct random *r, struct stile_table_condition *condition)
{
	static const uint8_t comparisons[] = { STILE_EQUAL,	STILE_EQUAL, STILE_EQUAL,
					       STILE_NOT_EQUAL, STILE_LESS,  STILE_MASKED_EQUAL };

	memset(condition, 0, sizeof(*condition));
	condition->argument = (uint8_t)random_below(r, 3);
	condition->bits = random_below(r, 8) ? 32 : 64;
	condition->comparison = comparisons[random_below(r, 6)];
	condition->parameter = -1;
	condition->value = random_below(r, 6);
	if (condition->comparison == STILE_MASKED_EQUAL) {
		condition->mask = 7;
	} else if (condition->comparison == STILE_EQUAL && random_below(r, 8) == 0) {
		/* above an int: no part of the comparison */
		condition->value |= UINT64_C(1) << 32;
	}
}

static struct rule random_rule(struct random *r, uint16_t origin)
{
	struct rule rule = { .syscall = (uint16_t)syscall_find(calls[random_below(r, 4)]),
			     .abis = 1u << STILE_ABI_NATIVE,
			     .origin = origin,
			     .action = { STILE_ACTION_ALLOW, 0 } };
	struct stile_table_condition *conditions;

	rule.condition_count = (uint8_t)(1 + random_below(r, 3));
	conditions = context_conditions(s, rule.condition_count);
	ck_assert_ptr_nonnull(conditions);
	for (unsigned int i = 0; i < rule.condition_count; i++)
		random_condition(r, &conditions[i]);
	rule.conditions = conditions;
	return rule;
}

static bool have_to_do_with_each_other(const struct rule *a, const struct rule *b)
{
	uint64_t words[6];

	return rules_overlap(a, b, STILE_ABI_NATIVE, words) || rule_within(a, b) ||
	       rule_within(b, a);
}

/* Takes the candidates for a rule beside the list of all rules of its syscall. */
static uint32_t check_candidates(const struct rule *rule)
{
	struct rule_candidates candidates = rule_candidates(s, rule);
	uint32_t candidate = rule_candidates_next(&candidates), taken = 0;

	for (uint32_t i = s->first_rule[rule->syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *other = &s->rules[i].rule;

		if (i == candidate) {
			candidate = rule_candidates_next(&candidates);
			taken++;
			if (!rules_want_different_values(other, rule))
				continue;
		}
		if (have_to_do_with_each_other(other, rule))
			ck_abort_msg("rule %u is left out", i);
	}
	ck_assert_uint_eq(candidate, NO_RULE);
	return taken;
}

START_TEST(no_rule_that_matters_is_left_out)
{
	struct random r = { random_seed("no_rule_that_matters_is_left_out") + (uint64_t)_i };
	int origin = context_add_origin(s, ORIGIN_BUILTIN, "test");

	for (unsigned int i = 0; i < 500; i++) {
		struct rule rule = random_rule(&r, (uint16_t)origin);

		(void)check_candidates(&rule);
		ck_assert_int_eq(context_add_rule(s, &rule), 0);
	}
}
END_TEST

/* ---- What it is for */

START_TEST(rules_for_other_values_are_not_looked_at)
{
	struct stile_table_condition wanted = { .argument = 1, .bits = 32, .parameter = -1 };
	struct rule rule = { .syscall = (uint16_t)syscall_find("ioctl"),
			     .abis = 1u << STILE_ABI_NATIVE,
			     .condition_count = 1,
			     .action = { STILE_ACTION_ALLOW, 0 },
			     .conditions = &wanted };
	int origin = context_add_origin(s, ORIGIN_BUILTIN, "test");

	rule.origin = (uint16_t)origin;
	for (unsigned int i = 0; i < 1000; i++) {
		struct stile_table_condition *conditions = context_conditions(s, 1);
		struct rule added = rule;

		*conditions = wanted;
		conditions->value = i;
		added.conditions = conditions;
		ck_assert_int_eq(context_add_rule(s, &added), 0);
	}
	wanted.value = 500;
	ck_assert_uint_eq(check_candidates(&rule), 1);
	wanted.value = 1000;
	ck_assert_uint_eq(check_candidates(&rule), 0);
}
END_TEST

static void add_values(const char *name, unsigned int first, unsigned int count)
{
	struct stile_ruleset *ruleset = stile_ruleset_new(name);

	for (unsigned int i = first; i < first + count; i++)
		ck_assert_int_eq(STILE_ALLOW_IF(ruleset, "ioctl", STILE_ARGUMENT_IS("request", i)),
				 0);
	ck_assert_int_eq(stile_enable(s, ruleset), 0);
	stile_ruleset_free(ruleset);
}

START_TEST(warnings_among_many_values)
{
	struct stile_ruleset *range = stile_ruleset_new("range");

	add_values("low", 1, 299); /* with 0 they would always hold, in the end */
	ck_assert_str_eq(stile_warnings(s), "");
	add_values("again", 299, 2); /* 299 is the same rule */
	ck_assert_str_eq(stile_warnings(s), "");
	ck_assert_int_eq(STILE_ALLOW_IF(range, "ioctl", { "request", STILE_GREATER, 0, 299 }), 0);
	ck_assert_int_eq(stile_enable(s, range), 0);
	stile_ruleset_free(range);
	ck_assert_str_eq(stile_warnings(s),
			 "custom ruleset 'range': ioctl: this rule holds all of one of custom "
			 "ruleset 'again', which adds nothing\n");
	add_values("late", 299, 3); /* 300 is again's, and 301 is within range alone */
	ck_assert_str_eq(stile_warnings(s),
			 "custom ruleset 'range': ioctl: this rule holds all of one of custom "
			 "ruleset 'again', which adds nothing\n"
			 "custom ruleset 'late': ioctl: this rule lies within one of custom "
			 "ruleset 'range' and adds nothing\n"
			 "custom ruleset 'late': ioctl: this rule lies within one of custom "
			 "ruleset 'range' and adds nothing\n");
}
END_TEST

START_TEST(a_whole_call_after_many_values)
{
	struct stile_ruleset *whole = stile_ruleset_new("whole");

	add_values("values", 0, 300);
	ck_assert_int_eq(stile_ruleset_allow(whole, "ioctl"), 0);
	ck_assert_int_eq(stile_enable(s, whole), -EEXIST);
	stile_ruleset_free(whole);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "the narrower rule of custom ruleset "
						       "'values' would do nothing"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("rule_index");
	TCase *tests = tcase_create("rule_index");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, no_rule_that_matters_is_left_out, 0,
			    (int)environment_number("STILE_ROUNDS", 10));
	tcase_add_test(tests, rules_for_other_values_are_not_looked_at);
	tcase_add_test(tests, warnings_among_many_values);
	tcase_add_test(tests, a_whole_call_after_many_values);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
