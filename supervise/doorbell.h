/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_DOORBELL_H
#define SUPERVISE_DOORBELL_H

/*
 * Wakes a thread that waits for those that it traces, which nothing else does but an event of one
 * of them: a process of no use that the thread traces, too, and that stops when it is told to. It
 * shares all memory with this process, and no wait(2) but with __WALL or __WCLONE sees it.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct doorbell {
	pid_t pid; /* 0: there is none */
	pid_t parent;
	atomic_uint is_rung;
	void *stack;
};

/* By the thread that is to be woken, with its signals blocked. The doorbell stays where it is. 0 or
 * a negative errno. */
int doorbell_start(struct doorbell *doorbell);

/* From any thread. The waiting one hears of a stop of doorbell->pid, and resumes it. */
void doorbell_ring(struct doorbell *doorbell);
void doorbell_resume(struct doorbell *doorbell);

/* By the same thread; also after it has heard of its end. */
void doorbell_stop(struct doorbell *doorbell);
void doorbell_has_ended(struct doorbell *doorbell);

#endif
