/* SPDX-License-Identifier: MIT */
/* The tracer's state, and what all that it does is made of. */
#ifndef CORE_SPAWN_TRACER_H
#define CORE_SPAWN_TRACER_H

#include <stdbool.h>
#include <stdint.h>

#include "inject.h"
#include "spawn.h"
#include "tracees.h"

enum spawn_stage { SPAWN_STAGE_SETUP, SPAWN_STAGE_EXEC };

/* Shared by the caller, the tracer, and the child until its exec. */
struct spawn_shared {
	/* The tracer's report. done says that it came to an end. */
	struct spawn_result result;
	int error;
	bool done;
	/* The child's: what failed, and why. 0: nothing. */
	enum spawn_stage child_stage;
	int child_errno;
};

struct tracer {
	pid_t child;
	int child_fd;	   /* a pidfd, or -1 */
	int listener_gate; /* a socket, or -1 */
	const struct spawn_request *request;
	struct spawn_shared *shared;
	struct tracees tracees;
	bool has_execed;
	bool image_is_new; /* exec is done, its way to user mode is not */
	int filters;	   /* that the program has by us and by inheritance */
	uint64_t entry;	   /* where the trap is; 0: nowhere */
	unsigned char entry_code[sizeof(inject_trap_code)];
	bool trap_blocked; /* SIGTRAP, as the image started */
	bool trap_ignored;
};

/* Handlers of stops answer 0 (go on), a negative error (kill everything), or: */
#define SPAWN_SANDBOXED 1

/* Set the message, unless there is one; returns the error. */
__attribute__((format(printf, 3, 4))) int spawn_fail(struct tracer *t, int error,
						     const char *format, ...);

/* Resume a task as its last stop demands. */
int spawn_resume(struct tracer *t, pid_t tid, int status);

/* Answer a call that the filter leaves to the tracer and that is not ours. */
int spawn_answer_call(pid_t tid);

#endif
