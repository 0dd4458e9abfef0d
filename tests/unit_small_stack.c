/* SPDX-License-Identifier: MIT */
/* Threads have small stacks: whatever the rules are, a context is compiled and proved on 64 KiB. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "test_support.h"

#define STACK_SIZE 65536

static struct stile_ruleset *rules;

/* Each is one rule with many conditions, or many rules with few. */
static void many_not_equal(void)
{
	struct stile_condition conditions[32];

	for (unsigned int i = 0; i < 32; i++)
		conditions[i] = (struct stile_condition){ "count", STILE_NOT_EQUAL, 0, 3 * i };
	ck_assert_int_eq(stile_ruleset_allow_if(rules, "read", conditions, 32), 0);
}

static void many_masks(void)
{
	for (unsigned int i = 0; i < 12; i++)
		ck_assert_int_eq(STILE_ALLOW_IF(rules, "openat",
						{ "flags", STILE_MASKED_EQUAL,
						  UINT64_C(1) << (i + 6), 0 }),
				 0);
}

static void many_values(void)
{
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_int_eq(STILE_ALLOW_IF(rules, "ioctl",
						STILE_ARGUMENT_IS("request", 7 * i)),
				 0);
}

static void many_neighbours(void)
{
	for (uint64_t i = 0; i < 3000; i++)
		ck_assert_int_eq(STILE_ALLOW_IF(rules, "read", STILE_ARGUMENT_IS("count", i)), 0);
}

static void many_arguments(void)
{
	for (uint64_t i = 0; i < 60; i++)
		ck_assert_int_eq(STILE_ALLOW_IF(rules, "pwrite64", STILE_ARGUMENT_IS("fd", i),
						{ "count", STILE_LESS, 0, 4096 + i },
						{ "offset", STILE_GREATER, 0, 5000 - i }),
				 0);
}

static void (*const makers[])(void) = { many_not_equal, many_masks, many_values, many_neighbours,
					many_arguments };

static void *compile(void *backend)
{
	struct stile *s = stile_new();
	int error = stile_set_backend(s, *(enum stile_backend *)backend);

	if (!error)
		error = stile_enable(s, rules);
	if (!error)
		error = stile_check(s);
	/* libseccomp's limits are narrow */
	if (error && !(error == -E2BIG && *(enum stile_backend *)backend))
		printf("%s\n", stile_message(s));
	else
		error = 0;
	stile_free(s);
	return error ? backend : NULL;
}

START_TEST(compiled_on_a_small_stack)
{
	enum stile_backend backend = _i % 2 ? STILE_BACKEND_LIBSECCOMP : STILE_BACKEND_OWN;
	pthread_attr_t attributes;
	pthread_t thread;
	void *failed;

#ifdef HAS_ADDRESS_SANITIZER
	printf("skip: the address sanitizer needs more stack\n");
	return;
#endif
	rules = stile_ruleset_new("many");
	makers[_i / 2]();
	ck_assert_int_eq(pthread_attr_init(&attributes), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, STACK_SIZE), 0);
	ck_assert_int_eq(pthread_create(&thread, &attributes, compile, &backend), 0);
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_ptr_null(failed);
	stile_ruleset_free(rules);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("small_stack");
	TCase *tests = tcase_create("small_stack");

	tcase_add_loop_test(tests, compiled_on_a_small_stack, 0,
			    2 * sizeof(makers) / sizeof(*makers));
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
