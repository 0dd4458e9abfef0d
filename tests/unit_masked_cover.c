/* SPDX-License-Identifier: MIT */
/* Conditions as masked equalities: the same calls, each by one alternative. */
#include <errno.h>
#include <string.h>

#include "masked_cover.h"
#include "syscall_table.h"
#include "random.h"
#include "test_support.h"
#include "value_set.h"

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
static const struct stile_action trap = { STILE_ACTION_TRAP, 0 };

static struct rule rules[8];
static struct stile_table_condition conditions[64];
static uint32_t rule_count, condition_count;
static struct masked_cover cover;
static struct message message;

static void set_up(void)
{
	rule_count = condition_count = 0;
}

static void add_rule(struct stile_action action)
{
	rules[rule_count++] = (struct rule){ .action = action,
					     .conditions = &conditions[condition_count] };
}

/* To the last rule. */
static void add(unsigned int argument, unsigned int bits, enum stile_comparison comparison,
		bool is_signed, uint64_t mask, uint64_t value)
{
	const uint64_t all = UINT64_MAX >> (64 - bits);

	conditions[condition_count++] =
		(struct stile_table_condition){ .argument = (uint8_t)argument,
						.bits = (uint8_t)bits,
						.comparison = (uint8_t)comparison,
						.is_signed = is_signed,
						.parameter = -1,
						.mask = mask & all,
						.value = value & all };
	rules[rule_count - 1].condition_count++;
}

static int make_cover(void)
{
	struct decision decision = { .rule_count = rule_count };
	struct policy policy = { .abis = { { STILE_ABI_NATIVE, 1, &decision } },
				 .abi_count = 1,
				 .rules = rules,
				 .rule_count = rule_count };

	return masked_cover(&policy, &decision, &cover, &message);
}

/* The alternatives that hold for a call; *action is the last one's. */
static unsigned int matching(const uint64_t words[6], struct stile_action *action)
{
	unsigned int found = 0;

	for (size_t i = 0; i < cover.count; i++) {
		const struct alternative *a = &cover.alternatives[i];
		bool holds = true;

		for (unsigned int j = 0; j < 6; j++)
			holds = holds && (words[j] & a->words[j].mask) == a->words[j].value;
		if (holds)
			*action = a->action;
		found += holds;
	}
	return found;
}

static const struct rule *first_match(const uint64_t words[6])
{
	for (uint32_t i = 0; i < rule_count; i++) {
		bool holds = true;

		for (unsigned int j = 0; j < rules[i].condition_count; j++)
			holds = holds && condition_holds(&rules[i].conditions[j],
							 words[rules[i].conditions[j].argument]);
		if (holds)
			return &rules[i];
	}
	return NULL;
}

static void check_call(const uint64_t words[6])
{
	const struct rule *rule = first_match(words);
	struct stile_action action = { STILE_ACTION_LOG, 0 };
	const unsigned int found = matching(words, &action);

	if (found == (rule ? 1u : 0u) && (!rule || action.kind == rule->action.kind))
		return;
	ck_abort_msg("%u alternatives and %s rule match %#llx, %#llx", found, rule ? "a" : "no",
		     (unsigned long long)words[0], (unsigned long long)words[1]);
}

/* All ranges of small numbers, signed and not, at every width, on values with dirty upper bits. */
START_TEST(small_ranges)
{
	static const unsigned int widths[] = { 16, 32, 64 };
	const unsigned int bits = widths[_i / 2];
	const bool is_signed = _i % 2;
	const int first = is_signed ? -9 : 0, last = is_signed ? 9 : 18;

	for (int low = first; low <= last; low++) {
		for (int high = low - 1; high <= last; high++) {
			set_up();
			add_rule(allow);
			add(1, bits, STILE_GREATER_OR_EQUAL, is_signed, 0, (uint64_t)low);
			add(1, bits, STILE_LESS_OR_EQUAL, is_signed, 0, (uint64_t)high);
			ck_assert_int_eq(make_cover(), 0);
			ck_assert_uint_le(cover.count, 8);
			for (int v = first - 3; v <= last + 3; v++) {
				uint64_t words[6] = { 0, (uint64_t)v };

				check_call(words);
				if (bits < 64) {
					words[1] ^= UINT64_C(0xa5) << bits;
					check_call(words);
				}
			}
		}
	}
}
END_TEST

/* Open ranges, and ranges that leave one value out, at the ends of the numbers. */
START_TEST(ends)
{
	static const uint64_t marks[] = { 0,
					  1,
					  2,
					  0x7fff,
					  0x8000,
					  0xffff,
					  0x10000,
					  0x7fffffff,
					  0x80000000,
					  0xffffffff,
					  0x100000000,
					  0x7fffffffffffffff,
					  0x8000000000000000,
					  UINT64_MAX };
	enum { COUNT = sizeof(marks) / sizeof(marks[0]) };

	for (unsigned int bits = 16; bits <= 64; bits *= 2) {
		for (unsigned int i = 0; i < COUNT * 12; i++) {
			set_up();
			add_rule(allow);
			add(5, bits, STILE_EQUAL + i % 6, i / 6 % 2, 0, marks[i / 12]);
			ck_assert_int_eq(make_cover(), 0);
			ck_assert_uint_le(cover.count, bits);
			for (unsigned int j = 0; j < COUNT * 3; j++)
				check_call(
					(uint64_t[6]){ 0, 0, 0, 0, 0, marks[j / 3] + j % 3 - 1 });
		}
	}
}
END_TEST

START_TEST(known_bits_and_ranges_together)
{
	for (uint64_t mask = 0; mask < 16; mask++) {
		for (uint64_t low = 0; low < 16; low++) {
			set_up();
			add_rule(allow);
			add(0, 32, STILE_MASKED_EQUAL, false, mask, mask & 5);
			add(0, 32, STILE_GREATER_OR_EQUAL, false, 0, low);
			add(0, 32, STILE_LESS, false, 0, 13);
			add(0, 32, STILE_NOT_EQUAL, false, 0, 7);
			ck_assert_int_eq(make_cover(), 0);
			for (uint64_t v = 0; v < 40; v++)
				check_call((uint64_t[6]){ v | v << 36 });
		}
	}
}
END_TEST

START_TEST(never_and_always)
{
	add_rule(allow);
	add(0, 32, STILE_EQUAL, false, 0, 1);
	add(0, 32, STILE_EQUAL, false, 0, 2);
	ck_assert_int_eq(make_cover(), 0);
	ck_assert_uint_eq(cover.count, 0);
	set_up();
	add_rule(allow);
	add(0, 32, STILE_EQUAL, false, 0, 1);
	add_rule(allow);
	add(1, 64, STILE_GREATER_OR_EQUAL, false, 0, 0);
	ck_assert_int_eq(make_cover(), 0);
	ck_assert_uint_eq(cover.count, 1); /* the first lies within it */
	for (unsigned int i = 0; i < 6; i++)
		ck_assert_uint_eq(cover.alternatives[0].words[i].mask, 0);
	set_up();
	ck_assert_int_eq(make_cover(), 0);
	ck_assert_uint_eq(cover.count, 0);
}
END_TEST

/* The wide rule stays whole; what remains of the narrow one is one alternative, not 32. */
START_TEST(overlaps_are_taken_from_the_narrow_rule)
{
	add_rule(allow);
	add(0, 32, STILE_EQUAL, false, 0, 3);
	add_rule(allow);
	add(1, 32, STILE_MASKED_EQUAL, false, 1, 0);
	ck_assert_int_eq(make_cover(), 0);
	ck_assert_uint_eq(cover.count, 2);
	for (uint64_t v = 0; v < 32; v++)
		check_call((uint64_t[6]){ v & 7, v >> 3 });
}
END_TEST

START_TEST(random_rules)
{
	const uint64_t seed = random_seed("random_rules");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 5000);
	uint64_t refused = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };
		int result;

		set_up();
		for (unsigned int n = 1 + random_below(&r, 5); n; n--) {
			add_rule(allow);
			for (unsigned int m = 1 + random_below(&r, 3); m; m--) {
				/* six comparisons of small numbers and, as often, masks */
				const unsigned int comparison = random_below(&r, 12);
				const uint64_t mask = random_below(&r, 16);
				const uint64_t value = random_below(&r, 16);

				if (comparison > STILE_GREATER_OR_EQUAL)
					add(random_below(&r, 2), 32, STILE_MASKED_EQUAL, false,
					    mask, value & mask);
				else
					add(random_below(&r, 2), 32, comparison,
					    random_below(&r, 2), 0, value);
			}
		}
		result = make_cover();
		if (result == -E2BIG) { /* two conditions with !=, and the like */
			refused++;
			continue;
		}
		ck_assert_msg(result == 0, "STILE_SEED=%llu: %s",
			      (unsigned long long)(seed + round), message.text);
		for (uint64_t v = 0; v < 20 * 20; v++) {
			uint64_t words[6] = { v % 20, v / 20 };

			words[0] |= words[0] > 17 ? 0xffffff00 : 0;
			words[1] |= words[1] > 17 ? 0x80000000 : 0;
			check_call(words);
		}
	}
	ck_assert_uint_lt(refused, rounds / 4);
}
END_TEST

START_TEST(too_many)
{
	char expected[300];

	add_rule(allow);
	for (unsigned int argument = 0; argument < 2; argument++)
		add(argument, 32, STILE_NOT_EQUAL, false, 0, 5); /* 32 masks each */
	snprintf(expected, sizeof(expected),
		 "%s: its conditions come to more than 256 comparisons under masks, the most that "
		 "libseccomp is given for one call: use fewer ranges and fewer conditions with !=",
		 syscall_table[0].name);
	ck_assert_int_eq(make_cover(), -E2BIG);
	ck_assert_str_eq(message.text, expected);
	/* One more != on each argument: not held up by the work on the way. */
	for (unsigned int argument = 0; argument < 6; argument++)
		add(argument, 64, STILE_NOT_EQUAL, false, 0, 9);
	ck_assert_int_eq(make_cover(), -E2BIG);
}
END_TEST

START_TEST(limit_is_reached)
{
	add_rule(allow);
	for (unsigned int argument = 0; argument < 2; argument++)
		add(argument, 16, STILE_NOT_EQUAL, false, 0, 5); /* 16 masks each */
	ck_assert_int_eq(make_cover(), 0);
	ck_assert_uint_eq(cover.count, MASKED_COVER_MAX);
	add_rule(allow);
	add(2, 16, STILE_EQUAL, false, 0, 5);
	ck_assert_int_eq(make_cover(), -E2BIG);
}
END_TEST

/* The first rule that matches decides, whichever of the two is the wider one. */
START_TEST(order_of_rules_decides)
{
	for (unsigned int first = 0; first < 2; first++) {
		set_up();
		add_rule(allow);
		add(0, 32, STILE_EQUAL, false, 0, 5);
		if (first)
			add(1, 32, STILE_MASKED_EQUAL, false, 3, 1);
		add_rule(trap);
		add(1, 32, STILE_MASKED_EQUAL, false, 2, 0);
		if (!first)
			add(0, 32, STILE_MASKED_EQUAL, false, 4, 4);
		add_rule(allow);
		add(0, 32, STILE_MASKED_EQUAL, false, 1, 1);
		ck_assert_int_eq(make_cover(), 0);
		for (uint64_t a = 0; a < 9; a++)
			for (uint64_t b = 0; b < 9; b++)
				check_call((const uint64_t[6]){ a, b });
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("masked_cover");
	TCase *tests = tcase_create("masked_cover");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_loop_test(tests, small_ranges, 0, 6);
	tcase_add_test(tests, ends);
	tcase_add_test(tests, known_bits_and_ranges_together);
	tcase_add_test(tests, never_and_always);
	tcase_add_test(tests, overlaps_are_taken_from_the_narrow_rule);
	tcase_add_test(tests, random_rules);
	tcase_add_test(tests, too_many);
	tcase_add_test(tests, limit_is_reached);
	tcase_add_test(tests, order_of_rules_decides);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
