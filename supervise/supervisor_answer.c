/* SPDX-License-Identifier: MIT */
/* One notification, one handler, one answer. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call.h"
#include "supervisor.h"

/* The process that makes the call, not another that has its number by now. False: it lives, and its
 * call can only be refused. */
static bool kill_target(const struct stile_call *call)
{
	const pid_t process = stile_call_process(call);
	const int target = process > 0 ? (int)syscall(SYS_pidfd_open, process, 0) : -1;
	bool is_gone = stile_check_notification(call->listener, call->notification.id) != 0;

	if (target < 0)
		return is_gone;
	if (!is_gone)
		is_gone = syscall(SYS_pidfd_send_signal, target, SIGKILL, NULL, 0) == 0;
	(void)close(target);
	return is_gone;
}

/* An answer that cannot be given, since the target is gone, is none that is missing. */
static void respond(struct stile_supervisor *supervisor, const struct stile_call *call,
		    struct stile_answer answer)
{
	const uint64_t id = call->notification.id;
	int error = 0;

	switch (answer.kind) {
	case STILE_ANSWER_ALLOW:
		error = stile_respond_continue(call->listener, id);
		break;
	case STILE_ANSWER_RETURN:
		error = stile_respond_value(call->listener, id, answer.value);
		break;
	case STILE_ANSWER_FAIL:
		error = stile_respond_errno(call->listener, id, (int)answer.value);
		break;
	case STILE_ANSWER_KILL:
		if (!kill_target(call))
			supervisor_fault(supervisor,
					 "%s: the process could not be killed: the call fails with "
					 "EPERM",
					 call->name);
		error = stile_respond_errno(call->listener, id, EPERM);
		break;
	case STILE_ANSWER_DONE:
		break;
	}
	if (error && error != -ENOENT)
		supervisor_fault(supervisor, "%s: the answer could not be given: %s", call->name,
				 strerrordesc_np(-error));
}

void supervisor_begin_handler(struct stile_supervisor *supervisor)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	while (supervisor->handlers >= supervisor->threads.most)
		(void)pthread_cond_wait(&supervisor->changed, &supervisor->lock);
	supervisor->handlers++;
	(void)pthread_mutex_unlock(&supervisor->lock);
}

void supervisor_end_handler(struct stile_supervisor *supervisor)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	if (supervisor->handlers-- >= supervisor->threads.most)
		(void)pthread_cond_broadcast(&supervisor->changed);
	(void)pthread_mutex_unlock(&supervisor->lock);
}

/* Intercepts have threads of their own, which also run handlers. */
static struct stile_answer ask(struct stile_supervisor *supervisor, const struct handler *handler,
			       struct stile_call *call)
{
	const bool is_alone = supervisor->threads.most == 1;
	struct stile_answer answer;

	if (is_alone)
		supervisor_begin_handler(supervisor);
	answer = handler->entry(call, handler->data);
	if (is_alone)
		supervisor_end_handler(supervisor);
	return answer;
}

int supervisor_receive(const struct source *source, struct stile_call *call)
{
	/* One by one, since it is done for each call: of a stop is nothing. */
	call->listener = source->listener;
	call->has_looked = call->is_answered = false;
	call->fault = NULL;
	call->registers = NULL;
	call->is_exit = call->is_exec = call->has_set_result = false;
	call->result = 0;
	return stile_receive_notification(source->listener, &call->notification);
}

void supervisor_answer(struct stile_supervisor *supervisor, const struct source *source,
		       struct stile_call *call)
{
	const struct handler *handler;
	struct stile_answer answer;
	const char *fault = NULL;

	call_describe(call);
	handler = handlers_find(&source->handlers, &call->notification.data);
	if (handler) {
		answer = ask(supervisor, handler, call);
		answer = call_check_answer(call, answer, &fault);
	} else {
		answer = stile_answer_fail(ENOSYS); /* as without a supervisor */
		fault = "the call is notified and has no handler: it fails with ENOSYS";
	}
	if (fault)
		supervisor_fault(supervisor, "%s: %s", call->name, fault);
	respond(supervisor, call, answer);
}
