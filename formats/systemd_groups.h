/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_SYSTEMD_GROUPS_H
#define FORMATS_SYSTEMD_GROUPS_H

/*
 * systemd's groups of calls ("@system-service"). Each version of systemd has its own; what counts
 * is what systemd-analyze prints on the machine where the unit will run. They are not part of
 * stile.
 */

#include <stdbool.h>
#include <stddef.h>

#include "document.h"

#define SYSTEMD_ANALYZE "/usr/bin/systemd-analyze"
#define SYSTEMD_GROUPS_MAX 256
#define SYSTEMD_ENTRIES_MAX 16384 /* of all groups together */

struct systemd_group {
	const char *name;	    /* "@aio" */
	const char *const *entries; /* names of calls and of groups */
	size_t count;
	unsigned int mark; /* of those who walk through them */
};

struct systemd_groups {
	struct systemd_group items[SYSTEMD_GROUPS_MAX];
	size_t count;
	const char *entries[SYSTEMD_ENTRIES_MAX];
	size_t entry_count;
	unsigned int mark;
};

/*
 * Reads what "systemd-analyze syscall-filter" prints, from a file or (NULL) from that program.
 * False: it was said what is wrong. The names are in memory.
 */
bool systemd_groups_load(struct systemd_groups *groups, const char *file, struct document *memory,
			 struct diagnostics *diagnostics);

/* Parses such a text. */
bool systemd_groups_parse(struct systemd_groups *groups, const struct source *source,
			  struct document *memory, struct diagnostics *diagnostics);

/* Runs systemd-analyze. Its output is allocated and freed by the caller; NULL: it was said why. */
char *systemd_analyze(size_t *length, struct diagnostics *diagnostics);

struct systemd_group *systemd_find_group(struct systemd_groups *groups, const char *name);

/* The group whose name is nearest to one that there is not; NULL: none is near. */
const char *systemd_nearest_group(const struct systemd_groups *groups, const char *name);

#endif
