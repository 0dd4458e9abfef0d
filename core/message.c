/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <stdbool.h>
#include <stdio.h>

#include "message_escape.h"

int message_set(struct message *message, int error, const char *format, ...)
{
	/* Apart from message->text, which may be among the arguments. */
	char plain[2 * sizeof(message->text)];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(plain, sizeof(plain), format, arguments);
	va_end(arguments);
	/* It fails when memory is out (very wide fields) or on wide characters: the bare format
	 * still says what happened. */
	if (length < 0)
		message_escape(message->text, sizeof(message->text), format, true);
	else
		message_escape(message->text, sizeof(message->text), plain,
			       (size_t)length >= sizeof(plain));
	return error;
}
