/* SPDX-License-Identifier: MIT */
/* Sets of numbers as ranges: exact while the ranges suffice, from above when they do not. */
#include <string.h>

#include "number_set.h"
#include "random.h"
#include "test_support.h"

/* The numbers that are looked at: small ones, and as many at the other end. */
#define LOOKED_AT 128

static uint32_t number(unsigned int index)
{
	return index < LOOKED_AT / 2 ? index : UINT32_MAX - (LOOKED_AT - 1 - index);
}

struct both {
	struct number_set set;
	bool members[LOOKED_AT];
};

static bool has(const struct number_set *set, uint32_t value)
{
	for (unsigned int i = 0; i < set->count; i++)
		if (value >= set->ranges[i].low && value <= set->ranges[i].high)
			return true;
	return false;
}

static void check(const struct both *both, uint64_t seed)
{
	const struct number_set *set = &both->set;
	uint64_t size = 0;

	ck_assert_uint_le(set->count, NUMBER_SET_RANGES);
	for (unsigned int i = 0; i < set->count; i++) {
		ck_assert_uint_le(set->ranges[i].low, set->ranges[i].high);
		if (i)
			ck_assert_msg(set->ranges[i].low > set->ranges[i - 1].high &&
					      set->ranges[i].low - set->ranges[i - 1].high > 1,
				      "STILE_SEED=%llu: ranges %u", (unsigned long long)seed, i);
		size += (uint64_t)set->ranges[i].high - set->ranges[i].low + 1;
	}
	ck_assert_uint_eq(number_set_size(set), size);
	for (unsigned int i = 0; i < LOOKED_AT; i++) {
		if (both->members[i] || !set->is_widened)
			ck_assert_msg(has(set, number(i)) == both->members[i],
				      "STILE_SEED=%llu: %u", (unsigned long long)seed, number(i));
	}
}

static void add(struct both *both, struct random *r)
{
	unsigned int low = random_below(r, LOOKED_AT), length = random_below(r, 6);

	/* rarely over the gap between both ends, which are far from each other */
	if (low + length >= LOOKED_AT || (low < LOOKED_AT / 2) != (low + length < LOOKED_AT / 2))
		length = 0;
	number_set_add(&both->set, number(low), number(low + length));
	for (unsigned int i = low; i <= low + length; i++)
		both->members[i] = true;
}

static void draw(struct both *both, struct random *r, uint64_t seed)
{
	memset(both, 0, sizeof(*both));
	for (uint32_t count = random_below(r, 18); count > 0; count--) {
		add(both, r);
		check(both, seed);
	}
}

START_TEST(test_random_sets)
{
	const uint64_t first = random_seed("unit_number_set");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 500);
	uint64_t widened = 0;

	for (uint64_t seed = first; seed < first + rounds; seed++) {
		struct random r = { seed };
		struct both a, b, c;

		draw(&a, &r, seed);
		draw(&b, &r, seed);
		widened += a.set.is_widened;
		c = a;
		number_set_unite(&c.set, &b.set);
		for (unsigned int i = 0; i < LOOKED_AT; i++)
			c.members[i] |= b.members[i];
		check(&c, seed);
		c = a;
		number_set_intersect(&c.set, &b.set);
		for (unsigned int i = 0; i < LOOKED_AT; i++)
			c.members[i] &= b.members[i];
		check(&c, seed);
		/* a complement is used of exact sets only: from above it would be from below */
		if (a.set.is_widened || a.set.count >= NUMBER_SET_RANGES)
			continue;
		number_set_complement(&a.set);
		for (unsigned int i = 0; i < LOOKED_AT; i++)
			a.members[i] = !a.members[i];
		check(&a, seed);
	}
	ck_assert_uint_gt(widened, 0);
	ck_assert_uint_lt(widened, rounds);
}
END_TEST

START_TEST(test_ends)
{
	struct number_set set = { 0 };

	number_set_complement(&set);
	ck_assert_uint_eq(number_set_size(&set), UINT64_C(1) << 32);
	number_set_complement(&set);
	ck_assert_uint_eq(set.count, 0);
	number_set_add(&set, UINT32_MAX, UINT32_MAX);
	number_set_add(&set, 0, 0);
	number_set_add(&set, UINT32_MAX - 1, UINT32_MAX - 1);
	ck_assert_uint_eq(set.count, 2);
	number_set_add(&set, 0, UINT32_MAX);
	ck_assert_uint_eq(set.count, 1);
	ck_assert(!set.is_widened);
}
END_TEST

/* The smallest gap is what is given up. */
START_TEST(test_widening)
{
	struct number_set set = { 0 };

	for (uint32_t i = 0; i < NUMBER_SET_RANGES; i++)
		number_set_add(&set, 1000 * i, 1000 * i);
	ck_assert(!set.is_widened);
	number_set_add(&set, 5003, 5003);
	ck_assert(set.is_widened);
	number_set_add(&set, 5006, 5006);
	ck_assert(has(&set, 5001));
	ck_assert(!has(&set, 8500));
	for (uint32_t i = 0; i < NUMBER_SET_RANGES; i++)
		ck_assert(has(&set, 1000 * i));
	ck_assert_uint_le(set.count, NUMBER_SET_RANGES);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("number_set");
	TCase *tcase = tcase_create("number_set");

	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, test_random_sets);
	tcase_add_test(tcase, test_ends);
	tcase_add_test(tcase, test_widening);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
