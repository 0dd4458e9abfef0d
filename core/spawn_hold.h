/* SPDX-License-Identifier: MIT */
#ifndef CORE_SPAWN_HOLD_H
#define CORE_SPAWN_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A program is handed from the tracer that started it to another. Between the two nobody traces it,
 * and SIGSTOP alone does not hold it: anybody can send SIGCONT, a timer of a constructor too. So a
 * trap stands at its entry point, and all of its signals are blocked. If it goes on it runs into
 * the trap, which cannot be caught while SIGTRAP is blocked (signal(7)), and is dead.
 */
#define SPAWN_HOLD_CODE 8 /* bytes that a trap takes, at most */

struct spawn_hold {
	uint64_t entry; /* 0: nothing is held */
	uint64_t mask;	/* of signals */
	unsigned char code[SPAWN_HOLD_CODE];
};

/* The program's only thread is stopped by ptrace at its entry point. 0 or a negative errno. */
int spawn_hold(pid_t pid, struct spawn_hold *hold);

/* By the new tracer, in whose stop the thread is: as it was. 0 or a negative errno; -EIO: it has
 * moved: it is to be killed. */
int spawn_release(pid_t pid, const struct spawn_hold *hold);

#endif
