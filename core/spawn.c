/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/notify.h>

#include "spawn_trace.h"

/* Everything that the two children need to know. Both are forks: their memory is a copy. */
struct spawn {
	const struct spawn_request *request;
	struct spawn_shared *shared;
	pid_t caller;
	sigset_t caller_mask;
	int child_gate;
	int tracer_gate;
	int listener_gate[2]; /* by which the tracer sends the listener; -1: there is none */
};

static const char *reason(int error)
{
	const char *text = strerrordesc_np(error);

	return text ? text : "unknown error";
}

static int fail(struct spawn_result *result, int error, const char *doing)
{
	snprintf(result->message, sizeof(result->message), "cannot %s: %s", doing, reason(-error));
	return error;
}

/* A socket pair could not be made: the sentence has the reason, the error is a documented one. */
static int fail_sockets(struct spawn_result *result)
{
	const int why = errno;

	(void)fail(result, -why, "make a socket pair");
	return why == ENOMEM ? -ENOMEM : -EIO;
}

/*
 * The signals of the program: no handler of the caller's may run in the child, and the mask
 * comes last, since from there on a signal can end it.
 */
static void set_signals(const struct spawn *s)
{
	const struct spawn_request *request = s->request;

	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) < 0)
			continue; /* libc's own */
		bool ignore = request->ignored ? sigismember(request->ignored, number) == 1 :
						 action.sa_handler == SIG_IGN;
		if (action.sa_handler == (ignore ? SIG_IGN : SIG_DFL))
			continue;
		memset(&action, 0, sizeof(action));
		action.sa_handler = ignore ? SIG_IGN : SIG_DFL;
		sigaction(number, &action, NULL);
	}
	sigprocmask(SIG_SETMASK, request->blocked ? request->blocked : &s->caller_mask, NULL);
}

_Noreturn static void child_failed(const struct spawn *s, enum spawn_stage stage)
{
	s->shared->child_stage = stage;
	s->shared->child_errno = errno;
	_exit(127);
}

_Noreturn static void run_child(const struct spawn *s)
{
	/* A core file is written by the kernel, or by a helper outside the sandbox, wherever
	 * they please, with all that the program knew. */
	const struct rlimit no_core = { 0, 0 };
	char byte = 0;

	/* While nobody traces us nobody else would end us, if the caller were killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->caller)
		_exit(127);
	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		child_failed(s, SPAWN_STAGE_SETUP);
	/*
	 * Yama lets only ancestors trace. The tracer is none; it is a descendant of the caller
	 * though, and those may be let in. Without Yama the call fails, and is not needed.
	 */
	prctl(PR_SET_PTRACER, s->caller, 0, 0, 0);
	/* By itself: the caller has reason to be not, and stays so. */
	if (s->request->is_supervised)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	close(s->tracer_gate);
	if (send(s->child_gate, "", 1, MSG_NOSIGNAL) != 1 || recv(s->child_gate, &byte, 1, 0) != 1)
		_exit(127);
	prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, 0);

	set_signals(s);
	execve(s->request->path, s->request->argv, s->request->envp);
	child_failed(s, SPAWN_STAGE_EXEC);
}

/* The tracer's status if it does not find the caller, who lives if he reads this, as its parent. */
#define STATUS_NO_PARENT 2

_Noreturn static void run_tracer(const struct spawn *s, pid_t child)
{
	int child_fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->caller)
		_exit(STATUS_NO_PARENT);
	/*
	 * A copy of a descriptor of the caller's must not be kept open by us, however long the
	 * start takes. Standard error stays for the last words of libc or a sanitizer.
	 */
	child_fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (dup2(s->tracer_gate, 0) != 0 || (child_fd >= 0 && dup2(child_fd, 1) != 1) ||
	    (s->listener_gate[1] >= 0 && dup2(s->listener_gate[1], 3) != 3))
		_exit(1);
	syscall(SYS_close_range, s->listener_gate[1] >= 0 ? 4 : 3, ~0U, 0);
	spawn_trace(child,
		    &(struct spawn_descriptors){ .child = child_fd >= 0 ? 1 : -1,
						 .gate = 0,
						 .listener_gate = s->listener_gate[1] >= 0 ? 3 :
											     -1 },
		    s->request, s->shared);
	_exit(0);
}

/*
 * A child that signals nobody at its end, and that a wait() of the caller's other code does
 * not see: only __WALL does. No handlers of pthread_atfork() run; it allocates nothing.
 */
static pid_t fork_unseen(void)
{
	return (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
}

/* The status of a child, which is dead or will be soon. -1: somebody else has taken it. */
static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

static int start_both(struct spawn *s, pid_t *child, pid_t *tracer, struct spawn_result *result)
{
	sigset_t all;
	int error = 0;

	/* No handler of the caller's may run in a child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &s->caller_mask);
	*tracer = -1;
	*child = fork();
	if (*child == 0)
		run_child(s);
	if (*child > 0) {
		*tracer = fork_unseen();
		if (*tracer == 0)
			run_tracer(s, *child);
	}
	if (*child < 0 || *tracer < 0)
		error = errno == ENOMEM ? -ENOMEM : -EIO;
	if (error < 0)
		snprintf(result->message, sizeof(result->message), "cannot fork: %s",
			 reason(errno));
	pthread_sigmask(SIG_SETMASK, &s->caller_mask, NULL);
	return error;
}

/* The tracer has ended: what is to be said? */
static int take_report(struct spawn *s, int tracer_status, struct spawn_result *result)
{
	if (s->shared->done) {
		*result = s->shared->result;
		if (s->shared->error == -ENOEXEC && !result->message[0])
			fail(result, -result->exec_errno, "execute the program");
		return s->shared->error;
	}
	if (tracer_status != -1 && WIFSIGNALED(tracer_status) &&
	    WTERMSIG(tracer_status) == SIGSYS) {
		snprintf(result->message, sizeof(result->message),
			 "ptrace is not permitted: the caller's own seccomp filter kills for it");
		return -EPERM;
	}
	if (tracer_status != -1 && WIFEXITED(tracer_status) &&
	    WEXITSTATUS(tracer_status) == STATUS_NO_PARENT) {
		snprintf(result->message, sizeof(result->message),
			 "getppid does not tell the caller's children who their parent is: a "
			 "seccomp filter on the caller must allow it, and its children must be in "
			 "its own PID namespace (unshare)");
		return -EPERM;
	}
	snprintf(result->message, sizeof(result->message),
		 "the tracer was killed before the program was sandboxed");
	return -ECHILD;
}

/* The tracer has sent it, and ended. */
static int take_listener(const struct spawn *s, struct spawn_result *result)
{
	const int listener = stile_receive_descriptor(s->listener_gate[0]);

	if (listener < 0)
		return fail(result, -EIO, "receive the listener");
	result->listener = listener;
	return 0;
}

static int spawn(struct spawn *s, struct spawn_result *result)
{
	pid_t child, tracer;
	int gate[2];
	int error, status = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) < 0)
		return fail_sockets(result);
	s->tracer_gate = gate[0];
	s->child_gate = gate[1];
	error = start_both(s, &child, &tracer, result);
	close(gate[0]);
	close(gate[1]);
	if (tracer > 0) {
		status = reap(tracer);
		error = take_report(s, status, result);
	}
	if (error == 0 && s->request->filters.notifying)
		error = take_listener(s, result);
	if (error == 0) {
		result->pid = child;
	} else if (child > 0) {
		/* Done already by a tracer that reported, its children included. */
		kill(child, SIGKILL);
		reap(child);
	}
	return error;
}

static bool is_filter(const struct sock_fprog *filter)
{
	return filter && filter->filter && filter->len > 0 && filter->len <= BPF_MAXINSNS;
}

int spawn_filtered(const struct spawn_request *request, struct spawn_result *result)
{
	const unsigned int flags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	struct spawn s = { .request = request, .caller = getpid(), .listener_gate = { -1, -1 } };
	int error;

	memset(result, 0, sizeof(*result));
	result->wait_status = -1;
	result->listener = -1;
	if (!request->path || !request->argv || !request->envp ||
	    !is_filter(request->filters.start) || !is_filter(request->filters.final) ||
	    (request->filters.notifying && !is_filter(request->filters.notifying)) ||
	    request->filters.flags & ~flags) {
		snprintf(result->message, sizeof(result->message),
			 "a path, arguments, an environment, two filters and known flags are "
			 "needed");
		return -EINVAL;
	}
	s.shared = mmap(NULL, sizeof(*s.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (s.shared == MAP_FAILED)
		return fail(result, -ENOMEM, "share memory with the tracer");
	error = request->filters.notifying && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
							 s.listener_gate) < 0 ?
			fail_sockets(result) :
			spawn(&s, result);
	for (unsigned int i = 0; i < 2; i++)
		if (s.listener_gate[i] >= 0)
			close(s.listener_gate[i]);
	munmap(s.shared, sizeof(*s.shared));
	return error;
}
