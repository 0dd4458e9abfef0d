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
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/notify.h>

#include "context.h"
#include "not_dumpable.h"
#include "public.h"
#include "stand_in.h"
#include "supervised.h"
#include "supervisor.h"
#include "supervisor_trace.h"

#define PAUSE_MILLISECONDS 1

/* What both can see: the child makes no call to tell the parent something but futex(2). */
struct meeting {
	atomic_uint step; /* enum step */
	int listener;	  /* its number in the child; -1: nothing is notified */
	int error;	  /* why the child was not sandboxed, or not met */
	char message[512];
};

enum step { BEGUN, CAN_BE_TRACED, HAS_LISTENER, LISTENER_TAKEN, SANDBOXED, SUPERVISED, FAILED };

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

__attribute__((format(printf, 3, 4))) static void fail_meeting(struct meeting *meeting, int error,
							       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(meeting->message, sizeof(meeting->message), format, arguments);
	va_end(arguments);
	meeting->error = error;
}

/* ---- The child ---- */

/*
 * Has the program reason to be not dumpable, its parent, as an ordinary user, could neither trace
 * it nor take its listener. So the child is dumpable for that time, while nothing of the program
 * runs, and then no more.
 */
static bool become_dumpable(void)
{
	return prctl(PR_GET_DUMPABLE) != 1 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

struct child {
	struct meeting *meeting;
	bool was_made_dumpable;
};

static int hand_over(int listener, void *data)
{
	const struct child *child = data;
	struct meeting *meeting = child->meeting;

	meeting->listener = listener;
	set_step(meeting, HAS_LISTENER);
	wait_while(meeting, HAS_LISTENER);
	/* This call is let through; the filter to come may refuse it. */
	return child->was_made_dumpable && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

/* Goes on as the program, under the context. */
static int be_target(struct stile *s, struct meeting *meeting, pid_t parent)
{
	struct child child = { .meeting = meeting };
	int error;

	/* Without its supervisor it would live on with calls that fail. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	child.was_made_dumpable = become_dumpable();
	set_step(meeting, CAN_BE_TRACED);
	if (s->is_intercepted)
		(void)raise(SIGSTOP); /* the tracer lets it go */
	error = apply_supervised(s, hand_over, &child);
	if (error)
		fail_meeting(meeting, error, "%s", stile_message(s));
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

/* Until the child takes the next step, or has ended. */
static void wait_for_step_after(struct meeting *meeting, enum step step, int child_fd)
{
	const struct timespec pause = { 0, PAUSE_MILLISECONDS * 1000000L };

	while (atomic_load(&meeting->step) == step && !has_ended(child_fd, 0))
		(void)syscall(SYS_futex, &meeting->step, FUTEX_WAIT, step, &pause, NULL, 0);
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
	*listener = -1;
	wait_for_step_after(meeting, CAN_BE_TRACED, child_fd);
	if (atomic_load(&meeting->step) != HAS_LISTENER)
		return false;
	if (meeting->listener >= 0) {
		*listener = (int)syscall(SYS_pidfd_getfd, child_fd, meeting->listener, 0);
		if (*listener < 0) {
			fail_meeting(meeting, errno == EPERM ? -EPERM : -EIO,
				     "the program's listener could not be taken: pidfd_getfd: %s",
				     strerrordesc_np(errno));
			return false;
		}
	}
	set_step(meeting, LISTENER_TAKEN);
	if (*listener >= 0)
		return let_setup_through(meeting, *listener, child_fd);
	wait_for_step_after(meeting, LISTENER_TAKEN, child_fd);
	return atomic_load(&meeting->step) == SANDBOXED;
}

/* The child never was sandboxed. */
static void end_child(const struct source *source, bool is_traced, int child_fd)
{
	if (is_traced)
		return; /* its tracer does, when the supervisor is freed */
	if (child_fd >= 0)
		(void)syscall(SYS_pidfd_send_signal, child_fd, SIGKILL, NULL, 0);
	else
		(void)kill(source->pid, SIGKILL);
	(void)waitpid(source->pid, NULL, __WALL);
}

/* 0: it is under the context, and waits. Else the context's error. */
static int take_child(struct stile *s, const struct stand_in *stand_in, struct source *source,
		      struct meeting *meeting)
{
	int error = 0, listener = -1;

	wait_for_step_after(meeting, BEGUN, stand_in->child_fd);
	if (source->is_traced)
		error = supervisor_trace(stand_in->supervisor, s, source);
	if (!error && !meet(meeting, stand_in->child_fd, &listener))
		error = meeting->error ? context_fail(s, meeting->error, "%s", meeting->message) :
					 context_fail(s, -ECHILD,
						      "the program ended before it was sandboxed");
	if (!error) {
		error = supervisor_add(stand_in->supervisor, source, listener);
		if (error)
			error = context_fail(s, -EIO, "the listener cannot be waited for: %s",
					     strerrordesc_np(-error));
	}
	if (error && listener >= 0)
		(void)close(listener);
	return error;
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
	struct stand_in stand_in;
	int error = stand_in_open(&stand_in, supervisor, source), status = 0;

	if (error)
		error = context_fail(s, -EIO, "the program cannot be waited for: %s",
				     strerrordesc_np(-error));
	/* The program, which may be hostile, must not find a way to this process. */
	if (!error)
		error = be_out_of_reach(s);
	if (error) {
		end_child(source, false, stand_in.child_fd);
		stand_in_close(&stand_in);
		return error;
	}
	error = take_child(s, &stand_in, source, meeting);
	if (error) {
		end_child(source, source->is_traced, stand_in.child_fd);
		stand_in_close(&stand_in);
		return error;
	}
	set_step(meeting, SUPERVISED);
	stand_in_wait(&stand_in);
	if (stile_supervisor_wait(supervisor, source->pid, &status) < 0)
		_exit(255);
	stand_in_end_as(status);
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
