/* SPDX-License-Identifier: MIT */
/*
 * open(2) of a FIFO cannot be interrupted but by signals, and a library has none for itself. So it
 * is opened without waiting, and looked at now and then until the other end is there. For others it
 * is as if the target itself waited, but that they find no writer in a FIFO while one waits for
 * them.
 */
#include "broker_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include <stile/notify.h>

#include "broker_open_at.h"
#include "call.h"

#define PAUSE_MILLISECONDS_MAX 64

/* Twice as long each time. 0, or -ENOENT: the target is gone. fd -1: for the time alone. */
static int pause_for(const struct stile_call *call, int fd, int *milliseconds)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };

	(void)poll(&wanted, 1, *milliseconds);
	if (*milliseconds < PAUSE_MILLISECONDS_MAX)
		*milliseconds *= 2;
	return stile_check_notification(call->listener, call->notification.id);
}

/* As the target has asked for it. */
static int set_blocking(int fd, int flags)
{
	if (fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
		return fd;
	flags = -errno;
	(void)close(fd);
	return flags;
}

static int open_writer(const struct stile_call *call, int fifo, int flags)
{
	int milliseconds = 1;

	for (;;) {
		int fd = open_again(fifo, flags | O_NONBLOCK), error;

		if (fd >= 0)
			return set_blocking(fd, flags);
		if (fd != -ENXIO)
			return fd;
		error = pause_for(call, -1, &milliseconds);
		if (error)
			return error;
	}
}

/*
 * Whether there is a writer, was one, or something was written. tee(2), which takes nothing out,
 * tells an end without writers from one that has them.
 */
static bool has_seen_writer(int fd, int scratch)
{
	struct pollfd hangup = { .fd = fd };

	if (poll(&hangup, 1, 0) > 0)
		return true;
	return tee(fd, scratch, 1, SPLICE_F_NONBLOCK) != 0;
}

static int wait_for_writer(const struct stile_call *call, int fd)
{
	int milliseconds = 1, error = 0, scratch[2];

	if (pipe2(scratch, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	while (error == 0 && !has_seen_writer(fd, scratch[1]))
		error = pause_for(call, fd, &milliseconds);
	(void)close(scratch[0]);
	(void)close(scratch[1]);
	return error;
}

static int open_reader(const struct stile_call *call, int fifo, int flags)
{
	int fd = open_again(fifo, flags | O_NONBLOCK), error;

	if (fd < 0)
		return fd;
	error = wait_for_writer(call, fd);
	if (error == 0)
		return set_blocking(fd, flags);
	(void)close(fd);
	return error;
}

int fifo_open(const struct stile_call *call, int fifo, int flags)
{
	return (flags & O_ACCMODE) == O_RDONLY ? open_reader(call, fifo, flags) :
						 open_writer(call, fifo, flags);
}
