/* SPDX-License-Identifier: MIT */
#include "shown.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES 40

struct shown shown_bytes(const char *bytes, size_t length)
{
	const int kept = length > SHOWN_BYTES ? SHOWN_BYTES : (int)length;
	struct shown shown;

	(void)snprintf(shown.text, sizeof(shown.text), "'%.*s'%s", kept, bytes,
		       length > SHOWN_BYTES ? "..." : "");
	return shown;
}

struct shown shown_word(const char *word)
{
	return shown_bytes(word, strlen(word));
}
