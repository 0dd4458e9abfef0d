/* SPDX-License-Identifier: MIT */
#include "quoted_text.h"

#include "message_escape.h"

#define ESCAPED_BYTES 4 /* \xNN */

void quoted_text_add(struct text *text, const char *bytes, size_t size, bool is_cut)
{
	char quoted[QUOTED_BYTES * ESCAPED_BYTES + 1] = "";
	char shown[sizeof(quoted)];

	if (size > QUOTED_BYTES) {
		size = QUOTED_BYTES;
		is_cut = true;
	}
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\0')
			text_append(quoted, sizeof(quoted), "\\x00");
		else if (bytes[i] == '"' || bytes[i] == '\\')
			text_append(quoted, sizeof(quoted), "\\%c", bytes[i]);
		else
			text_append(quoted, sizeof(quoted), "%c", bytes[i]);
	}
	/* What was escaped now is not escaped again: each byte comes to four at most. */
	(void)message_escape(shown, sizeof(shown), quoted, false);
	text_add(text, "\"%s\"%s", shown, is_cut ? "..." : "");
}
