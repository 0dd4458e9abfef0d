/* SPDX-License-Identifier: MIT */
/* A thread of a traced program has stopped: what is due, then it goes on as without a tracer. */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traced_program.h"
#include "tracees.h"

#define SYSCALL_STOP (SIGTRAP | 0x80) /* by PTRACE_O_TRACESYSGOOD */

void trace_resume(const struct traced_thread *thread, int signal)
{
	/*
	 * ESRCH: it is being killed. Or another thread has taken its number meanwhile, by exec, and
	 * has stopped for that, of which we have not heard yet: since Linux 5.13 (and in older ones
	 * that are cared for) requests fail until then. So no stop of an exec is passed over.
	 */
	(void)!ptrace(thread->exit ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, NULL, (long)signal);
}

void trace_kill(pid_t tid)
{
	/* A target that has become another user is not to be killed by signals of ours. */
	if (syscall(SYS_tkill, tid, SIGKILL) < 0 && errno == EPERM)
		(void)!ptrace(PTRACE_KILL, tid, NULL, NULL);
}

static void on_signal(struct traced_program *program, struct traced_thread *thread, int number)
{
	if (program->is_starting && number == SIGSTOP) {
		program->is_starting = false;
		number = 0;
	} else if (program->is_continuing && number == SIGCONT) {
		program->is_continuing = false;
		number = 0;
	}
	thread->exit = NULL; /* signals wait until a call is over */
	trace_resume(thread, number);
}

static void on_group_stop(struct traced_program *program, const struct traced_thread *thread)
{
	if (program->is_starting) {
		program->is_starting = false;
		program->is_continuing = kill(program->pid, SIGCONT) == 0;
		trace_resume(thread, 0);
	} else {
		/* It stays stopped, and is heard of when it is continued. */
		(void)!ptrace(PTRACE_LISTEN, thread->tid, NULL, NULL);
	}
}

void trace_stop(struct traced_program *program, struct traced_thread *thread, int status)
{
	switch (stop_event(status)) {
	case PTRACE_EVENT_SECCOMP:
		trace_call_entry(program, thread);
		break;
	case PTRACE_EVENT_EXEC:
		trace_exec(program, thread);
		break;
	case PTRACE_EVENT_STOP:
		if (stop_is_group_stop(status))
			on_group_stop(program, thread);
		else
			trace_resume(thread, 0);
		break;
	case 0:
		if (WSTOPSIG(status) == SYSCALL_STOP)
			trace_call_exit(program, thread);
		else
			on_signal(program, thread, WSTOPSIG(status));
		break;
	default: /* it has made another, which will stop first of all, too */
		trace_resume(thread, 0);
	}
}
