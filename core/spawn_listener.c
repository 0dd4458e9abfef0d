/* SPDX-License-Identifier: MIT */
#include "spawn_listener.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/notify.h>

#define PAUSE_MILLISECONDS 10

/* Whether the thread has something for the tracer, or is gone. */
static bool has_event(pid_t tid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) <
		       0 ||
	       info.si_pid != 0;
}

/*
 * Our close(2), if it is notified as well: we are the supervisor still. No other thread of the
 * program runs. It may not come to that: a stop (or the end) of the thread can come first, which
 * neither is told to poll(2), nor wakes it.
 */
static int let_through(struct tracees *tracees, pid_t tid, void *data)
{
	struct pollfd poller = { .fd = *(const int *)data, .events = POLLIN };
	struct stile_notification notification;

	(void)tracees;
	while (!has_event(tid)) {
		const int ready = poll(&poller, 1, PAUSE_MILLISECONDS);

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready <= 0 || !(poller.revents & POLLIN))
			continue;
		if (stile_receive_notification(poller.fd, &notification) == 0)
			(void)stile_respond_continue(poller.fd, notification.id);
	}
	return 0;
}

int spawn_take_listener(struct tracer *t, int number)
{
	const uint64_t arguments[6] = { (uint64_t)number };
	int64_t answer = 0;
	int listener, error;

	if (t->child_fd < 0)
		return spawn_fail(t, -EIO, "this kernel has no pidfd_open(2)");
	listener = (int)syscall(SYS_pidfd_getfd, t->child_fd, number, 0);
	if (listener < 0)
		return spawn_fail(t, -EIO, "cannot take the filter's listener: %s",
				  strerrordesc_np(errno));
	error = inject_call_with(&t->tracees, t->child, __NR_close, arguments, &answer,
				 &(struct inject_helper){ let_through, &listener });
	if (error == 0 && answer != 0)
		error = spawn_fail(t, -EIO, "the program keeps the filter's listener: close: %s",
				   strerrordesc_np((int)-answer));
	if (error == 0 && stile_send_descriptor(t->listener_gate, listener) < 0)
		error = spawn_fail(t, -EIO, "cannot send the filter's listener");
	(void)close(listener);
	return error;
}
