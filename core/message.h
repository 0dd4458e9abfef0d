/* SPDX-License-Identifier: MIT */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include <stdarg.h>

/* A sentence for the user, in place so that it can always be written. */
struct message {
	char text[1024];
};

/* Writes a sentence; what does not fit is cut with "…". Control characters, DEL and bytes
 * outside UTF-8 that come in through arguments are shown as \xNN. Returns error, for `return`. */
int message_set(struct message *message, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
