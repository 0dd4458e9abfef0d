/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

/* A check that runs in a process of its own, since what is applied cannot be taken back. */

#include <stdbool.h>

/*
 * In the child, in place of ck_assert: what fails is left in memory that the parent shares, since
 * the filter under test may refuse every call; the child ends then.
 */
#define EXPECTATION_FAILED 99 /* exit status */
#define expect(condition) expect_that((condition), __FILE__, __LINE__, #condition)

void expect_that(bool is_true, const char *file, int line, const char *condition);

/* Runs it in a child. Its exit status, or its signal | 1 << 16. The child ends by itself, or is
 * killed after a minute. */
int child_status(void (*run)(void));

/* The same; fails the test with what the child said unless it ended well. */
void check_child(void (*run)(void));

/* A number from a file like /proc/self/status; -1 if it is not there. */
long status_number(const char *path, const char *field);

#endif
