/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_INCLUDE_FILE_H
#define FORMATS_INCLUDE_FILE_H

/*
 * Files that a policy file includes. They must be in its folder or below it, and be ordinary
 * files; nothing on the way to them may be a symbolic link.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "diagnostics.h"
#include "source.h"

#define INCLUDED_FILES_MAX 256	      /* of one policy, each counted as often as it is read */
#define INCLUDED_BYTES_MAX (8u << 20) /* of all of them together */

/* All includes of one policy. The caller sets the first three; the rest is 0 at first. */
struct includes {
	const struct source *main; /* the file that was given; its folder is where all must be */
	struct diagnostics *diagnostics;
	unsigned int depth_max; /* how deep files may include one another */
	unsigned int count;
	size_t bytes;
};

struct included_file {
	struct source source;		/* its folder is the main file's */
	const struct included_file *by; /* that included it; NULL: the main file. Outlives it */
	char *path;			/* from the main file's folder */
	unsigned int depth;		/* 1: the main file included it */
	dev_t device;
	ino_t inode;
};

/*
 * Reads a file that stands in another at this place; path is from the main file's folder if
 * is_from_main, else from the folder of the file that includes it. False: an error was said, and
 * nothing is to be freed.
 */
bool include_file_read(struct includes *includes, const struct included_file *by, const char *path,
		       bool is_from_main, unsigned int line, unsigned int column,
		       struct included_file *file);
void include_file_free(struct included_file *file);

#endif
