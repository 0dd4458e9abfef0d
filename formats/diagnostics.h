/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_DIAGNOSTICS_H
#define FORMATS_DIAGNOSTICS_H

/* What readers and writers have to say: each with its place in a file. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct diagnostic {
	enum severity severity;
	char *file;		   /* as the user named it */
	unsigned int line, column; /* from 1; 0: none */
	char *text; /* a sentence; bytes that are not printable ASCII are shown as \xNN */
};

struct diagnostics {
	struct diagnostic *items; /* in the order in which they were said */
	size_t count, capacity;
	size_t error_count, warning_count; /* that were said, kept or not */
	bool has_failed;		   /* out of memory: some are lost. Counts as an error */
};

/* At most so many errors are kept, and as many warnings; one more item, the last, says how many
 * there were beside them. */
#define DIAGNOSTICS_MAX 100

/*
 * Say what is wrong: what was found, what was expected, what to do. Column in bytes from 1.
 * diagnose_error() returns -1, for `return`.
 */
int diagnose_error(struct diagnostics *diagnostics, const char *file, unsigned int line,
		   unsigned int column, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The same, for functions that have taken arguments themselves. */
int vdiagnose_error(struct diagnostics *diagnostics, const char *file, unsigned int line,
		    unsigned int column, const char *format, va_list arguments)
	__attribute__((format(printf, 5, 0)));
void diagnose_warning(struct diagnostics *diagnostics, const char *file, unsigned int line,
		      unsigned int column, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static inline bool has_errors(const struct diagnostics *diagnostics)
{
	return diagnostics->error_count > 0 || diagnostics->has_failed;
}

void diagnostics_free(struct diagnostics *diagnostics);

#endif
