/* SPDX-License-Identifier: MIT */
#include "spawn_listener.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/notify.h>

/* Whether the thread has something for the tracer, or is gone. */
static bool has_event(pid_t tid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) <
		       0 ||
	       info.si_pid != 0;
}

struct passage {
	int listener;
	int events; /* readable when a tracee has an event; its signal is blocked */
};

/*
 * Our close(2), if it is notified as well: we are the supervisor still. No other thread of the
 * program runs. It may not come to that: a stop (or the end) of the thread can come first.
 */
static int let_through(struct tracees *tracees, pid_t tid, void *data)
{
	const struct passage *passage = data;
	struct pollfd pollers[2] = { { .fd = passage->listener, .events = POLLIN },
				     { .fd = passage->events, .events = POLLIN } };
	struct stile_notification notification;
	struct signalfd_siginfo signal;

	(void)tracees;
	while (!has_event(tid)) {
		if (poll(pollers, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (pollers[1].revents &&
		    read(passage->events, &signal, sizeof(signal)) != sizeof(signal) &&
		    errno != EAGAIN)
			return -EIO;
		if (pollers[0].revents & POLLIN &&
		    stile_receive_notification(passage->listener, &notification) == 0)
			(void)stile_respond_continue(passage->listener, notification.id);
	}
	return 0;
}

/* The kernel tells a tracer of stops by SIGCHLD, unless it ignores that. */
static int open_events(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (sigaction(SIGCHLD, &action, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int close_there(struct tracer *t, int number, int listener)
{
	const uint64_t arguments[6] = { (uint64_t)number };
	struct passage passage = { listener, open_events() };
	int64_t answer = 0;
	int error;

	if (passage.events < 0)
		return spawn_fail(t, -EIO, "cannot wait for the program's stops: signalfd: %s",
				  strerrordesc_np(errno));
	error = inject_call_with(&t->tracees, t->child, __NR_close, arguments, &answer,
				 &(struct inject_helper){ let_through, &passage });
	(void)close(passage.events);
	if (error == 0 && answer != 0)
		error = spawn_fail(t, -EIO, "the program keeps the filter's listener: close: %s",
				   strerrordesc_np((int)-answer));
	return error;
}

int spawn_take_listener(struct tracer *t, int number)
{
	int listener, error;

	if (t->child_fd < 0)
		return spawn_fail(t, -EIO,
				  "the tracer has no pidfd of the program: no descriptor is left "
				  "(RLIMIT_NOFILE), or the kernel has no pidfd_open(2)");
	listener = (int)syscall(SYS_pidfd_getfd, t->child_fd, number, 0);
	if (listener < 0)
		return spawn_fail(t, -EIO, "cannot take the filter's listener: %s",
				  strerrordesc_np(errno));
	error = close_there(t, number, listener);
	if (error == 0 && stile_send_descriptor(t->listener_gate, listener) < 0)
		error = spawn_fail(t, -EIO, "cannot send the filter's listener");
	(void)close(listener);
	return error;
}
