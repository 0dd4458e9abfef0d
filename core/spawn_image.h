/* SPDX-License-Identifier: MIT */
/* What the tracer's files share: its state, and what it does at the program's two stops. */
#ifndef CORE_SPAWN_IMAGE_H
#define CORE_SPAWN_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "inject.h"
#include "spawn_trace.h"
#include "tracees.h"

struct tracer {
	pid_t child;
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

/* The first stop after an exec, before the first instruction of the new image. */
int spawn_on_new_image(struct tracer *t);

/* Is this the stop at the trap that spawn_on_new_image() laid at the entry point? */
bool spawn_is_trap(struct tracer *t, pid_t tid, int status);
int spawn_on_entry(struct tracer *t, pid_t tid);

#endif
