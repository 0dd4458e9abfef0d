/* SPDX-License-Identifier: MIT */
/* The compiler's filters against the policies they were made of. */
#include <errno.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "policy_sample.h"
#include "syscall_table.h"
#include "test_support.h"

/* False: the kernel would not take so long a filter. */
static bool compare(struct sample *s, const uint64_t *weights)
{
	struct random r = { ~s->seed };
	struct filter filter;
	struct message message;
	const char *why;
	size_t where;

	int result;

	result = backend_own(&s->policy, weights, &filter, &message);
	if (result == -E2BIG)
		return false;
	ck_assert_msg(result == 0, "STILE_SEED=%llu: %s", (unsigned long long)s->seed,
		      message.text);
	if (filter_check(filter.instructions, filter.count, &where, &why) < 0)
		ck_abort_msg("STILE_SEED=%llu: instruction %zu of %zu: %s",
			     (unsigned long long)s->seed, where, filter.count, why);
	sample_check_numbers(s, &filter, &r);
	for (uint32_t i = 0; i < s->policy.abis[0].decision_count; i++)
		sample_check_rules(s, &filter, &s->decisions[i], &r);
	free(filter.instructions);
	return true;
}

static void compare_many(const char *what, void (*draw)(struct sample *, uint64_t))
{
	const uint64_t seed = random_seed(what);
	const uint64_t rounds = environment_number("STILE_ROUNDS", 1000);
	struct sample *s = calloc(1, sizeof(*s));
	uint64_t too_long = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		draw(s, seed + round);
		too_long += !compare(s, NULL);
	}
	ck_assert_uint_le(too_long, rounds / 16 + 1);
	free(s);
}

START_TEST(random_policies)
{
	compare_many("random_policies", sample_draw);
}
END_TEST

START_TEST(wild_policies)
{
	compare_many("wild_policies", sample_draw_wild);
}
END_TEST

/* The sample's policy as a filter. */
static struct filter compile(const struct sample *s, const uint64_t *weights)
{
	struct filter filter;
	struct message message;

	ck_assert_msg(backend_own(&s->policy, weights, &filter, &message) == 0, "%s", message.text);
	return filter;
}

static void allow(struct sample *s, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++)
		s->decisions[i].rest.kind = STILE_ACTION_ALLOW;
}

START_TEST(plain_calls_are_ranges)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter filter;
	struct random r = { 1 };

	sample_make(s, 0, 32);
	allow(s, 0, 150);
	allow(s, 152, 300);
	filter = compile(s, NULL);
	ck_assert_uint_le(filter.count, 20);
	sample_check_numbers(s, &filter, &r);
	free(filter.instructions);
	free(s);
}
END_TEST

START_TEST(nothing_is_decided)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter filter;
	struct random r = { 1 };

	sample_make(s, 0, 64);
	filter = compile(s, NULL);
	sample_check_numbers(s, &filter, &r);
	free(filter.instructions);
	s->policy.abis[0].decision_count = 0; /* a table without calls */
	filter = compile(s, NULL);
	sample_check_numbers(s, &filter, &r);
	free(filter.instructions);
	s->policy.abi_count = 0; /* all calls are foreign */
	filter = compile(s, NULL);
	ck_assert_uint_eq(filter.count, 1);
	free(filter.instructions);
	free(s);
}
END_TEST

/* Fifty calls, each with twenty values of one int argument; no two calls share them. */
static void make_values(struct sample *s, uint32_t calls, uint32_t values)
{
	sample_make(s, 0, 32);
	for (uint32_t i = 0; i < calls; i++) {
		struct decision *d = &s->decisions[5 * i];

		d->first_rule = i * values;
		d->rule_count = values;
		for (uint32_t k = 0; k < values; k++) {
			const uint32_t at = i * values + k;

			s->rules[at] = (struct rule){ .syscall = d->syscall,
						      .condition_count = 1,
						      .conditions = &s->conditions[at] };
			s->conditions[at] =
				(struct stile_table_condition){ .argument = (uint8_t)(i % 6),
								.bits = 32,
								.comparison = STILE_EQUAL,
								.parameter = -1,
								.value = 1000 * i + 7 * k };
		}
	}
}

START_TEST(thousand_rules)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter filter;
	struct random r = { 1 };

	make_values(s, 50, 20);
	filter = compile(s, NULL);
	ck_assert_uint_le(filter.count, 1229); /* what libseccomp 2.5.4 needs */
	sample_check_numbers(s, &filter, &r);
	for (uint32_t i = 0; i < 50; i++)
		sample_check_rules(s, &filter, &s->decisions[5 * i], &r);
	free(filter.instructions);
	free(s);
}
END_TEST

START_TEST(equal_rules_are_one_block)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter one, many;

	make_values(s, 50, 20);
	for (uint32_t i = 0; i < 1000; i++) {
		s->conditions[i].argument = 0;
		s->conditions[i].value = 7 * (i % 20);
	}
	many = compile(s, NULL);
	for (uint32_t i = 1; i < 50; i++)
		s->decisions[5 * i].rule_count = 0;
	one = compile(s, NULL);
	/* a comparison with each number, and a search for it */
	ck_assert_uint_le(many.count, one.count + 50 * 2);
	free(one.instructions);
	free(many.instructions);
	free(s);
}
END_TEST

/* Rules on one call that ask for argument 0 and for argument 1, each with its own values. */
static void make_pairs(struct sample *s, uint32_t rules, bool is_nested)
{
	sample_make(s, 0, 32);
	s->decisions[3].rule_count = rules;
	for (uint32_t i = 0; i < rules; i++) {
		struct stile_table_condition *c = &s->conditions[2 * i];

		s->rules[i] = (struct rule){ .condition_count = is_nested ? 1 : 2,
					     .conditions = c };
		/* ranges that overlap: all rules would have to be copied to most outcomes */
		c[0] = (struct stile_table_condition){
			.bits = 32, .comparison = STILE_LESS, .parameter = -1, .value = 10 + i
		};
		c[1] = (struct stile_table_condition){ .argument = 1,
						       .bits = 32,
						       .comparison = STILE_EQUAL,
						       .parameter = -1,
						       .value = 7 * i };
	}
}

START_TEST(the_better_question_is_asked)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter filter;
	struct random r = { 1 };

	make_pairs(s, 500, false);
	filter = compile(s, NULL);
	ck_assert_uint_le(filter.count, 500 * 7 / 2);
	sample_check_rules(s, &filter, &s->decisions[3], &r);
	free(filter.instructions);
	free(s);
}
END_TEST

START_TEST(ranges_that_overlap_are_one)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter many, one;
	struct random r = { 1 };

	make_pairs(s, 1000, true);
	many = compile(s, NULL);
	sample_check_rules(s, &many, &s->decisions[3], &r);
	s->rules[0] = s->rules[999];
	s->decisions[3].rule_count = 1;
	one = compile(s, NULL);
	ck_assert_uint_eq(many.count, one.count);
	free(many.instructions);
	free(one.instructions);
	free(s);
}
END_TEST

/* flags & MASK == 0 and flags & MASK == MASK: nothing is left to ask. */
START_TEST(complements_need_no_test)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct filter simple, merged;

	sample_make(s, 0, 32);
	allow(s, 7, 8);
	simple = compile(s, NULL);
	s->decisions[7].rest = s->policy.default_action;
	s->decisions[7].rule_count = 2;
	for (uint32_t i = 0; i < 2; i++) {
		s->rules[i] = (struct rule){ .condition_count = 1,
					     .conditions = &s->conditions[i] };
		s->conditions[i] = (struct stile_table_condition){ .argument = 3,
								   .bits = 32,
								   .comparison = STILE_MASKED_EQUAL,
								   .parameter = -1,
								   .mask = 0x1000,
								   .value = 0x1000 * i };
	}
	merged = compile(s, NULL);
	ck_assert_uint_eq(merged.count, simple.count);
	ck_assert_mem_eq(merged.instructions, simple.instructions,
			 simple.count * sizeof(*simple.instructions));
	free(simple.instructions);
	free(merged.instructions);
	free(s);
}
END_TEST

/* Instructions that a call runs through. */
static unsigned int steps(const struct filter *filter, int number)
{
	const struct seccomp_data data = { .nr = number, .arch = audit_arch(STILE_ABI_NATIVE) };
	unsigned int n = 0;

	/* Cut off behind so many instructions it would answer something else. */
	for (const struct sock_filter *i = filter->instructions;; i++, n++) {
		uint32_t word;

		if (BPF_CLASS(i->code) == BPF_RET)
			return n;
		if (i->code == (BPF_JMP | BPF_JA)) {
			i += i->k;
			continue;
		}
		if (BPF_CLASS(i->code) != BPF_JMP)
			continue;
		/* before the first argument is looked at */
		word = (i - 1)->code == (BPF_LD | BPF_W | BPF_ABS) && (i - 1)->k >= 16 ? 1 : 0;
		if (word)
			return n;
		if (n < 2)
			i += data.arch == i->k ? i->jt : i->jf;
		else if (BPF_OP(i->code) == BPF_JEQ)
			i += (uint32_t)number == i->k ? i->jt : i->jf;
		else
			i += (uint32_t)number >= i->k ? i->jt : i->jf;
	}
}

START_TEST(frequent_calls_come_first)
{
	struct sample *s = calloc(1, sizeof(*s));
	uint64_t *weights = calloc(syscall_table_count, sizeof(*weights));
	struct filter even, weighed;
	struct random r = { 1 };

	sample_make(s, 60, 32);
	even = compile(s, NULL);
	weights[s->decisions[41].syscall] = UINT64_MAX;
	weighed = compile(s, weights);
	ck_assert_uint_lt(steps(&weighed, s->decisions[41].number),
			  steps(&even, s->decisions[41].number));
	/* architecture, number, at most two splits and three numbers */
	ck_assert_uint_le(steps(&weighed, s->decisions[41].number), 9);
	sample_check_numbers(s, &weighed, &r);
	for (uint32_t i = 0; i < 60; i++)
		sample_check_rules(s, &weighed, &s->decisions[i], &r);
	free(even.instructions);
	free(weighed.instructions);
	free(weights);
	free(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("backend_own");
	TCase *tests = tcase_create("backend_own");

	tcase_add_test(tests, random_policies);
	tcase_add_test(tests, wild_policies);
	tcase_add_test(tests, plain_calls_are_ranges);
	tcase_add_test(tests, nothing_is_decided);
	tcase_add_test(tests, thousand_rules);
	tcase_add_test(tests, equal_rules_are_one_block);
	tcase_add_test(tests, the_better_question_is_asked);
	tcase_add_test(tests, ranges_that_overlap_are_one);
	tcase_add_test(tests, complements_need_no_test);
	tcase_add_test(tests, frequent_calls_come_first);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
