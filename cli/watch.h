/* SPDX-License-Identifier: MIT */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

/*
 * Look on while a program runs, to see for which call a filter kills it: the kernel tells its
 * parent no more than SIGSYS. The program's threads are traced, for their ends alone; nothing
 * stops at calls, and what it starts is not followed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/seccomp.h>

#define WATCH_CALLS_MAX 64

struct watch {
	pid_t pid;
	bool is_on;
	bool is_starting;   /* it was let go with SIGSTOP, which has not been seen yet */
	bool is_continuing; /* a SIGCONT of ours is on its way to it */
	/* Where its threads were when SIGSYS ended them: one of them for its call, the others with
	 * it. Without the instruction pointer. */
	struct seccomp_data calls[WATCH_CALLS_MAX];
	size_t call_count;
};

/*
 * Takes hold of a program that was started with STILE_SPAWN_STOPPED, and lets it go on. Where it
 * cannot be traced it goes on unwatched.
 */
void watch_start(struct watch *watch, pid_t pid);

/* A stop of a traced thread, as waitpid() tells it. Lets it go on; or returns the signal by which
 * the whole program stopped: watch_listen() then, when we have stopped as well. */
int watch_stop(struct watch *watch, pid_t tid, int status);
void watch_listen(pid_t tid);

#endif
