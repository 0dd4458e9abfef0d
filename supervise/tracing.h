/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_TRACING_H
#define SUPERVISE_TRACING_H

/*
 * Programs that are traced: handlers are asked where their filters say so (SECCOMP_RET_TRACE), and
 * everything else goes on as if nobody traced. Each program, with all that it makes, has a
 * thread of this process that traces it and asks its handlers. So programs do not hold each other
 * up, and the caller's other children are no business of it.
 *
 * The other way round there is a limit that the kernel sets: a child that is traced by its parent
 * shows its stops to every thread of the parent. So nobody may call wait(2), or waitpid(2) with -1
 * or a process group, in a process that has traced programs (waiting for others by number, or by
 * waitid(2) with P_PIDFD, is safe). If it happens, the stopped thread stays stopped.
 */

#include <sys/types.h>

#include "handlers.h"
#include "spawn_hold.h"

struct tracing;

struct tracing_settings {
	/* Something was wrong; a sentence. From any thread. */
	void (*fault)(void *data, const char *sentence);
	/* Before and after each run of a handler, in its thread. The first may wait. */
	void (*enter)(void *data);
	void (*leave)(void *data);
	void *data;
	/* How many handlers are to run at once, at most; NULL: as many as can. */
	unsigned int (*most)(void *data);
	/* A program has stopped by job control; NULL: nobody is to be told. From any thread. */
	void (*stopped)(void *data);
};

/* NULL: out of memory. */
struct tracing *tracing_new(const struct tracing_settings *settings);

/* Kills all programs with all that they have made, waits until they are gone, and frees. */
void tracing_free(struct tracing *tracing);

/*
 * Traces a program, a child of this process that was left stopped by SIGSTOP at its entry
 * point (STILE_SPAWN_STOPPED), and held if there is a hold, and lets it go on. The handlers are
 * copied. 0, also if the program has been killed meanwhile; or an error, after which it is dead and
 * reaped: -EPERM: it may not be traced; -ENOMEM, -EAGAIN (no more threads).
 */
int tracing_attach(struct tracing *tracing, pid_t pid, const struct handlers *handlers,
		   const struct spawn_hold *hold);

/*
 * Waits until a program has ended (what it has made may still run), or, if stops are asked for, has
 * stopped by job control, of which one is told once; *status as waitpid(2) has it.
 * -ECHILD: there is none such, it was waited for, or somebody else has taken its status.
 */
int tracing_wait(struct tracing *tracing, pid_t pid, bool with_stops, int *status);

/* The signal of a stop by job control that lasts and that nobody was told of yet; 0: there is none.
 * Does not wait. */
int tracing_take_stop(struct tracing *tracing, pid_t pid);

/* There may be another number of handlers at once now. */
void tracing_limit_changed(struct tracing *tracing);

/* Waits until all programs and all that they have made have ended. */
void tracing_wait_all(struct tracing *tracing);

/* Kills a program, or all programs, with all that they have made. Does not wait. */
void tracing_kill(struct tracing *tracing, pid_t pid);
void tracing_kill_all(struct tracing *tracing);

/* Kills and reaps a program that is not traced. */
void tracing_end_unattached(pid_t pid);

#endif
