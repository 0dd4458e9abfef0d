/* SPDX-License-Identifier: MIT */
#include "judgement.h"

#include <string.h>

void judgement_start(struct judgement *judgement, enum judgement_kind kind, pid_t thread,
		     const struct seccomp_data *data, stile_handler handler, void *handler_data)
{
	struct stile_call *call = &judgement->call;

	memset(call, 0, sizeof(*call));
	call->listener = -1;
	call->notification.thread = thread;
	call->notification.data = *data;
	call->registers = &judgement->registers;
	call->is_exit = kind == JUDGES_EXIT;
	call->is_exec = kind == JUDGES_EXEC;
	call_describe(call);
	judgement->kind = kind;
	judgement->exit = NULL;
	judgement->handler = handler;
	judgement->data = handler_data;
	judgement->registers.abi = call->abi;
	judgement->registers.number = data->nr;
	judgement->registers.unread = thread;
	judgement->registers.is_changed = false;
	judgement->registers.is_number_changed = false;
}

void judgement_run(struct judgement *judgement, const struct tracing_settings *settings)
{
	struct stile_answer answer;
	const char *fault;

	settings->enter(settings->data);
	answer = judgement->handler(&judgement->call, judgement->data);
	settings->leave(settings->data);
	judgement->answer = call_check_answer(&judgement->call, answer, &fault);
	if (fault)
		settings->fault(settings->data, fault);
}
