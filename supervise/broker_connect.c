/* SPDX-License-Identifier: MIT */
/*
 * A connect(2) that waits cannot be told to stop, but it can be told how long to wait: by the
 * socket's own SO_SNDTIMEO, which is put back afterwards. Called again it waits on. The target
 * could see that in getsockopt(2) meanwhile. If it sets the option itself just then, or connects
 * the same socket in two threads, it may find it changed, and the connect may last as long as the
 * other side makes it wait, also after the target's death.
 */
#include "broker_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include <stile/notify.h>

#include "call.h"

#define PIECE_MICROSECONDS 300000
#define SECOND_MICROSECONDS 1000000

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int get_option(int socket, int option)
{
	socklen_t length = sizeof(int);
	int value;

	return getsockopt(socket, SOL_SOCKET, option, &value, &length) < 0 ? -1 : value;
}

/* Whether connect(2) waits, and can be called again to wait on. */
static bool can_wait(int socket)
{
	const int flags = fcntl(socket, F_GETFL), protocol = get_option(socket, SO_PROTOCOL);

	if (flags < 0 || flags & O_NONBLOCK)
		return false;
	switch (get_option(socket, SO_DOMAIN)) {
	case AF_UNIX:
		return true;
	case AF_INET:
	case AF_INET6:
		return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
	default:
		return false;
	}
}

static int64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * SECOND_MICROSECONDS + time.tv_nsec / 1000;
}

static int connect_once(int socket, const struct sockaddr *address, socklen_t length)
{
	return connect(socket, address, length) < 0 ? -errno : 0;
}

static bool set_timeout(int socket, int64_t microseconds)
{
	const struct timeval time = { .tv_sec = microseconds / SECOND_MICROSECONDS,
				      .tv_usec = microseconds % SECOND_MICROSECONDS };

	return setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) == 0;
}

/* What it says when the time is over: that of a UNIX socket, or of the others. */
static bool is_waiting(int error)
{
	return error == -EAGAIN || error == -EINPROGRESS || error == -EALREADY || error == -EINTR;
}

/* until: when the target's own timeout ends; 0: never. */
static int connect_in_pieces(const struct stile_call *call, int socket,
			     const struct sockaddr *address, socklen_t length, int64_t until)
{
	int first = 0;

	for (;;) {
		int64_t piece = PIECE_MICROSECONDS;
		int error;

		if (until && until - now() < piece)
			piece = until - now() > 0 ? until - now() : 1;
		if (!set_timeout(socket, piece))
			return -EPERM;
		error = connect_once(socket, address, length);
		if (!is_waiting(error))
			return error;
		/* How the target would have been told that its time is over. */
		if (first == 0 && error != -EINTR)
			first = error;
		if (until && now() >= until)
			return first ? first : error;
		if (stile_check_notification(call->listener, call->notification.id) < 0)
			return -ESRCH;
	}
}

int connect_for(const struct stile_call *call, int socket, const struct sockaddr *address,
		socklen_t length)
{
	struct timeval own;
	socklen_t size = sizeof(own);
	int64_t wanted;
	int error;

	if (!can_wait(socket) || getsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &own, &size) < 0)
		return connect_once(socket, address, length);
	wanted = (int64_t)own.tv_sec * SECOND_MICROSECONDS + own.tv_usec;
	error = connect_in_pieces(call, socket, address, length, wanted ? now() + wanted : 0);
	(void)set_timeout(socket, wanted);
	return error;
}
