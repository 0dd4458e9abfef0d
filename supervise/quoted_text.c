/* SPDX-License-Identifier: MIT */
#include "quoted_text.h"

#include <string.h>

#include "message_escape.h"

#define ESCAPED_BYTES 4 /* \xNN */

void quoted_text_add(struct text *text, const char *bytes, size_t size, bool is_cut)
{
	char quoted[QUOTED_BYTES * ESCAPED_BYTES + 1];
	char shown[sizeof(quoted)];
	size_t length = 0;

	if (size > QUOTED_BYTES) {
		size = QUOTED_BYTES;
		is_cut = true;
	}
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\0') {
			memcpy(quoted + length, "\\x00", ESCAPED_BYTES);
			length += ESCAPED_BYTES;
			continue;
		}
		if (bytes[i] == '"' || bytes[i] == '\\')
			quoted[length++] = '\\';
		quoted[length++] = bytes[i];
	}
	quoted[length] = '\0';
	/* What was escaped now is not escaped again: each byte comes to four at most. */
	(void)message_escape(shown, sizeof(shown), quoted, false);
	text_add(text, "\"%s\"%s", shown, is_cut ? "..." : "");
}
