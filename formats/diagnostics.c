/* SPDX-License-Identifier: MIT */
#include "diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1500 /* bytes of one, before bytes are escaped */

/* Printable ASCII stays; all else could harm or deceive a terminal. */
static char *escaped(const char *text)
{
	const size_t length = strnlen(text, TEXT_MAX);
	char *copy = malloc(4 * length + 1), *to = copy;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		const unsigned char byte = (unsigned char)text[i];

		if (byte >= ' ' && byte <= '~')
			*to++ = (char)byte;
		else
			to += sprintf(to, "\\x%02x", byte);
	}
	*to = '\0';
	return copy;
}

static struct diagnostic *add(struct diagnostics *diagnostics)
{
	if (diagnostics->count == diagnostics->capacity) {
		const size_t capacity = diagnostics->capacity ? 2 * diagnostics->capacity : 8;
		struct diagnostic *items = realloc(diagnostics->items, capacity * sizeof(*items));

		if (!items) {
			diagnostics->has_failed = true;
			return NULL;
		}
		diagnostics->items = items;
		diagnostics->capacity = capacity;
	}
	return &diagnostics->items[diagnostics->count++];
}

static void __attribute__((format(printf, 6, 0)))
diagnose(struct diagnostics *diagnostics, enum severity severity, const char *file,
	 unsigned int line, unsigned int column, const char *format, va_list arguments)
{
	char text[TEXT_MAX];
	struct diagnostic *item;

	diagnostics->error_count += severity == SEVERITY_ERROR;
	if (diagnostics->count > DIAGNOSTICS_MAX)
		return;
	if (diagnostics->count == DIAGNOSTICS_MAX)
		(void)snprintf(text, sizeof(text), "there is more to say: mend these first");
	else if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		text[0] = '\0';
	item = add(diagnostics);
	if (!item)
		return;
	*item = (struct diagnostic){ severity, escaped(file), line, column, escaped(text) };
	if (!item->file || !item->text)
		diagnostics->has_failed = true;
}

int diagnose_error(struct diagnostics *diagnostics, const char *file, unsigned int line,
		   unsigned int column, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diagnose(diagnostics, SEVERITY_ERROR, file, line, column, format, arguments);
	va_end(arguments);
	return -1;
}

void diagnose_warning(struct diagnostics *diagnostics, const char *file, unsigned int line,
		      unsigned int column, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diagnose(diagnostics, SEVERITY_WARNING, file, line, column, format, arguments);
	va_end(arguments);
}

void diagnostics_free(struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		free(diagnostics->items[i].file);
		free(diagnostics->items[i].text);
	}
	free(diagnostics->items);
	*diagnostics = (struct diagnostics){ 0 };
}
