/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_SYSTEMD_UNIT_H
#define FORMATS_SYSTEMD_UNIT_H

/* The lines of a unit file: sections, comments, assignments that go on over several lines. */

#include <stdbool.h>
#include <stddef.h>

#include "document.h"

#define SYSTEMD_WORDS_MAX 16384 /* of a file */
#define SYSTEMD_ASSIGNMENTS_MAX 4096

struct systemd_word {
	const char *text;
	unsigned int line, column;
};

/* "SystemCallFilter=read write" in the section [Service] */
struct systemd_assignment {
	const char *section; /* "" before the first one */
	const char *key;
	unsigned int line, column;
	struct systemd_word *words; /* the value, divided at blanks */
	size_t count;
};

struct systemd_unit {
	struct systemd_assignment assignments[SYSTEMD_ASSIGNMENTS_MAX];
	size_t count;
	struct systemd_word words[SYSTEMD_WORDS_MAX];
	size_t word_count;
};

/* Reads all assignments; the texts are in memory. False: it was said what is wrong. */
bool systemd_unit_read(struct systemd_unit *unit, const struct source *source,
		       struct document *memory, struct diagnostics *diagnostics);

#endif
