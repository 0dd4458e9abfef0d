/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_SUPERVISOR_H
#define SUPERVISE_SUPERVISOR_H

/* What is inside struct stile_supervisor. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "handlers.h"
#include "spawn_hold.h"

/* A program that was started, or a listener that was added: where calls come from. */
struct source {
	struct source *next;
	struct handlers handlers;
	int listener;		     /* -1: none, or all of its targets are gone */
	unsigned int running;	     /* slow handlers, now, which no leader is in */
	bool is_paused;		     /* more than its share of handlers run: it waits */
	bool is_gone;		     /* no target is left; the last handler closes the listener */
	bool is_lost;		     /* somebody closed the listener */
	pid_t pid;		     /* 0: no program of ours */
	int pidfd;		     /* of it; -1: none, or it was gone at once */
	bool is_traced;		     /* it has intercepts */
	struct spawn_hold hold;	     /* until it is traced */
	bool is_claimed, was_waited; /* somebody waits for its end, or has */
};

/*
 * The threads. One, the leader, waits for calls and answers them itself: so nothing is handed from
 * thread to thread for a call. Another, the watcher, looks from time to time, while calls come,
 * whether the leader is in the same handler still; then it is the leader from there on, and the
 * other one answers its call and waits until it is needed. (supervisor_threads.c says why no call
 * is lost by that.)
 */
struct supervisor_threads {
	atomic_uint most; /* handlers at once */
	unsigned int count, idle;
	bool has_leader, has_watcher, is_ending;
	/* Even: the leader waits or receives; odd: it is in a handler. Grows by one at each step,
	 * which the leader takes, or from an odd number on the watcher, who is the leader then. Of
	 * 64 bits, so that it never comes round to a number that somebody remembers. */
	_Atomic uint64_t step;
	_Atomic(struct source *) busy_with; /* at an odd step */
	atomic_uint watcher_sleeps;
	pthread_t ended; /* the thread that ended last, whom the next one joins */
	bool has_ended;
};

struct stile_supervisor {
	pthread_mutex_t lock; /* for all but what is atomic */
	pthread_cond_t changed;
	int epoll, wake; /* an eventfd that ends the leader's waiting */
	int stops; /* an eventfd that tells of stops (supervisor_tell_stops()); -1: nobody asks */
	struct source *sources;
	pid_t owner; /* the process whose threads and programs these are */
	struct supervisor_threads threads;
	struct tracing *tracing; /* NULL: no program was to be traced so far */
	unsigned int handlers;	 /* of those that are counted: how many run */
	char message[512];
	uint64_t faults;
};

/* Starts the threads if there are none. 0 or a negative errno. */
int supervisor_threads_start(struct stile_supervisor *supervisor);

/* Ends them; handlers that run are waited for. None is left. */
void supervisor_threads_end(struct stile_supervisor *supervisor);

/* Another number of handlers at once. */
void supervisor_threads_limit(struct stile_supervisor *supervisor, unsigned int most);

struct stile_call;

/*
 * The next call of a listener that has one; only the leader asks. 0; or -ENOENT: its target is
 * gone, -EINTR; other errors: it is no listener any more.
 */
int supervisor_receive(const struct source *source, struct stile_call *call);

/* Has its handler asked about the call, and answers it. */
void supervisor_answer(struct stile_supervisor *supervisor, const struct source *source,
		       struct stile_call *call);

/* Around a handler that a thread other than the leader runs; of the leader only if there is to be
 * one at a time. The first waits until there may be one more. */
void supervisor_begin_handler(struct stile_supervisor *supervisor);
void supervisor_end_handler(struct stile_supervisor *supervisor);

/* This thread runs handlers of the supervisor from now on; NULL: of none. */
void supervisor_serve(const struct stile_supervisor *supervisor);

/* Keeps a fault's sentence. */
__attribute__((format(printf, 2, 3))) void supervisor_fault(struct stile_supervisor *supervisor,
							    const char *format, ...);

/* Takes a source that nothing comes from any more out and frees it. The lock is held. */
void supervisor_forget(struct stile_supervisor *supervisor, struct source *source);

/* A new source for a context, and its listener if it has one; NULL: the context has the error. */
struct source *source_new(struct stile *s);
void source_free(struct source *source);

/* Makes a source one of the supervisor's, and has its listener's calls answered. 0, or a negative
 * errno: then it is not. */
int supervisor_add(struct stile_supervisor *supervisor, struct source *source, int listener);

#endif
