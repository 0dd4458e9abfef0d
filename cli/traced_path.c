/* SPDX-License-Identifier: MIT */
#include "traced_path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *escape(const char *bytes, size_t length)
{
	char *text = malloc(4 * length + 1);
	size_t used = 0;

	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		const unsigned char byte = (unsigned char)bytes[i];

		if (byte >= ' ' && byte <= '~' && byte != '<' && byte != '>' && byte != '\\')
			text[used++] = (char)byte;
		else
			used += (size_t)sprintf(text + used, "\\x%02x", byte);
	}
	text[used] = '\0';
	return text;
}

char *traced_path(pid_t thread, int number)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	if (number == AT_FDCWD)
		(void)snprintf(link, sizeof(link), "/proc/%d/cwd", (int)thread);
	else if (number >= 0)
		(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)thread, number);
	else
		return NULL;
	length = readlink(link, path, sizeof(path));
	return length < 0 ? NULL : escape(path, (size_t)length);
}
