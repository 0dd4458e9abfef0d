/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_CALLS_H
#define CLI_TRACE_CALLS_H

/* The calls of a program and of what it starts, as they come. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "trace_choice.h"
#include "trace_options.h"
#include "trace_output.h"
#include "trace_summary.h"

struct trace {
	const struct trace_options *options;
	struct trace_output *output;
	struct trace_summary summary;
	pthread_mutex_t lock; /* for all: handlers may run in any thread */
	uint64_t begin;
	pthread_t main_thread; /* gets SIGCHLD when the first call of the program is seen */
	pid_t pid;	       /* of the program; 0 before that */
	int process_fd;	       /* a pidfd of it, or -1 */
	/* The program was executed: what comes before is our own preparation. */
	bool has_started, is_exec_chosen;
	int exec_errno;	  /* why it was not */
	bool has_threads; /* some call was made by another thread than the first */
	bool is_ending;	  /* nothing is written any more */
	bool has_failed;  /* out of memory */
	void *pending;	  /* calls that have begun, a tree by their threads (tsearch(3)) */
};

void trace_begin(struct trace *trace, const struct trace_options *options,
		 struct trace_output *output);

/* What stile_intercept() and trace_choice_apply() are to be given. */
struct trace_handlers trace_handlers(struct trace *trace);

/* A pidfd of the program, and its number; -1: it is not known yet, or there is none. */
int trace_process(struct trace *trace, pid_t *pid);

/* The program has ended: its calls that never returned, and how it ended. */
void trace_program_ended(struct trace *trace, int status);

/* The same for the calls of all that it had started, and the summary; nothing comes after that. */
void trace_end(struct trace *trace);

#endif
