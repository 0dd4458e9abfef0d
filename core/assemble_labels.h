/* SPDX-License-Identifier: MIT */
#ifndef CORE_ASSEMBLE_LABELS_H
#define CORE_ASSEMBLE_LABELS_H

/* The labels of a text of assembly. */

#include <stdbool.h>
#include <stddef.h>

#include "assemble_line.h"

struct label {
	char name[ASSEMBLE_WORD_MAX];
	size_t line, target; /* the instruction */
};

struct labels {
	struct label *list; /* allocated */
	size_t count, capacity;
};

/* False: out of memory. */
bool labels_add(struct labels *labels, const char *name, size_t line, size_t target);

/* Sorts, for labels_find(). If a name stands twice: the first of two neighbours with it. */
const struct label *labels_sort(struct labels *labels);

const struct label *labels_find(const struct labels *labels, const char *name);

#endif
