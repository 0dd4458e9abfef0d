/* SPDX-License-Identifier: MIT */
/* Sets of values against brute force: all of them where that is possible, else at random. */
#include <string.h>

#include "random.h"
#include "test_support.h"
#include "value_set.h"

/* ck_assert() tells its place to the runner each time, which is too slow for millions. */
#define must(condition)                                 \
	do {                                            \
		if (!(condition))                       \
			ck_abort_msg("%s", #condition); \
	} while (0)

static struct stile_table_condition make(unsigned int bits, enum stile_comparison comparison,
					 bool is_signed, uint64_t mask, uint64_t value)
{
	return (struct stile_table_condition){ .bits = (uint8_t)bits,
					       .comparison = (uint8_t)comparison,
					       .is_signed = is_signed,
					       .parameter = -1,
					       .mask = mask,
					       .value = value };
}

/* Every condition on an argument of 4 bits. The code has no width built in: small ones stand for
 * the real ones. */
#define SMALL_BITS 4
#define SMALL_VALUES 16

static size_t small_conditions(struct stile_table_condition conditions[600])
{
	size_t n = 0;

	for (unsigned int comparison = STILE_EQUAL; comparison <= STILE_GREATER_OR_EQUAL;
	     comparison++)
		for (unsigned int is_signed = 0; is_signed < 2; is_signed++)
			for (unsigned int value = 0; value < SMALL_VALUES; value++)
				conditions[n++] = make(SMALL_BITS, comparison, is_signed, 0, value);
	for (unsigned int mask = 0; mask < SMALL_VALUES; mask++)
		for (unsigned int value = 0; value < SMALL_VALUES; value++)
			conditions[n++] = make(SMALL_BITS, STILE_MASKED_EQUAL, false, mask, value);
	return n;
}

/* The meaning of the words, said once more and differently: by C's own types. */
static bool means(const struct stile_table_condition *c, uint64_t word)
{
	const unsigned int shift = 64 - c->bits;
	const uint64_t a = word << shift >> shift, b = c->value;
	const int64_t sa = (int64_t)(word << shift) >> shift, sb = (int64_t)(b << shift) >> shift;

	switch (c->comparison) {
	case STILE_EQUAL:
		return a == b;
	case STILE_NOT_EQUAL:
		return a != b;
	case STILE_LESS:
		return c->is_signed ? sa < sb : a < b;
	case STILE_LESS_OR_EQUAL:
		return c->is_signed ? sa <= sb : a <= b;
	case STILE_GREATER:
		return c->is_signed ? sa > sb : a > b;
	case STILE_GREATER_OR_EQUAL:
		return c->is_signed ? sa >= sb : a >= b;
	default:
		return (a & c->mask) == b;
	}
}

/* Compares a set with the members that it should have, bit by bit of wanted. */
static void check_small(const struct value_set *set, uint32_t wanted,
			const struct stile_table_condition *all, size_t count)
{
	uint64_t value;

	must(value_set_is_empty(set) == !wanted);
	for (uint64_t preferred = 0; preferred < SMALL_VALUES; preferred++) {
		must(value_set_pick(set, &preferred, 1, &value) == (wanted != 0));
		if (wanted)
			must(value == (wanted >> preferred & 1 ? preferred :
								 (uint64_t)__builtin_ctz(wanted)));
	}
	for (size_t i = 0; i < count; i++) {
		bool within = true;

		for (unsigned int v = 0; v < SMALL_VALUES; v++)
			within = within && (!(wanted >> v & 1) || means(&all[i], v));
		must(value_set_within(set, &all[i]) == within);
	}
}

static uint32_t members(const struct stile_table_condition *c)
{
	uint32_t found = 0;

	for (unsigned int v = 0; v < SMALL_VALUES; v++)
		found |= (uint32_t)means(c, v) << v;
	return found;
}

START_TEST(holds)
{
	struct stile_table_condition all[600];
	const size_t count = small_conditions(all);

	for (size_t i = 0; i < count; i++)
		for (uint64_t v = 0; v < SMALL_VALUES; v++) {
			must(condition_holds(&all[i], v) == means(&all[i], v));
			must(condition_holds(&all[i], v | 0xfff0) == means(&all[i], v));
		}
}
END_TEST

START_TEST(holds_at_real_widths)
{
	static const unsigned int widths[] = { 16, 32, 64 };
	struct random r = { random_seed("holds_at_real_widths") };

	for (int i = 0; i < 200000; i++) {
		const unsigned int bits = widths[random_below(&r, 3)];
		const uint64_t all = UINT64_MAX >> (64 - bits);
		const uint64_t value = random_word(&r) >> random_below(&r, 64) & all;
		struct stile_table_condition c = make(bits, random_below(&r, 7),
						      random_below(&r, 2), 0, value);
		/* Near the value, and anything above the argument's bits. */
		uint64_t word = value + random_below(&r, 5) - 2;

		if (c.comparison == STILE_MASKED_EQUAL)
			c.mask = (value | random_word(&r)) & all;
		if (random_below(&r, 2))
			word = random_word(&r);
		word = (word & all) | (random_below(&r, 2) ? random_word(&r) & ~all : 0);
		ck_assert_msg(condition_holds(&c, word) == means(&c, word),
			      "%u bits, comparison %u, signed %u, mask %#llx, value %#llx: %#llx",
			      bits, c.comparison, c.is_signed, (unsigned long long)c.mask,
			      (unsigned long long)c.value, (unsigned long long)word);
	}
}
END_TEST

/* All pairs of conditions: the first is kept, the second kept, then dropped. */
START_TEST(pairs)
{
	struct stile_table_condition all[600];
	const size_t count = small_conditions(all);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			struct value_set set, other;
			const uint32_t first = members(&all[i]), second = members(&all[j]);
			const bool single_bit = !(all[j].mask & (all[j].mask - 1)) ||
						(all[j].value & ~all[j].mask);
			/* within is tried against everything only now and then */
			const size_t tried = (i * 7 + j) % 61 == 0 ? count : 0;

			value_set_all(&set, SMALL_BITS);
			must(value_set_keep(&set, &all[i]));
			other = set;
			must(value_set_keep(&set, &all[j]));
			check_small(&set, first & second, all, tried);
			if (all[j].comparison == STILE_MASKED_EQUAL && !single_bit) {
				must(!value_set_drop(&other, &all[j]));
				continue;
			}
			must(value_set_drop(&other, &all[j]));
			check_small(&other, first & ~second, all, tried);
		}
	}
}
END_TEST

START_TEST(drop_bit)
{
	for (unsigned int bit = 0; bit < SMALL_BITS; bit++) {
		for (unsigned int value = 0; value < SMALL_VALUES; value++) {
			struct value_set set;
			uint32_t wanted = 0;

			for (unsigned int v = 0; v < SMALL_VALUES; v++)
				wanted |= (uint32_t)((v ^ value) >> bit & 1) << v;
			value_set_all(&set, SMALL_BITS);
			value_set_drop_bit(&set, 1u << bit, value);
			check_small(&set, wanted, NULL, 0);
			value_set_drop_bit(&set, 1u << bit, ~(uint64_t)value);
			check_small(&set, 0, NULL, 0);
		}
	}
}
END_TEST

/* Long conjunctions on all values of 16 bits. */
START_TEST(random_conjunctions)
{
	enum { BITS = 16, VALUES = 1 << BITS };
	const uint64_t seed = random_seed("random_conjunctions");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 100);
	static bool member[VALUES];

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };
		struct value_set set;
		unsigned int count = 1 + random_below(&r, 12);
		uint64_t value, first = VALUES;

		memset(member, 1, sizeof(member));
		value_set_all(&set, BITS);
		while (count--) {
			const uint64_t number = random_word(&r) & 0xffff;
			struct stile_table_condition c = make(BITS, random_below(&r, 7),
							      random_below(&r, 2), 0, number);
			bool keep = random_below(&r, 4);

			if (c.comparison == STILE_EQUAL)
				c.comparison = STILE_NOT_EQUAL;
			if (c.comparison == STILE_MASKED_EQUAL) {
				c.mask = random_word(&r) & random_word(&r) & 0xffff;
				c.value &= c.mask;
				keep = true;
			}
			must(keep ? value_set_keep(&set, &c) : value_set_drop(&set, &c));
			for (unsigned int v = 0; v < VALUES; v++)
				member[v] = member[v] && means(&c, v) == keep;
		}
		for (uint64_t v = VALUES; v-- > 0;) {
			if (member[v])
				first = v;
			/* pick finds v, if it is wanted and is there */
			must((value_set_pick(&set, &v, 1, &value) && value == v) == member[v]);
		}
		ck_assert_msg(value_set_is_empty(&set) == (first == VALUES), "STILE_SEED=%llu",
			      (unsigned long long)(seed + round));
		if (first < VALUES) {
			must(value_set_pick(&set, NULL, 0, &value));
			must(value == first);
		}
	}
}
END_TEST

/* Values of 8 bits at the top of 32 and 64 bits, so that the sign and all high bits take part. */
START_TEST(high_bits)
{
	const uint64_t seed = random_seed("high_bits");

	for (uint64_t round = 0; round < 20000; round++) {
		struct random r = { seed + round };
		const unsigned int bits = random_below(&r, 2) ? 32 : 64, shift = bits - 8;
		const uint64_t ones = (UINT64_C(1) << shift) - 1;
		unsigned int count = 1 + random_below(&r, 6), first = 256;
		struct value_set small, wide;
		uint64_t a, b;

		value_set_all(&small, 8);
		value_set_all(&wide, bits);
		while (count--) {
			struct stile_table_condition c =
				make(8, random_below(&r, 7), random_below(&r, 2),
				     random_below(&r, 256), random_below(&r, 256));
			struct stile_table_condition w = c;

			c.value &= c.comparison == STILE_MASKED_EQUAL ? c.mask : 255;
			w.bits = (uint8_t)bits;
			w.value = c.value << shift;
			w.mask = c.mask << shift;
			if (c.comparison <= STILE_NOT_EQUAL) {
				c.comparison = w.comparison = STILE_MASKED_EQUAL;
				c.mask = 255;
				w.mask = UINT64_C(255) << shift;
			} else if (c.comparison == STILE_LESS_OR_EQUAL ||
				   c.comparison == STILE_GREATER) {
				w.value |= ones;
			}
			must(value_set_keep(&small, &c));
			must(value_set_keep(&wide, &w));
		}
		if (value_set_pick(&small, NULL, 0, &a))
			first = (unsigned int)a;
		must(value_set_pick(&wide, NULL, 0, &b) == (first < 256));
		if (first < 256)
			must(b == a << shift);
	}
}
END_TEST

/* As many as two rules can have are held; more are refused, not forgotten. */
START_TEST(interval_limit)
{
	struct value_set set;
	struct stile_table_condition c = make(64, STILE_NOT_EQUAL, false, 0, 0);

	value_set_all(&set, 64);
	for (unsigned int i = 1; i < VALUE_SET_INTERVALS; i++) {
		c.value = 10 * i;
		must(value_set_keep(&set, &c));
	}
	c.value = 10 * VALUE_SET_INTERVALS;
	must(!value_set_keep(&set, &c));
	c.comparison = STILE_EQUAL;
	must(!value_set_within(&set, &c)); /* needs no more intervals */
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("value_set");
	TCase *tests = tcase_create("value_set");

	tcase_add_test(tests, holds);
	tcase_add_test(tests, holds_at_real_widths);
	tcase_add_test(tests, pairs);
	tcase_add_test(tests, drop_bit);
	tcase_add_test(tests, random_conjunctions);
	tcase_add_test(tests, high_bits);
	tcase_add_test(tests, interval_limit);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
