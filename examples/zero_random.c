/* SPDX-License-Identifier: MIT */
/*
 * Runs a program for which getrandom(2) gives zeros, so that what it does by chance can be
 * repeated. The supervisor has a loop of its own, on a listener that came over a socket:
 * stile/notify.h alone, for programs that have a loop already. (/dev/urandom stays what it is.)
 *
 *	zero_random PROGRAM [ARGUMENT...]
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile.h>

#define BLOCK 4096
#define FLAGS (GRND_NONBLOCK | GRND_RANDOM | 0x4 /* GRND_INSECURE, which old headers lack */)

/* ---- The target ---- */

/* getrandom() waits from now on, but nothing is refused yet: the listener can still be sent. */
static int send_listener(int listener, void *data)
{
	const int *socket = data;

	/* 0: sent, so the library closes the target's copy. It could answer itself with one. */
	return stile_send_descriptor(*socket, listener);
}

_Noreturn static void be_target(int socket, char **argv)
{
	struct stile *s = stile_new_allowing();

	stile_notify(s, "getrandom");
	if (stile_apply_with_listener(s, send_listener, &socket) < 0)
		errx(1, "cannot sandbox: %s", stile_message(s));
	stile_free(s);
	(void)execvp(argv[0], argv); /* the filter stays; the socket is closed */
	err(127, "%s", argv[0]);
}

/* ---- The supervisor ---- */

/* As the kernel would, but for the bytes. Every answer may fail with -ENOENT: the target died. */
static int answer(int listener, const struct stile_notification *call)
{
	static const char zeros[BLOCK];
	const __u64 *arguments = call->data.args; /* buffer, size, flags */
	/* More than 256 bytes may come in parts, says getrandom(2): nobody makes us write GiB. */
	const size_t size = arguments[1] < BLOCK ? arguments[1] : BLOCK;
	int error;

	if ((unsigned int)arguments[2] & ~(unsigned int)FLAGS)
		return stile_respond_errno(listener, call->id, EINVAL);
	/* This is no judgement by memory: the call is not made, whatever stands there later. */
	error = stile_write_target(listener, call, arguments[0], zeros, size);
	if (error == -EFAULT)
		return stile_respond_errno(listener, call->id, EFAULT);
	if (error)
		return error;
	return stile_respond_value(listener, call->id, (int64_t)size);
}

/* Until the last target is gone: how many calls were answered. */
static unsigned long serve(int listener)
{
	struct pollfd poller = { .fd = listener, .events = POLLIN };
	struct stile_notification call;
	unsigned long count = 0;
	int error;

	for (;;) {
		if (poll(&poller, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}
		if (!(poller.revents & POLLIN))
			return count; /* POLLHUP */
		error = stile_receive_notification(listener, &call);
		if (!error)
			error = answer(listener, &call);
		count += error == 0;
		/* One target's end is no reason to leave the others alone. Other errors are: then
		 * this process ends, and with its listener what it did not answer: ENOSYS. */
		if (error && error != -ENOENT && error != -EINTR)
			errx(1, "a call cannot be answered: %s", strerror(-error));
	}
}

int main(int argc, char **argv)
{
	int ends[2], listener, status;
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: zero_random PROGRAM [ARGUMENT...]");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		err(1, "socketpair");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		(void)close(ends[0]);
		be_target(ends[1], argv + 1);
	}
	(void)close(ends[1]); /* else a target that dies early would never close it for us */
	listener = stile_receive_descriptor(ends[0]);
	(void)close(ends[0]);
	if (listener >= 0) {
		printf("%lu calls answered\n", serve(listener));
		(void)close(listener);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	if (listener < 0)
		errx(1, "no listener came: %s", strerror(-listener));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
