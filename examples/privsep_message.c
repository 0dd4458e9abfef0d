/* SPDX-License-Identifier: MIT */
/* Messages between the processes of privsep_ipc. */
#include <errno.h>
#include <string.h>

#include "privsep.h"

int message_send(const struct stile_channel *channel, enum message_kind kind, const char *text,
		 size_t length)
{
	struct message message = { .kind = kind, .length = (uint32_t)length };

	if (length > sizeof(message.text))
		return -EMSGSIZE;
	memcpy(message.text, text, length);
	return stile_channel_send(channel, &message, MESSAGE_HEADER + length, NULL, 0);
}

int message_receive(const struct stile_channel *channel, struct message *message)
{
	ssize_t length;

	memset(message, 0, sizeof(*message));
	length = stile_channel_receive(channel, message, sizeof(*message), NULL, NULL);
	if (length == -EMSGSIZE)
		return -EBADMSG;
	if (length < 0)
		return (int)length;
	if ((size_t)length < MESSAGE_HEADER || message->length != (size_t)length - MESSAGE_HEADER ||
	    message->kind >= MESSAGE_KINDS)
		return -EBADMSG;
	return 0;
}
