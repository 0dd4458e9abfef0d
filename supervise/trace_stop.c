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

/* From now on it is held by nothing but the tracer. False: it has moved, and is killed. */
static bool release(struct traced_program *program, const struct traced_thread *thread)
{
	const struct spawn_hold hold = program->hold;
	int error = 0;

	program->hold.entry = 0;
	if (hold.entry)
		error = spawn_release(thread->tid, &hold);
	if (!error || error == -ESRCH)
		return true;
	trace_kill_program(program,
			   "a program was killed, because it went on before it was traced");
	return false;
}

static void on_signal(struct traced_program *program, struct traced_thread *thread, int number)
{
	if (program->hold.entry && (!program->is_starting || number != SIGSTOP)) {
		/* continued by somebody, and in the trap; or what a tracer must not see now */
		trace_kill_program(program,
				   "a program was killed, because somebody continued it before it "
				   "was traced");
		return;
	}
	if (program->is_starting && number == SIGSTOP) {
		program->is_starting = false;
		if (!release(program, thread))
			return;
		number = 0;
	} else if (program->is_continuing && number == SIGCONT) {
		program->is_continuing = false;
		number = 0;
	}
	thread->exit = NULL; /* signals wait until a call is over */
	trace_resume(thread, number);
}

/* Its threads stop one by one; the first speaks for all. 0: it goes on. */
static void tell_of_stop(struct traced_program *program, const struct traced_thread *thread,
			 int number)
{
	if (thread->tid == program->pid)
		trace_note_stop(program, number);
}

static void on_group_stop(struct traced_program *program, const struct traced_thread *thread,
			  int number)
{
	if (program->is_starting) {
		program->is_starting = false;
		if (!release(program, thread))
			return;
		program->is_continuing = kill(program->pid, SIGCONT) == 0;
		trace_resume(thread, 0);
	} else {
		/* It stays stopped, and is heard of when it is continued. */
		tell_of_stop(program, thread, number);
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
		if (stop_is_group_stop(status)) {
			on_group_stop(program, thread, WSTOPSIG(status));
			break;
		}
		tell_of_stop(program, thread, 0);
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
