/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_TRACE_DEFERRED_H
#define SUPERVISE_TRACE_DEFERRED_H

/*
 * A program of several processes: so that a slow handler for one of them does not hold up the
 * others, other threads run its handlers. The tracer waits for them for a moment; from then on it
 * goes on with what happens meanwhile and is woken when there is an answer.
 */

#include <pthread.h>
#include <stdbool.h>

#include "doorbell.h"
#include "judgement.h"

struct traced_program;
struct traced_thread;

/* Of a program. Only done, is_waiting, running and the bell's ringing are for other threads. */
struct deferred {
	struct judgement *pending; /* in the order in which their calls came */
	struct doorbell bell;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct judgement *done; /* which have their answers */
	bool is_waiting;	/* the tracer, for what it traces */
	unsigned int running;	/* how many the judges have begun; under their lock */
};

void deferred_init(struct deferred *deferred);
void deferred_destroy(struct deferred *deferred);

/*
 * Leaves a call to another thread, if the program has several processes, and resumes the thread if
 * that has answered soon. False: the caller is to do it.
 */
bool trace_defer(struct traced_program *program, const struct traced_thread *thread,
		 const struct judgement *judgement);

/* Around waiting for events. */
void trace_before_wait(struct traced_program *program);
void trace_after_wait(struct traced_program *program);

/* The thread's stop is over: it was killed in it. */
void trace_forget_calls(struct traced_program *program, pid_t tid);

/* Whether an event is the bell's. */
bool trace_is_bell(struct traced_program *program, pid_t tid, int status);

/* Nothing is traced any more: waits for handlers that run still. */
void trace_end_deferred(struct traced_program *program);

#endif
