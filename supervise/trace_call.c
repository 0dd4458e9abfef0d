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
		  const struct registers *registers, int error)
{
	if (!error)
		error = registers_write(thread->tid, registers);
	if (!error) {
		trace_resume(thread, 0);
	} else if (error != -ESRCH) {
		trace_kill(thread->tid);
		program->settings->fault(program->settings->data,
					 "a program was killed, because the kernel does not take "
					 "the registers that a handler has set");
	}
}

static void end_entry(struct traced_program *program, struct traced_thread *thread,
		      const struct judgement *judgement)
{
	const struct stile_answer answer = judgement->answer;
	const bool is_made = answer.kind == STILE_ANSWER_ALLOW;
	struct registers registers = judgement->registers;
	int error = is_made ? 0 : registers_read(&registers);

	if (!is_made && !error)
		registers_skip_call(&registers, answer.kind == STILE_ANSWER_FAIL ? -answer.value :
										   answer.value);
	thread->exit = is_made ? judgement->exit : NULL;
	if (thread->exit)
		thread->data = judgement->call.notification.data;
	go_on(program, thread, &registers, error);
}

static void end_exit(struct traced_program *program, struct traced_thread *thread,
		     const struct judgement *judgement)
{
	const struct stile_answer answer = judgement->answer;
	struct registers registers = judgement->registers;
	bool is_set = judgement->call.has_set_result;
	int64_t result = judgement->call.result;
	int error = 0;

	if (answer.kind != STILE_ANSWER_ALLOW) {
		is_set = true;
		result = answer.kind == STILE_ANSWER_FAIL ? -answer.value : answer.value;
	}
	if (is_set)
		error = registers_read(&registers);
	if (is_set && !error)
		registers_set_result(&registers, result);
	go_on(program, thread, &registers, error);
}

void trace_apply(struct traced_program *program, struct traced_thread *thread,
		 const struct judgement *judgement)
{
	const enum stile_answer_kind kind = judgement->answer.kind;

	if (kind == STILE_ANSWER_KILL ||
	    (judgement->kind == JUDGES_EXEC && kind != STILE_ANSWER_ALLOW))
		trace_kill(thread->tid);
	else if (judgement->kind == JUDGES_ENTRY)
		end_entry(program, thread, judgement);
	else if (judgement->kind == JUDGES_EXIT)
		end_exit(program, thread, judgement);
	else
		trace_resume(thread, 0);
}

/* By another thread if others would have to wait. */
static void judge(struct traced_program *program, struct traced_thread *thread,
		  struct judgement *judgement)
{
	if (trace_defer(program, thread, judgement))
		return;
	judgement_run(judgement, program->settings);
	trace_apply(program, thread, judgement);
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
	data.nr = (int)info.seccomp.nr;
	data.arch = info.arch;
	data.instruction_pointer = info.instruction_pointer;
	memcpy(data.args, info.seccomp.args, sizeof(data.args));
	handler = handlers_get(&program->handlers, info.seccomp.ret_data);
	if (!handler)
		handler = &nobody;
	judgement_start(&judgement, JUDGES_ENTRY, thread->tid, &data, handler->entry,
			handler->data);
	judgement.exit = handler->exit ? handler : NULL;
	if (handler->entry) {
		judge(program, thread, &judgement);
		return;
	}
	/* Without any handler as without a tracer. */
	judgement.answer = handler->exit ? stile_answer_allow() : stile_answer_fail(ENOSYS);
	trace_apply(program, thread, &judgement);
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
	judgement_start(&judgement, JUDGES_EXIT, thread->tid, &thread->data, handler->exit,
			handler->data);
	judgement.call.result = info.exit.rval;
	judge(program, thread, &judgement);
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
	if (!handlers->on_exec) {
		trace_resume(thread, 0);
		return;
	}
	judgement_start(&judgement, JUDGES_EXEC, thread->tid, &data, handlers->on_exec,
			handlers->on_exec_data);
	judge(program, thread, &judgement);
}
