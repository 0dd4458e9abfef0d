/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_LISTENER_H
#define SUPERVISE_LISTENER_H

/* Requests to a filter's listener. */

#include <errno.h>
#include <sys/ioctl.h>

/*
 * ioctl(2), again when a signal came between. What the kernel says of a call that waits no more
 * is one error: -ENOENT (it is gone), as are -EINPROGRESS (it has been answered) and -ESRCH (its
 * thread died meanwhile). -EBADF: this is no listener.
 */
static inline int listener_request(int listener, unsigned long request, void *argument)
{
	int result;

	do
		result = ioctl(listener, request, argument);
	while (result < 0 && errno == EINTR);
	if (result >= 0)
		return result;
	switch (errno) {
	case EINPROGRESS:
	case ESRCH:
		return -ENOENT;
	case ENOTTY:
		return -EBADF;
	default:
		return -errno;
	}
}

#endif
