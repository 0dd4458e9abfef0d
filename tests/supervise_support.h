/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPERVISE_SUPPORT_H
#define TESTS_SUPERVISE_SUPPORT_H

/* For tests of supervisors: programs (tests/programs/supervised.c) whose getppid() is handled. */

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include <stile/supervise.h>

/* What answer_as_said() answers, and how often it was asked. */
struct said {
	struct stile_answer answer;
	atomic_uint calls;
};
struct stile_answer answer_as_said(struct stile_call *call, void *data);

struct stile_supervisor *new_supervisor(void);

/* A context that allows all but has getppid() handled. */
struct stile *handling(stile_handler handler, void *data);

/* Starts the program under such a context; fails the test with the sentence. */
pid_t start_supervised(struct stile_supervisor *supervisor, stile_handler handler, void *data,
		       const char *verb, long number, long value);

/* How it ended, by stile_supervisor_wait(). */
int status_of(struct stile_supervisor *supervisor, pid_t pid);

/* Both, for a program that must end well. */
void run_supervised(struct stile_supervisor *supervisor, stile_handler handler, void *data,
		    const char *verb, long number, long value);

/* There was this number of faults; the last sentence has this in it. */
void expect_faults(struct stile_supervisor *supervisor, uint64_t count, const char *part);

/* What this process has; memory in bytes, 0 where malloc() does not tell. */
struct belongings {
	unsigned int descriptors, threads;
	size_t memory;
};
struct belongings belongings(void);

#endif
