/* SPDX-License-Identifier: MIT */
#include "spawn_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn_image.h"
#include "spawn_proc.h"

static int on_exec(struct tracer *t, pid_t tid, int status)
{
	if (tid != t->child && t->request->may_exec)
		return spawn_resume(t, tid, status);
	if (tid != t->child || (t->has_execed && !t->request->may_exec))
		return spawn_fail(t, -EIO,
				  "process %d executed a program before the entry point, "
				  "which its filter must refuse",
				  tid);
	/*
	 * Here the kernel is still inside execve(2) and will store its result where a call's
	 * number goes. The next stop is behind that, before the first instruction.
	 */
	t->image_is_new = true;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 && errno != ESRCH)
		return -errno;
	return spawn_resume(t, tid, status);
}

static int on_stop(struct tracer *t, pid_t tid, int status)
{
	int error;

	switch (stop_event(status)) {
	case PTRACE_EVENT_EXEC:
		return on_exec(t, tid, status);
	case PTRACE_EVENT_STOP:
		if (tid == t->child && t->image_is_new)
			return spawn_on_new_image(t);
		break;
	case PTRACE_EVENT_SECCOMP:
		error = spawn_answer_call(tid);
		if (error < 0 && error != -ESRCH)
			return error;
		break;
	case 0:
		if (spawn_is_trap(t, tid, status))
			return spawn_on_entry(t, tid);
		break;
	}
	return spawn_resume(t, tid, status);
}

static int setup_refused(struct tracer *t)
{
	return spawn_fail(t, -EPERM,
			  "no_new_privs or the limit of core files is refused to the child (%s): "
			  "a filter on the caller must allow prctl and prlimit64",
			  strerrordesc_np(t->shared->child_errno));
}

static int ended(struct tracer *t)
{
	struct spawn_result *result = &t->shared->result;
	int status = t->tracees.main_status;

	if (!t->has_execed && t->shared->child_errno) {
		if (t->shared->child_stage == SPAWN_STAGE_EXEC) {
			result->exec_errno = t->shared->child_errno;
			return -ENOEXEC; /* the caller has the words for it */
		}
		return setup_refused(t);
	}
	result->wait_status = status;
	if (WIFSIGNALED(status))
		return spawn_fail(t, -ECHILD,
				  "the program was killed by signal %d before "
				  "it was sandboxed",
				  WTERMSIG(status));
	return spawn_fail(t, -ECHILD, "the program ended with status %d before it was sandboxed",
			  WEXITSTATUS(status));
}

static int follow(struct tracer *t)
{
	int status, error;
	pid_t tid;

	do {
		error = tracees_next(&t->tracees, &tid, &status);
		if (error == 0 && WIFSTOPPED(status))
			error = on_stop(t, tid, status);
		/* Before an error of ours: it may have come from just that. */
		if (t->tracees.main_ended)
			return ended(t);
	} while (error == 0);
	return error;
}

/* Why may we not trace? What is likely, with what to do about it. */
static int refused(struct tracer *t, int error, bool dumpable)
{
	uint64_t tracer = 0, filters = 0;
	char scope = '0';
	int fd;

	proc_status_number(t->child, t->child, "TracerPid", 10, &tracer);
	proc_status_number(t->child, t->child, "Seccomp_filters", 10, &filters);
	fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (read(fd, &scope, 1) != 1)
			scope = '0';
		close(fd);
	}
	if (tracer)
		return spawn_fail(t, -EPERM,
				  "process %d traces the program already (a debugger, "
				  "strace -f): run it without",
				  (int)tracer);
	if (scope >= '2')
		return spawn_fail(t, -EPERM,
				  "ptrace is not permitted: kernel.yama.ptrace_scope is "
				  "%c; it must be 0 or 1, or the caller have CAP_SYS_PTRACE",
				  scope);
	if (!dumpable)
		return spawn_fail(t, -EPERM,
				  "ptrace is not permitted: the caller is not dumpable; "
				  "start programs before PR_SET_DUMPABLE is set to 0");
	if (filters)
		return spawn_fail(t, -EPERM,
				  "ptrace is not permitted (%s): the caller is under a "
				  "seccomp filter, which must allow ptrace",
				  strerrordesc_np(-error));
	return spawn_fail(t, -EPERM,
			  "ptrace is not permitted: %s; a security module or the "
			  "container's profile must allow it",
			  strerrordesc_np(-error));
}

static const char killed_early[] = "the child was killed before it could be traced";

/* Wait until the child is at the gate, or dead. */
static int wait_at_gate(int child_fd, int gate)
{
	struct pollfd fds[2] = { { .fd = gate, .events = POLLIN },
				 { .fd = child_fd, .events = POLLIN } };
	char byte;

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return recv(gate, &byte, 1, MSG_DONTWAIT) == 1 ? 0 : -ECHILD;
}

static bool has_ended(int child_fd)
{
	struct pollfd fds = { .fd = child_fd, .events = POLLIN };

	return poll(&fds, 1, 0) == 1;
}

static int seize(struct tracer *t, int child_fd, int gate)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACESECCOMP |
			     PTRACE_O_TRACESYSGOOD;
	bool dumpable = prctl(PR_GET_DUMPABLE) == 1;
	int error;

	/* What it starts must not find a way to it, under the start filter or without one. */
	prctl(PR_SET_DUMPABLE, 0);
	if (access("/proc/thread-self/status", F_OK) < 0)
		return spawn_fail(t, -EIO, "cannot read /proc: it must be mounted");
	error = wait_at_gate(child_fd, gate);
	if (error < 0 && t->shared->child_errno)
		return setup_refused(t);
	if (error < 0)
		return spawn_fail(t, error, killed_early);
	if (ptrace(PTRACE_SEIZE, t->child, NULL, options) < 0) {
		error = -errno;
		if (has_ended(child_fd))
			return spawn_fail(t, -ECHILD, killed_early);
		return refused(t, error, dumpable);
	}
	error = tracees_add(&t->tracees, t->child);
	if (error == 0 && send(gate, "", 1, MSG_NOSIGNAL) != 1 && errno != EPIPE)
		error = -errno;
	return error;
}

void spawn_trace(pid_t child, const struct spawn_descriptors *descriptors,
		 const struct spawn_request *request, struct spawn_shared *shared)
{
	struct tracer t = {
		.child = child,
		.request = request,
		.shared = shared,
		.tracees.main = child,
		.child_fd = descriptors->child,
		.listener_gate = descriptors->listener_gate,
	};
	int error;

	shared->result.wait_status = -1;
	shared->result.listener = -1;
	error = seize(&t, descriptors->child, descriptors->gate);
	if (error == 0)
		error = follow(&t);
	if (error < 0) {
		tracees_kill(&t.tracees);
		if (error != -ENOEXEC)
			spawn_fail(&t, error, "cannot start the program: %s",
				   strerrordesc_np(-error));
	}
	shared->error = error < 0 ? error : 0;
	shared->done = true;
}
