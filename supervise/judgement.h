/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_JUDGEMENT_H
#define SUPERVISE_JUDGEMENT_H

/* A handler is asked about a stopped thread's call, apart from the stop itself. */

#include "call.h"
#include "registers.h"
#include "tracing.h"

struct judgement {
	struct stile_call call;
	struct registers registers;
	stile_handler handler;
	void *data;
	struct stile_answer answer; /* of the handler; checked */
};

/* A call of a thread that the calling thread traces. */
void judgement_start(struct judgement *judgement, pid_t thread, const struct seccomp_data *data,
		     stile_handler handler, void *handler_data);

/* Runs the handler, in whatever thread. */
void judgement_run(struct judgement *judgement, const struct tracing_settings *settings);

#endif
