/* SPDX-License-Identifier: MIT */
/*
 * The tasks (threads and processes) that this process traces, and their next event.
 * For a process that has no other children: it waits for any child.
 */
#ifndef CORE_TRACEES_H
#define CORE_TRACEES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tracee {
	pid_t tid;
	bool stopped;
	int status; /* of its last stop, as waitpid() tells */
};

struct tracees {
	struct tracee *all;
	size_t count;
	size_t room;
	/* The end of this process is noted, whoever waits when it comes. */
	pid_t main;
	bool main_ended;
	int main_status;
};

/* 0 or -ENOMEM. A task that is already known is not added twice. */
int tracees_add(struct tracees *tracees, pid_t tid);
struct tracee *tracees_find(struct tracees *tracees, pid_t tid);

/*
 * Wait for the next event of any task. Tasks that have ended are dropped from the table,
 * new ones are added. 0, -ECHILD if there are no tasks left, or -ENOMEM.
 */
int tracees_next(struct tracees *tracees, pid_t *tid, int *status);

/*
 * Resume a stopped task by a ptrace request (PTRACE_CONT, _SYSCALL, _LISTEN, _DETACH).
 * 0 or a negative errno; -ESRCH: it is being killed, its end is the next event.
 */
int tracees_resume(struct tracees *tracees, pid_t tid, int request, int signal);

/* Kill every task with all that appear meanwhile, and wait until all are gone. */
void tracees_kill(struct tracees *tracees);

/* What a stop is: an event number or 0; in a stop by job control; the signal that waits
 * to be delivered or 0. */
int stop_event(int status);
bool stop_is_group_stop(int status);
int stop_signal(int status);

#endif
