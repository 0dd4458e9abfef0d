/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_QUOTED_TEXT_H
#define SUPERVISE_QUOTED_TEXT_H

/* Bytes of a target, between quotation marks. */

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

#define QUOTED_BYTES 64 /* more are not shown of one string */

/*
 * Adds "etc/passwd" with its quotation marks: no terminal can be harmed or deceived by it
 * (message_escape.h), and it ends where it seems to end. At most QUOTED_BYTES of the bytes;
 * "..." behind it says that there are more, as is_cut does.
 */
void quoted_text_add(struct text *text, const char *bytes, size_t size, bool is_cut);

#endif
