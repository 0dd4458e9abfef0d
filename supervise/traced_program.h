/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_TRACED_PROGRAM_H
#define SUPERVISE_TRACED_PROGRAM_H

/*
 * A program, with all threads and processes that it makes, and the thread that traces them. Only
 * what stands below the lock is looked at by other threads.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "handlers.h"
#include "judges.h"
#include "trace_deferred.h"
#include "traced_threads.h"
#include "tracing.h"

struct traced_program {
	struct tracing *tracing;
	const struct tracing_settings *settings;
	struct handlers handlers; /* a copy; without a policy */
	pid_t pid;
	struct traced_threads threads;
	struct deferred deferred;
	/* The SIGSTOP with which it was let go is still to come, or the SIGCONT that undid it: it
	 * is to see neither. */
	bool is_starting, is_continuing;
	struct spawn_hold hold; /* until the first of the two was seen */
	atomic_bool is_killed;	/* with all that it makes from now on */

	/* Below tracing->lock. */
	struct traced_program *next;
	pthread_t thread;
	bool is_attached; /* or never will be: attach_error */
	int attach_error;
	/* A process of it, whose end wakes the thread. wake_fd is a pidfd of it, or -1: there are
	 * no more descriptors. wake_pid 0: there is none at the moment. */
	pid_t wake_pid;
	int wake_fd;
	int stop_signal; /* by which it has stopped, and nobody was told; else 0 */
	bool has_ended, was_waited;
	bool has_status; /* else somebody else took it */
	int status;
	bool is_over; /* all that it has made, too */
};

struct tracing {
	struct tracing_settings settings;
	struct judges judges;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct traced_program *programs;
};

/* What the thread runs; the argument is the program. (supervise/trace_program.c) */
void *trace_program(void *program);

/*
 * The calling thread becomes the tracer of the program's threads. 0, -ESRCH: it has ended (then its
 * status is taken and noted), or a negative errno: it is to be killed. (supervise/trace_attach.c)
 */
int trace_attach(struct traced_program *program);

/* waitpid(2) for a child that no thread traces: whether it has ended. */
bool trace_reap(pid_t pid, int *status, int options);

/* One thread's stop, as waitpid(2) tells it. (supervise/trace_stop.c) */
void trace_stop(struct traced_program *program, struct traced_thread *thread, int status);

/* A call for which the filter wants a tracing, and its end. (supervise/trace_call.c) */
void trace_call_entry(struct traced_program *program, struct traced_thread *thread);
void trace_call_exit(struct traced_program *program, struct traced_thread *thread);
void trace_exec(struct traced_program *program, struct traced_thread *thread);

/* What a handler has answered is done to the stopped thread, which goes on. */
void trace_apply(struct traced_program *program, struct traced_thread *thread,
		 const struct judgement *judgement);

/* The thread goes on, to the end of its call if that is waited for. One that is being killed is no
 * error: its end is the next that is heard of it. */
void trace_resume(const struct traced_thread *thread, int signal);

/* The program has stopped by a signal of job control, or goes on (0). */
void trace_note_stop(struct traced_program *program, int number);

/* Kills its process. */
void trace_kill(pid_t tid);

/* Kills the whole program: nothing of it may go on unseen. */
void trace_kill_program(struct traced_program *program, const char *fault);

#endif
