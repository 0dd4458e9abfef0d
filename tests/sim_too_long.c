/* SPDX-License-Identifier: MIT */
/* Policies whose filters the kernel would not take. */
#include <errno.h>

#include "policy_sample.h"
#include "syscall_table.h"
#include "test_support.h"

/* What the kernel does not take, and which calls are to blame. */
START_TEST(too_long)
{
	struct sample *s = calloc(1, sizeof(*s));
	struct sock_filter some;
	struct filter filter = { &some, 9 };
	struct message message;
	unsigned int count = 0, tests = 0;
	char first[64];

	/* masks that differ: nothing can be shared */
	sample_make(s, 300, 64);
	for (uint32_t i = 0; i < 300; i++) {
		s->decisions[i].rule_count = 1;
		s->rules[i].condition_count = 6;
		s->rules[i].conditions = &s->conditions[6 * i];
		for (uint32_t k = 0; k < 6; k++)
			s->conditions[6 * i + k] = (struct stile_table_condition){
				.argument = (uint8_t)k,
				.bits = 64,
				.comparison = STILE_LESS,
				.parameter = -1,
				.value = UINT64_C(0x100000001) * (7 + 6 * i + k)
			};
	}
	s->rules[9].condition_count = 6;
	ck_assert_int_eq(backend_own(&s->policy, NULL, &filter, &message), -E2BIG);
	ck_assert_ptr_null(filter.instructions);
	ck_assert_uint_eq(filter.count, 0);
	ck_assert_msg(sscanf(message.text,
			     "the filter would have %u instructions, the kernel takes 4096: use "
			     "fewer conditions; most are for %63s (%u tests), ",
			     &count, first, &tests) == 3,
		      "%s", message.text);
	ck_assert_uint_gt(count, FILTER_INSTRUCTIONS_MAX);
	ck_assert_uint_ge(tests, 12);
	ck_assert_str_eq(first, syscall_table[s->decisions[0].syscall].name);
	free(s);
}
END_TEST

/* More than is worth while to look at: said before memory is full. */
START_TEST(far_too_long)
{
	enum { RULES = 2500, CONDITIONS = 32 };
	struct sample *s = calloc(1, sizeof(*s));
	struct rule *rules = calloc(RULES, sizeof(*rules));
	struct stile_table_condition *conditions = calloc((size_t)RULES * CONDITIONS,
							  sizeof(*conditions));
	struct filter filter;
	struct message message;
	char expected[200];

	sample_make(s, 0, 32);
	s->policy.rules = rules;
	s->decisions[3].rule_count = RULES;
	for (uint32_t i = 0; i < RULES; i++) {
		struct stile_table_condition *c = &conditions[(size_t)i * CONDITIONS];

		rules[i].condition_count = CONDITIONS;
		rules[i].conditions = c;
		for (uint32_t k = 0; k < CONDITIONS; k++)
			c[k] = (struct stile_table_condition){ .argument = k ? 1 : 0,
							       .bits = 32,
							       .comparison = k ? STILE_NOT_EQUAL :
										 STILE_EQUAL,
							       .value = i * (k + 3) };
	}
	ck_assert_int_eq(backend_own(&s->policy, NULL, &filter, &message), -E2BIG);
	ck_assert_ptr_null(filter.instructions);
	snprintf(expected, sizeof(expected),
		 "the filter would have far more than the 4096 instructions that the kernel "
		 "takes: use fewer conditions; %s alone has 2500 rules",
		 syscall_table[s->decisions[3].syscall].name);
	ck_assert_str_eq(message.text, expected);
	free(conditions);
	free(rules);
	free(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("too_long");
	TCase *tests = tcase_create("too_long");

	tcase_add_test(tests, too_long);
	tcase_add_test(tests, far_too_long);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
