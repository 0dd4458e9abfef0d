/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TEST_SUPPORT_H
#define TESTS_TEST_SUPPORT_H

/* What many tests need. */

#include <check.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdlib.h>

#include <stile.h>

#include "sanitizer.h"

/* A call on the context s fails with this error and this sentence, and both stick. */
#define ck_assert_fails(call, error, sentence)                \
	do {                                                  \
		ck_assert_int_eq((call), (error));            \
		ck_assert_str_eq(stile_message(s), sentence); \
		ck_assert_int_eq(stile_error(s), (error));    \
	} while (0)

/*
 * What the filter of a context says to a native call, by our interpreter: a SECCOMP_RET_*
 * value with its data. Fails the test if the context cannot be compiled.
 */
uint32_t answer(struct stile *s, const char *syscall, uint64_t a, uint64_t b, uint64_t c,
		uint64_t d, uint64_t e, uint64_t f);

/* The same for any data, with an already compiled filter. */
uint32_t simulate(const struct sock_filter *instructions, size_t count,
		  const struct seccomp_data *data);

/* Whether a raw system call would be permitted: true for ALLOW and LOG. */
static inline int is_permitted(uint32_t value)
{
	return (value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW ||
	       (value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG;
}

#define TEST_MAIN(make_suite)                                   \
	int main(void)                                          \
	{                                                       \
		SRunner *runner = srunner_create(make_suite()); \
		int failed;                                     \
		srunner_run_all(runner, CK_ENV);                \
		failed = srunner_ntests_failed(runner);         \
		srunner_free(runner);                           \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;    \
	}

#endif
