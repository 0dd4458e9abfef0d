/* SPDX-License-Identifier: MIT */
/*
 * The calling program comes under supervision: it goes on in a child, and its process answers the
 * child's calls until that has ended.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/notify.h>

#include "context.h"
#include "not_dumpable.h"
#include "public.h"
#include "supervised.h"
#include "supervisor.h"
#include "supervisor_trace.h"

#define PAUSE_MILLISECONDS 1

/* What both can see: the child makes no call to tell the parent something but futex(2). */
struct meeting {
	atomic_uint step; /* enum step */
	int listener;	  /* its number in the child; -1: nothing is notified */
	int error;	  /* why the child was not sandboxed */
	char message[512];
};

enum step { BEGUN, HAS_LISTENER, LISTENER_TAKEN, SANDBOXED, SUPERVISED, FAILED };

static void set_step(struct meeting *meeting, enum step step)
{
	atomic_store(&meeting->step, step);
	(void)syscall(SYS_futex, &meeting->step, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void wait_while(struct meeting *meeting, enum step step)
{
	while (atomic_load(&meeting->step) == step)
		(void)syscall(SYS_futex, &meeting->step, FUTEX_WAIT, step, NULL, NULL, 0);
}

/* ---- The child ---- */

static int hand_over(int listener, void *data)
{
	struct meeting *meeting = data;

	meeting->listener = listener;
	set_step(meeting, HAS_LISTENER);
	wait_while(meeting, HAS_LISTENER);
	return 0;
}

/* Goes on as the program, under the context. */
static int be_target(struct stile *s, struct meeting *meeting, pid_t parent)
{
	int error;

	/* Without its supervisor it would live on with calls that fail. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (s->is_intercepted)
		(void)raise(SIGSTOP); /* the tracer lets it go */
	error = apply_supervised(s, hand_over, meeting);
	if (error) {
		meeting->error = error;
		(void)snprintf(meeting->message, sizeof(meeting->message), "%s", stile_message(s));
	}
	set_step(meeting, error ? FAILED : SANDBOXED);
	if (error)
		_exit(1); /* the parent returns it */
	/* What it calls before would be let through as a part of its setup. */
	wait_while(meeting, SANDBOXED);
	return 0;
}

/* ---- The parent ---- */

static bool has_ended(int child_fd, int timeout)
{
	struct pollfd child = { .fd = child_fd, .events = POLLIN };

	return poll(&child, 1, timeout) == 1;
}

/* Until the child says that it is sandboxed its own calls, and nothing else, are notified. */
static bool let_setup_through(struct meeting *meeting, int listener, int child_fd)
{
	struct pollfd poller = { .fd = listener, .events = POLLIN };
	struct stile_notification notification;

	while (atomic_load(&meeting->step) == LISTENER_TAKEN && !has_ended(child_fd, 0))
		if (poll(&poller, 1, PAUSE_MILLISECONDS) == 1 && poller.revents & POLLIN &&
		    stile_receive_notification(listener, &notification) == 0)
			(void)stile_respond_continue(listener, notification.id);
	return atomic_load(&meeting->step) == SANDBOXED;
}

/* Takes the listener of the child, as soon as there is one, and sees that it is sandboxed. */
static bool meet(struct meeting *meeting, int child_fd, int *listener)
{
	const struct timespec pause = { 0, PAUSE_MILLISECONDS * 1000000L };

	*listener = -1;
	while (atomic_load(&meeting->step) == BEGUN && !has_ended(child_fd, 0))
		(void)syscall(SYS_futex, &meeting->step, FUTEX_WAIT, BEGUN, &pause, NULL, 0);
	if (atomic_load(&meeting->step) != HAS_LISTENER)
		return false;
	if (meeting->listener >= 0) {
		*listener = (int)syscall(SYS_pidfd_getfd, child_fd, meeting->listener, 0);
		if (*listener < 0)
			return false;
	}
	set_step(meeting, LISTENER_TAKEN);
	if (*listener >= 0)
		return let_setup_through(meeting, *listener, child_fd);
	while (atomic_load(&meeting->step) == LISTENER_TAKEN && !has_ended(child_fd, 0))
		(void)syscall(SYS_futex, &meeting->step, FUTEX_WAIT, LISTENER_TAKEN, &pause, NULL,
			      0);
	return atomic_load(&meeting->step) == SANDBOXED;
}

/* What a terminal sends to all processes of its foreground group. */
static bool is_sent_to_group(uint32_t signal)
{
	switch (signal) {
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		return true;
	case SIGHUP: /* if it hangs up, to the session's leader alone */
	case SIGCONT:
		return getsid(0) != getpid();
	}
	return false;
}

/* A signal to this process is for the program (a timer that it has set before is here, too); what
 * the kernel sends to the group, the program gets itself. */
static void pass_on(const struct signalfd_siginfo *signal, int child_fd)
{
	if (signal->ssi_signo == SIGCHLD ||
	    (signal->ssi_code > SI_USER && is_sent_to_group(signal->ssi_signo)))
		return;
	(void)syscall(SYS_pidfd_send_signal, child_fd, (int)signal->ssi_signo, NULL, 0);
}

/* The program stops by job control: so does this process, for the shell that waits for it. */
static void stop_with(pid_t child)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == child) {
		(void)raise(SIGSTOP);
		(void)kill(child, SIGCONT);
	}
}

static void wait_for_program(const struct source *source, int child_fd, int signals)
{
	struct pollfd both[2] = { { .fd = child_fd, .events = POLLIN },
				  { .fd = signals, .events = POLLIN } };
	struct signalfd_siginfo signal;

	for (;;) {
		if (poll(both, 2, -1) < 1)
			continue;
		if (both[0].revents)
			return;
		if (read(signals, &signal, sizeof(signal)) != sizeof(signal))
			continue;
		if (signal.ssi_signo == SIGCHLD && !source->is_traced)
			stop_with(source->pid);
		pass_on(&signal, child_fd);
	}
}

_Noreturn static void end_as(int status)
{
	const struct rlimit no_core = { 0, 0 };
	sigset_t set;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	(void)setrlimit(RLIMIT_CORE, &no_core); /* the program has written one if it may */
	(void)signal(WTERMSIG(status), SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, WTERMSIG(status));
	(void)raise(WTERMSIG(status));
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + WTERMSIG(status));
}

static int be_out_of_reach(struct stile *s)
{
	const int error = make_not_dumpable();

	return error ? context_fail(s, error,
				    "cannot keep the supervisor out of the program's reach "
				    "(prctl): "
				    "%s",
				    strerrordesc_np(-error)) :
		       0;
}

/* Answers the child's calls, and ends as it ends. Returns only if the child never was sandboxed. */
static int be_supervisor(struct stile *s, struct stile_supervisor *supervisor,
			 struct source *source, struct meeting *meeting)
{
	const int child_fd = (int)syscall(SYS_pidfd_open, source->pid, 0);
	int error = 0, listener = -1, signals, status = 0;
	sigset_t all;

	(void)sigfillset(&all);
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (child_fd < 0 || signals < 0)
		error = context_fail(s, -EIO, "the program cannot be waited for: %s",
				     strerrordesc_np(errno));
	/* The program, which may be hostile, must not find a way to this process. */
	if (!error)
		error = be_out_of_reach(s);
	if (!error && source->is_traced)
		error = supervisor_trace(supervisor, s, source);
	if (!error && !meet(meeting, child_fd, &listener))
		error = meeting->error ?
				context_fail(s, meeting->error, "%s", meeting->message) :
				context_fail(s, -ECHILD,
					     "the program ended before it was sandboxed, or its "
					     "listener could not be taken");
	if (!error)
		error = supervisor_add(supervisor, source, listener);
	if (!error)
		set_step(meeting, SUPERVISED);
	if (error) {
		(void)kill(source->pid, SIGKILL);
		(void)waitpid(source->pid, NULL, __WALL);
		if (child_fd >= 0)
			(void)close(child_fd);
		if (signals >= 0)
			(void)close(signals);
		if (listener >= 0)
			(void)close(listener);
		return error;
	}
	wait_for_program(source, child_fd, signals);
	if (stile_supervisor_wait(supervisor, source->pid, &status) < 0)
		_exit(255);
	end_as(status);
}

/* ---- Both ---- */

static bool has_one_thread(void)
{
	DIR *folder = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned int count = 0;

	if (!folder)
		return false;
	while ((entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	(void)closedir(folder);
	return count == 1;
}

static int split(struct stile *s, struct meeting *meeting)
{
	const pid_t parent = getpid();
	struct stile_supervisor *supervisor;
	struct source *source = source_new(s);
	struct sigaction of_children;
	sigset_t all, before;
	int error;
	pid_t child;

	if (!source)
		return stile_error(s);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	child = fork();
	if (child == 0) {
		source_free(source);
		error = be_target(s, meeting, parent);
		/* No handler before: its calls would be let through as a part of the setup. */
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		return error;
	}
	/* Ignored, the child's end could not be waited for, and its stops not be seen. */
	(void)sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, &of_children);
	if (child < 0) {
		error = context_fail(s, -EIO, "fork: %s", strerrordesc_np(errno));
		source_free(source);
	} else {
		source->pid = child;
		source->is_traced = s->is_intercepted;
		supervisor = stile_supervisor_new();
		error = supervisor ? supervisor_threads_start(supervisor) : -ENOMEM;
		if (error) {
			(void)kill(child, SIGKILL);
			(void)waitpid(child, NULL, __WALL);
			error = context_fail(s, error, "there can be no supervisor: %s",
					     strerrordesc_np(-error));
		} else {
			error = be_supervisor(s, supervisor, source, meeting);
		}
		source_free(source);
		stile_supervisor_free(supervisor);
	}
	(void)sigaction(SIGCHLD, &of_children, NULL);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

STILE_PUBLIC int stile_supervise_self(struct stile *s)
{
	struct meeting *meeting;
	int error = context_ready(s);

	if (error)
		return error;
	if (!s->is_notified && !s->is_intercepted)
		return context_fail(s, -EINVAL,
				    "this context has no handlers: apply it without a supervisor");
	if (!has_one_thread())
		return context_fail(s, -EBUSY,
				    "stile_supervise_self() is for a process with one thread, "
				    "whose "
				    "number can be read in /proc: only that one would go on");
	meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (meeting == MAP_FAILED)
		return context_out_of_memory(s);
	error = split(s, meeting);
	/* In the child it stays: unmapping may be what is handled. */
	return error;
}
