/* SPDX-License-Identifier: MIT */
/* Descriptors over UNIX sockets: one in each message of one byte. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stile/notify.h>

#include "public.h"

/* Linux 6.5's, which comes with a descriptor, too; older headers do not have it. */
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

STILE_PUBLIC int stile_send_descriptor(int socket, int fd)
{
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* What has come: the one descriptor, -1 for none; all others are closed. */
static int keep_one(struct msghdr *message, unsigned int *count)
{
	int kept = -1;

	*count = 0;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		bool is_rights = header->cmsg_type == SCM_RIGHTS;

		if (header->cmsg_level != SOL_SOCKET ||
		    (!is_rights && header->cmsg_type != SCM_PIDFD))
			continue;
		for (size_t at = 0; at + sizeof(int) <= header->cmsg_len - CMSG_LEN(0);
		     at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + at, sizeof(fd));
			if (is_rights && (*count)++ == 0)
				kept = fd;
			else if (fd >= 0)
				close(fd);
		}
	}
	return kept;
}

/* The kernel drops descriptors that the process has no room for, and says no more than that. */
static int missing_descriptor(int socket)
{
	int copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	close(copy);
	return -EPROTO;
}

STILE_PUBLIC int stile_receive_descriptor(int socket)
{
	union {
		struct cmsghdr header;
		/* with room for what the socket may be set to add: SO_PASSCRED, SO_PASSSEC */
		char bytes[1024];
	} control;
	char byte;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	unsigned int count;
	ssize_t size;
	int fd;

	do
		size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	fd = keep_one(&message, &count);
	if (size == 1 && count == 1 && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return fd;
	if (fd >= 0)
		close(fd);
	if (size == 0 && count == 0 && !(message.msg_flags & MSG_CTRUNC))
		return -ENODATA;
	if (count == 0 && (message.msg_flags & MSG_CTRUNC))
		return missing_descriptor(socket);
	return -EPROTO;
}
