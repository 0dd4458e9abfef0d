/* SPDX-License-Identifier: MIT */
/* Calls for which the filter wants a tracer: handlers are asked, what they say is done. */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "audit_arch.h"
#include "hide_vdso.h"
#include "judgement.h"
#include "thread_registers.h"
#include "traced_program.h"

/* False: it is being killed, or stopped otherwise. */
static bool get_info(pid_t tid, uint8_t op, struct __ptrace_syscall_info *info)
{
	info->op = PTRACE_SYSCALL_INFO_NONE;
	return ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(*info), info) > 0 &&
	       info->op == op;
}

/* What cannot be done as it was answered is not let through. */
static void go_on(struct traced_program *program, const struct traced_thread *thread,
		  struct judgement *judgement, int error)
{
	if (!error)
		error = registers_write(thread->tid, &judgement->registers);
	if (!error) {
		trace_resume(thread, 0);
	} else if (error != -ESRCH) {
		trace_kill(thread->tid);
		program->settings->fault(program->settings->data,
					 "a program was killed, because the kernel does not take "
					 "the registers that a handler has set");
	}
}

static int skip(struct judgement *judgement, int64_t result)
{
	int error = registers_read(&judgement->registers);

	if (!error)
		registers_skip_call(&judgement->registers, result);
	return error;
}

static void end_entry(struct traced_program *program, struct traced_thread *thread,
		      struct judgement *judgement, const struct handler *handler)
{
	const struct stile_answer answer = judgement->answer;
	int error = 0;

	thread->exit = NULL;
	switch (answer.kind) {
	case STILE_ANSWER_ALLOW:
		if (handler->exit) {
			thread->exit = handler;
			thread->data = judgement->call.notification.data;
		}
		break;
	case STILE_ANSWER_FAIL:
		error = skip(judgement, -answer.value);
		break;
	case STILE_ANSWER_RETURN:
		error = skip(judgement, answer.value);
		break;
	default:
		trace_kill(thread->tid);
		return;
	}
	go_on(program, thread, judgement, error);
}

void trace_call_entry(struct traced_program *program, struct traced_thread *thread)
{
	static const struct handler nobody = { 0 };
	const struct handler *handler;
	struct __ptrace_syscall_info info;
	struct judgement judgement;
	struct seccomp_data data;

	if (!get_info(thread->tid, PTRACE_SYSCALL_INFO_SECCOMP, &info))
		return;
	program->is_starting = false;
	data.nr = (int)info.seccomp.nr;
	data.arch = info.arch;
	data.instruction_pointer = info.instruction_pointer;
	memcpy(data.args, info.seccomp.args, sizeof(data.args));
	handler = handlers_get(&program->handlers, info.seccomp.ret_data);
	if (!handler)
		handler = &nobody;
	judgement_start(&judgement, thread->tid, &data, handler->entry, handler->data);
	if (handler->entry)
		judgement_run(&judgement, program->settings);
	else if (handler->exit)
		judgement.answer = stile_answer_allow();
	else /* as without a tracer */
		judgement.answer = stile_answer_fail(ENOSYS);
	end_entry(program, thread, &judgement, handler);
}

static void end_exit(struct traced_program *program, struct traced_thread *thread,
		     struct judgement *judgement)
{
	const struct stile_answer answer = judgement->answer;
	bool is_set = judgement->call.has_set_result;
	int64_t result = judgement->call.result;
	int error = 0;

	switch (answer.kind) {
	case STILE_ANSWER_ALLOW:
		break;
	case STILE_ANSWER_FAIL:
	case STILE_ANSWER_RETURN:
		is_set = true;
		result = answer.kind == STILE_ANSWER_FAIL ? -answer.value : answer.value;
		break;
	default:
		trace_kill(thread->tid);
		return;
	}
	if (is_set)
		error = registers_read(&judgement->registers);
	if (is_set && !error)
		registers_set_result(&judgement->registers, result);
	go_on(program, thread, judgement, error);
}

void trace_call_exit(struct traced_program *program, struct traced_thread *thread)
{
	const struct handler *handler = thread->exit;
	struct __ptrace_syscall_info info;
	struct judgement judgement;

	if (!get_info(thread->tid, PTRACE_SYSCALL_INFO_EXIT, &info) || !handler) {
		trace_resume(thread, 0);
		return;
	}
	thread->exit = NULL;
	judgement_start(&judgement, thread->tid, &thread->data, handler->exit, handler->data);
	judgement.call.is_exit = true;
	judgement.call.result = info.exit.rval;
	judgement_run(&judgement, program->settings);
	end_exit(program, thread, &judgement);
}

/* A thread that is not the first and calls exec takes the number of the first. */
static void take_number(struct traced_program *program, struct traced_thread *thread)
{
	const struct traced_thread *former;
	unsigned long number = 0;

	if (ptrace(PTRACE_GETEVENTMSG, thread->tid, NULL, &number) < 0 ||
	    (pid_t)number == thread->tid)
		return;
	former = threads_find(&program->threads, (pid_t)number);
	thread->exit = former ? former->exit : NULL;
	if (former)
		thread->data = former->data;
	threads_remove(&program->threads, (pid_t)number);
}

void trace_exec(struct traced_program *program, struct traced_thread *thread)
{
	const struct handlers *handlers = &program->handlers;
	const struct seccomp_data data = { .nr = SYS_execve, .arch = audit_arch(STILE_ABI_NATIVE) };
	struct judgement judgement;
	int error;

	take_number(program, thread);
	error = handlers->hides_vdso ? hide_vdso(thread->tid) : 0;
	if (error == -ESRCH)
		return;
	if (error) {
		trace_kill(thread->tid);
		program->settings->fault(program->settings->data,
					 "a program was killed, because the vDSO cannot be hidden "
					 "from what it executes");
		return;
	}
	if (handlers->on_exec) {
		judgement_start(&judgement, thread->tid, &data, handlers->on_exec,
				handlers->on_exec_data);
		judgement.call.is_exec = true;
		judgement_run(&judgement, program->settings);
		if (judgement.answer.kind != STILE_ANSWER_ALLOW) {
			trace_kill(thread->tid);
			return;
		}
	}
	trace_resume(thread, 0);
}
