/* SPDX-License-Identifier: MIT */
/* Messages between the processes of privsep_ipc. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "privsep.h"

int message_send(int channel, enum message_kind kind, const char *text, size_t length)
{
	struct message message = { .kind = kind, .length = (uint32_t)length };
	ssize_t sent;

	if (length > sizeof(message.text)) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(message.text, text, length);
	/* send(), not write(): without a reader there would be a SIGPIPE, and plain write is a
	 * grant for every descriptor */
	do
		sent = send(channel, &message, MESSAGE_HEADER + length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

int message_receive(int channel, struct message *message)
{
	ssize_t length;

	memset(message, 0, sizeof(*message));
	/* MSG_TRUNC: the length that was sent, also if it is more than fits */
	do
		length = recv(channel, message, sizeof(*message), MSG_TRUNC);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -1;
	if (length == 0) {
		errno = EPIPE;
		return -1;
	}
	if ((size_t)length < MESSAGE_HEADER || (size_t)length > sizeof(*message) ||
	    message->length != (size_t)length - MESSAGE_HEADER || message->kind >= MESSAGE_KINDS) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

/* Room for one descriptor, aligned as a header must be. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int channel_send(int through, int channel)
{
	union control control = { .bytes = { 0 } };
	char byte = 0; /* a descriptor needs company */
	struct iovec data = { &byte, sizeof(byte) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(channel));
	memcpy(CMSG_DATA(header), &channel, sizeof(channel));
	return sendmsg(through, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int channel_receive(int through)
{
	union control control;
	char byte;
	struct iovec data = { &byte, sizeof(byte) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	ssize_t length;
	int channel;

	do
		length = recvmsg(through, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(channel))) {
		errno = length == 0 ? EPIPE : EBADMSG;
		return -1;
	}
	memcpy(&channel, CMSG_DATA(header), sizeof(channel));
	return channel;
}
