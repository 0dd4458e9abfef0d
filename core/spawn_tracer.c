/* SPDX-License-Identifier: MIT */
#include "spawn_tracer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

int spawn_fail(struct tracer *t, int error, const char *format, ...)
{
	struct spawn_result *result = &t->shared->result;
	va_list arguments;

	if (result->message[0])
		return error;
	va_start(arguments, format);
	vsnprintf(result->message, sizeof(result->message), format, arguments);
	va_end(arguments);
	return error;
}

int spawn_resume(struct tracer *t, pid_t tid, int status)
{
	int request = stop_is_group_stop(status) ? PTRACE_LISTEN : PTRACE_CONT;
	int error = tracees_resume(&t->tracees, tid, request, stop_signal(status));

	return error == -ESRCH ? 0 : error;
}

/*
 * A call that the filter leaves to the tracer. seccomp(2) is ours alone; any other is of a
 * filter that the program has made itself: it gets what it would get without a tracer.
 */
int spawn_answer_call(pid_t tid)
{
	struct __ptrace_syscall_info info;
	int error = ENOSYS;

	memset(&info, 0, sizeof(info));
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) < 0)
		return -errno;
	if (info.op == PTRACE_SYSCALL_INFO_SECCOMP && info.arch == INJECT_AUDIT_ARCH &&
	    info.seccomp.nr == __NR_seccomp)
		error = EPERM;
	return inject_refuse_call(tid, error);
}
