/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_SHOWN_H
#define FORMATS_SHOWN_H

/* Words of a file in sentences about it, which long ones would push out of sight. */

#include <stddef.h>

/* "'word'"; of a long one the first bytes, and dots: "'12345'...". */
struct shown {
	char text[48];
};

struct shown shown_bytes(const char *bytes, size_t length);
struct shown shown_word(const char *word);

#endif
