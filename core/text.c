/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for so many more bytes and the final NUL. */
static bool grow(struct text *text, size_t more)
{
	size_t capacity = text->capacity ? text->capacity : 256;
	char *bytes;

	while (capacity - text->length <= more)
		capacity *= 2;
	if (capacity == text->capacity)
		return true;
	bytes = realloc(text->bytes, capacity);
	if (!bytes)
		return false;
	text->bytes = bytes;
	text->capacity = capacity;
	return true;
}

void text_add(struct text *text, const char *format, ...)
{
	va_list arguments, again;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	if (text->has_failed || length < 0 || !grow(text, (size_t)length)) {
		text->has_failed = true;
	} else {
		(void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	}
	va_end(again);
	va_end(arguments);
}

void text_append(char *string, size_t size, const char *format, ...)
{
	const size_t length = strlen(string);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(string + length, size - length, format, arguments);
	va_end(arguments);
}

char *text_take(struct text *text)
{
	char *bytes;

	text_add(text, "%s", "");
	bytes = text->bytes;
	if (text->has_failed) {
		free(bytes);
		bytes = NULL;
	}
	memset(text, 0, sizeof(*text));
	return bytes;
}
