/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "random.h"
#include "sort.h"
#include "test_support.h"

#define MOST 300

struct element {
	uint32_t key;
	char rest[9]; /* of no even size */
};

static int compare(const void *a, const void *b)
{
	const struct element *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static int compare_all(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct element));
}

/* Against qsort(3), which orders whole elements: the same ones must be there. */
START_TEST(as_qsort)
{
	struct random r = { random_seed("as_qsort") };
	static struct element sorted[MOST], expected[MOST];

	for (unsigned int round = 0; round < 2000; round++) {
		const uint32_t count = random_below(&r, round % 2 ? 9 : MOST);

		memset(sorted, 0, sizeof(sorted));
		for (uint32_t i = 0; i < count; i++) {
			sorted[i].key = random_below(&r, 1 + random_below(&r, 400));
			memset(sorted[i].rest, (int)random_below(&r, 3), sizeof(sorted[i].rest));
		}
		memcpy(expected, sorted, sizeof(expected));
		sort(sorted, count, sizeof(*sorted), compare);
		for (uint32_t i = 1; i < count; i++)
			ck_assert_uint_le(sorted[i - 1].key, sorted[i].key);
		qsort(sorted, count, sizeof(*sorted), compare_all);
		qsort(expected, count, sizeof(*expected), compare_all);
		ck_assert_mem_eq(sorted, expected, sizeof(sorted));
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sort");
	TCase *tests = tcase_create("sort");

	tcase_add_test(tests, as_qsort);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
