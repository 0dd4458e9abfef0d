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

static void set(struct diagnostics *diagnostics, struct diagnostic *item,
		const struct diagnostic *from)
{
	*item = *from;
	item->file = escaped(from->file);
	item->text = escaped(from->text);
	if (!item->file || !item->text)
		diagnostics->has_failed = true;
}

static size_t lost(size_t count)
{
	return count > DIAGNOSTICS_MAX ? count - DIAGNOSTICS_MAX : 0;
}

/* Whether the last item already says that there were more, before what is being said now. */
static bool has_remark(const struct diagnostics *diagnostics, enum severity severity)
{
	const bool is_error = severity == SEVERITY_ERROR;

	return lost(diagnostics->error_count - is_error) ||
	       lost(diagnostics->warning_count - !is_error);
}

/* Says at the end how many there were that are not kept. */
static void put_remark(struct diagnostics *diagnostics, bool is_there, const char *file)
{
	const size_t errors = lost(diagnostics->error_count);
	const size_t warnings = lost(diagnostics->warning_count);
	char text[TEXT_MAX];
	const struct diagnostic from = { errors ? SEVERITY_ERROR : SEVERITY_WARNING, (char *)file,
					 0, 0, text };
	struct diagnostic *item;

	(void)snprintf(text, sizeof(text),
		       "there is more to say, in %zu errors and %zu warnings: mend these first",
		       errors, warnings);
	if (is_there) {
		item = &diagnostics->items[diagnostics->count - 1];
		free(item->file);
		free(item->text);
	} else {
		item = add(diagnostics);
	}
	if (item)
		set(diagnostics, item, &from);
}

/* Keeps one, before what says that there were more. */
static void keep(struct diagnostics *diagnostics, bool is_remarked, const struct diagnostic *from)
{
	struct diagnostic *item = add(diagnostics);

	if (!item)
		return;
	if (is_remarked) {
		item[0] = item[-1];
		item--;
	}
	set(diagnostics, item, from);
}

static void __attribute__((format(printf, 6, 0)))
diagnose(struct diagnostics *diagnostics, enum severity severity, const char *file,
	 unsigned int line, unsigned int column, const char *format, va_list arguments)
{
	size_t *count = severity == SEVERITY_ERROR ? &diagnostics->error_count :
						     &diagnostics->warning_count;
	char text[TEXT_MAX];
	const struct diagnostic from = { severity, (char *)file, line, column, text };
	bool is_remarked;

	++*count;
	if (diagnostics->has_failed)
		return;
	is_remarked = has_remark(diagnostics, severity);
	if (*count > DIAGNOSTICS_MAX) {
		put_remark(diagnostics, is_remarked, file);
		return;
	}
	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		text[0] = '\0';
	keep(diagnostics, is_remarked, &from);
}

int vdiagnose_error(struct diagnostics *diagnostics, const char *file, unsigned int line,
		    unsigned int column, const char *format, va_list arguments)
{
	diagnose(diagnostics, SEVERITY_ERROR, file, line, column, format, arguments);
	return -1;
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
