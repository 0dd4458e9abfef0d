/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_FILE_TRUST_H
#define FORMATS_FILE_TRUST_H

/*
 * Who else can change what a policy says: by writing its file, or by putting another one in its
 * place. We, root and the owner of "/" may. Each is a warning.
 */

#include <sys/stat.h>

#include "diagnostics.h"

/* Of the file itself, which is open. What is no ordinary file is nobody's. */
void warn_of_writers(struct diagnostics *diagnostics, const char *name, const struct stat *status);

/* Of the folders on the way to a file: all that its path and its links pass, up to "/". */
void warn_of_folders(struct diagnostics *diagnostics, const char *name, const char *path);

/*
 * The same for a file that is included, by a path without links: of the folders below that of the
 * policy. name: ends with path. What was said of the same folders before is not said again.
 */
void warn_of_folders_below(struct diagnostics *diagnostics, const char *name, int folder,
			   const char *path);

#endif
