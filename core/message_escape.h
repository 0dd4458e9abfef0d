/* SPDX-License-Identifier: MIT */
#ifndef CORE_MESSAGE_ESCAPE_H
#define CORE_MESSAGE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies text so that no terminal can be harmed or deceived by it: control characters, DEL, C1,
 * bidirectional and invisible characters, and bytes outside UTF-8 become \xNN. What does not fit
 * into size bytes (at least 4, with the NUL), or is known to be missing after text, is cut with
 * "…". False: it was cut.
 */
bool message_escape(char *to, size_t size, const char *text, bool missing);

#endif
