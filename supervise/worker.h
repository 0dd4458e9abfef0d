/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_WORKER_H
#define SUPERVISE_WORKER_H

/* What is inside struct stile_worker, and the two sides of its start. */

#include <stdatomic.h>
#include <stdbool.h>

#include <stile/worker.h>

#include "phases.h"

struct stile_worker {
	struct message message;
	struct stile_worker_settings settings; /* what it points to is ours */
	struct phases phases;		       /* made by the first start */

	struct stile_channel channel;
	int pidfd; /* -1: there is no process */
	pid_t pid;
	pid_t owner; /* who started it: alone may it kill and wait for it */
	unsigned int restarts;

	/* In the worker. */
	bool is_worker;
	size_t phase;
};

enum start_state { START_PENDING, START_FAILED, START_SANDBOXED };

/* Memory that both sides share during the start; and longer, if the worker's filter does not let it
 * put that away. Then a hostile worker can write anything there. */
struct start_report {
	_Atomic int state;
	int error;
	struct message message;
};

struct worker_start {
	struct start_report *report;
	struct stile_channel ends[2]; /* the supervisor's, the worker's */
	int supervisor;		      /* a pidfd */
	bool is_filtered;	      /* the supervisor, by a filter of its own */
};

/* Starts a process, without looking at the phases or at how often that was done. */
int worker_launch(struct stile_worker *worker);

/* The child's side: sets itself up, sandboxes itself, runs. */
_Noreturn void worker_child_run(struct stile_worker *worker, const struct worker_start *start);

/* Kills the process and takes its status, and closes its pidfd. */
void worker_end_process(struct stile_worker *worker);

#endif
