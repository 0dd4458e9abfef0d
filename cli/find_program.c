/* SPDX-License-Identifier: MIT */
#include "find_program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, EACCES for a file that is there and cannot be executed, ENOENT for anything else. */
static int judge(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return ENOENT; /* in a folder that is closed to us, too */
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/* The list of folders: PATH, or what the system says where that is not set. Allocated. */
static char *search_path(void)
{
	const char *path = getenv("PATH");
	size_t size = path ? 0 : confstr(_CS_PATH, NULL, 0);
	char *text;

	if (path)
		return strdup(path);
	text = calloc(1, size + 1);
	if (text)
		(void)confstr(_CS_PATH, text, size);
	return text;
}

static char *search(const char *name, const char *path, bool *has_skipped)
{
	int error = ENOENT;

	for (;; path++) {
		size_t length = strcspn(path, ":");
		char *candidate;

		/* An empty or relative entry would take a program from wherever we stand:
		 * whoever can write there would choose what is run. */
		if (*path != '/') {
			*has_skipped = true;
		} else {
			if (asprintf(&candidate, "%.*s/%s", (int)length, path, name) < 0) {
				errno = ENOMEM;
				return NULL;
			}
			switch (judge(candidate)) {
			case 0:
				return candidate;
			case EACCES:
				error = EACCES;
			}
			free(candidate);
		}
		path += length;
		if (*path == '\0')
			break;
	}
	errno = error;
	return NULL;
}

char *find_program(const char *name, bool *has_skipped)
{
	char *path, *found;
	int error;

	*has_skipped = false;
	if (strchr(name, '/'))
		return strdup(name);
	if (*name == '\0') {
		errno = ENOENT;
		return NULL;
	}
	path = search_path();
	if (!path)
		return NULL;
	found = search(name, path, has_skipped);
	error = errno;
	free(path);
	errno = error;
	return found;
}
