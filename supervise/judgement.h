/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_JUDGEMENT_H
#define SUPERVISE_JUDGEMENT_H

/* A handler is asked about a stopped thread's call, apart from the stop itself. */

#include <sys/types.h>

#include "call.h"
#include "handler.h"
#include "registers.h"
#include "tracing.h"

struct deferred;

enum judgement_kind { JUDGES_ENTRY, JUDGES_EXIT, JUDGES_EXEC };

struct judgement {
	enum judgement_kind kind;
	struct stile_call call;
	struct registers registers;
	stile_handler handler;
	void *data;
	const struct handler *exit; /* of an entry: who is asked when the call is over */
	struct stile_answer answer; /* of the handler; checked */

	/* Of one that another thread runs (trace_deferred.h). */
	struct deferred *deferred;
	pid_t process;
	bool is_asked; /* a thread has it, or had */
	bool is_void;  /* nobody waits for the answer */
	struct judgement *next_pending;
	void (*done)(struct judgement *judgement);
	struct judgement *next; /* in whatever list it waits */
};

/* A call of a thread that the calling thread traces. */
void judgement_start(struct judgement *judgement, enum judgement_kind kind, pid_t thread,
		     const struct seccomp_data *data, stile_handler handler, void *handler_data);

/* Runs the handler, in whatever thread. */
void judgement_run(struct judgement *judgement, const struct tracing_settings *settings);

#endif
