/* SPDX-License-Identifier: MIT */
#ifndef TESTS_NOTIFY_SUPPORT_H
#define TESTS_NOTIFY_SUPPORT_H

/* For tests of notifications: children whose calls wait at a listener. */

#include <stdbool.h>
#include <stddef.h>
#include <stile/notify.h>
#include <sys/types.h>

struct target {
	pid_t pid;
	int listener;
};

/*
 * Forks a child that runs under a filter made by hand: these calls wait, all others are permitted.
 * The child ends with what run returns, and dies with its parent.
 */
void start_target(struct target *target, int (*run)(void), const int *calls, size_t count);

/* The same for getppid() alone, which then takes any arguments. */
void start_getppid_target(struct target *target, int (*run)(void));

/* The next call that waits. */
struct stile_notification next_call(const struct target *target);

/* Waits for the end of the child, closes the listener; fails the test unless run returned 0. */
void end_target(struct target *target);

/* Kills it, waits, and leaves the listener open. */
void kill_target(const struct target *target);

/* How many descriptors this process has. */
unsigned int count_descriptors(void);

/* Gives up root, for checks of what others may not do. */
void become_nobody(void);

/* In a target, in place of ck_assert: ends it with the line in its exit status (modulo 250). */
#define target_expects(condition) target_expects_that((condition), __LINE__, #condition)
void target_expects_that(bool is_true, int line, const char *condition);

#endif
