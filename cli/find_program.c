/* SPDX-License-Identifier: MIT */
#include "find_program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_executable(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return 0;
	if (!S_ISREG(status.st_mode)) {
		errno = EACCES;
		return 0;
	}
	return access(path, X_OK) == 0;
}

char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	int error = ENOENT;

	if (strchr(name, '/'))
		return strdup(name);
	if (*name == '\0' || !path)
		path = "";
	while (*path) {
		size_t length = strcspn(path, ":");
		char *candidate;

		/* An empty or relative entry would take a program from wherever we stand:
		 * whoever can write there would choose what is run. */
		if (*path == '/') {
			if (asprintf(&candidate, "%.*s/%s", (int)length, path, name) < 0) {
				errno = ENOMEM;
				return NULL;
			}
			if (is_executable(candidate))
				return candidate;
			if (errno == EACCES)
				error = EACCES;
			free(candidate);
		}
		path += length;
		path += *path == ':';
	}
	errno = error;
	return NULL;
}
