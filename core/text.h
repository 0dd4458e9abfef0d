/* SPDX-License-Identifier: MIT */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

/*
 * Text that grows. (open_memstream() does the same, but glibc's fprintf() to it drops what it
 * has no memory for and leaves no error in the stream.)
 */

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes; /* NULL while nothing was added */
	size_t length, capacity;
	bool has_failed; /* memory ran out: the text is not whole */
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends to a string that has room for size bytes; what does not fit is left out. */
void text_append(char *string, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The text, allocated, "" at least; NULL if memory ran out. The struct is empty afterwards. */
char *text_take(struct text *text);

#endif
