/* SPDX-License-Identifier: MIT */
/*
 * Messages between a supervisor and its workers: a packet is the message and one byte behind it.
 * So an empty message is told from the end, which the kernel shows as a packet of no bytes; and a
 * plain recv(2) into the caller's buffer finds the message at its start.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stile/worker.h>

#include "public.h"

#define PACKET_MAX (STILE_MESSAGE_MAX + 1)

/* Room for descriptors, aligned as a header must be. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(STILE_MESSAGE_DESCRIPTORS_MAX * sizeof(int))];
};

/* The system's default (net.core.wmem_default) may be less than one packet. Where it is and cannot
 * be raised a long message is -EMSGSIZE. The kernel doubles what is set, for its own needs. */
static void make_room(int fd)
{
	int size = 0;
	socklen_t length = sizeof(size);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) < 0 || size >= 2 * PACKET_MAX)
		return;
	size = PACKET_MAX;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

STILE_PUBLIC int stile_channel_pair(struct stile_channel ends[2])
{
	int pair[2];

	if (!ends)
		return -EINVAL;
	ends[0].fd = ends[1].fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	for (unsigned int i = 0; i < 2; i++) {
		make_room(pair[i]);
		ends[i].fd = pair[i];
	}
	return 0;
}

STILE_PUBLIC void stile_channel_close(struct stile_channel *channel)
{
	if (!channel || channel->fd < 0)
		return;
	(void)close(channel->fd);
	channel->fd = -1;
}

static int send_error(int error)
{
	/* The other end was closed, with or without messages that nobody read. */
	return error == ECONNRESET || error == ENOTCONN || error == ECONNREFUSED ? -EPIPE : -error;
}

STILE_PUBLIC int stile_channel_send(const struct stile_channel *channel, const void *bytes,
				    size_t length, const int *descriptors, size_t count)
{
	union control control = { .bytes = { 0 } };
	char end = 0;
	struct iovec parts[] = { { (void *)(uintptr_t)bytes, length }, { &end, sizeof(end) } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t sent;

	if (!channel || (!bytes && length) || (!descriptors && count))
		return -EINVAL;
	if (length > STILE_MESSAGE_MAX || count > STILE_MESSAGE_DESCRIPTORS_MAX)
		return -EMSGSIZE;
	if (count) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	do
		sent = sendmsg(channel->fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return send_error(errno);
	return (size_t)sent == length + sizeof(end) ? 0 : -EIO;
}

/* A packet's length in full; what does not fit was cut off. The kernel says once that the other end
 * was closed with messages unread; ours may wait here still. */
static ssize_t receive_plain(int fd, void *buffer, size_t size)
{
	ssize_t length;

	do
		length = recv(fd, buffer, size, MSG_TRUNC);
	while (length < 0 && (errno == EINTR || errno == ECONNRESET));
	return length < 0 ? -errno : length;
}

/* The descriptors that came, at most STILE_MESSAGE_DESCRIPTORS_MAX: their number. */
static size_t take_descriptors(struct msghdr *message, int *descriptors)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t count;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len < CMSG_LEN(sizeof(int)))
		return 0;
	count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (count > STILE_MESSAGE_DESCRIPTORS_MAX)
		count = STILE_MESSAGE_DESCRIPTORS_MAX; /* there was no room for more */
	memcpy(descriptors, CMSG_DATA(header), count * sizeof(int));
	return count;
}

/* Into descriptors, which has room for all that may come; *count is how many may, and did. */
static ssize_t receive_descriptors(int fd, void *buffer, size_t size, int *descriptors,
				   size_t *count)
{
	union control control;
	struct iovec part = { buffer, size };
	const size_t room = *count;
	struct msghdr message;
	ssize_t length;

	do {
		message = (struct msghdr){ .msg_iov = &part,
					   .msg_iovlen = 1,
					   .msg_control = room ? &control : NULL,
					   /* Not CMSG_SPACE(), which may have room for one more. */
					   .msg_controllen = room ? CMSG_LEN(room * sizeof(int)) :
								    0 };
		length = recvmsg(fd, &message, MSG_TRUNC | MSG_CMSG_CLOEXEC);
	} while (length < 0 && (errno == EINTR || errno == ECONNRESET));
	*count = 0;
	if (length < 0)
		return -errno;
	*count = take_descriptors(&message, descriptors);
	/* The kernel closed some: more than there was room for here, or in this process. */
	if (message.msg_flags & MSG_CTRUNC)
		return *count < room ? -EMFILE : -EPERM;
	return length;
}

static void close_all(const int *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)close(descriptors[i]);
}

STILE_PUBLIC ssize_t stile_channel_receive(const struct stile_channel *channel, void *buffer,
					   size_t size, int *descriptors, size_t *count)
{
	int came[STILE_MESSAGE_DESCRIPTORS_MAX];
	size_t came_count = count ? *count : 0;
	ssize_t length;

	if (count)
		*count = 0;
	if (!channel || (!buffer && size) || (came_count && !descriptors))
		return -EINVAL;
	if (came_count > STILE_MESSAGE_DESCRIPTORS_MAX)
		came_count = STILE_MESSAGE_DESCRIPTORS_MAX;
	length = count ? receive_descriptors(channel->fd, buffer, size, came, &came_count) :
			 receive_plain(channel->fd, buffer, size);
	if (length == 0)
		length = -ENODATA;
	else if (length > 0 && ((size_t)--length > size || length > STILE_MESSAGE_MAX))
		length = -EMSGSIZE;
	if (length < 0) {
		close_all(came, came_count);
		return length;
	}
	for (size_t i = 0; i < came_count; i++)
		descriptors[i] = came[i];
	if (count)
		*count = came_count;
	return length;
}
