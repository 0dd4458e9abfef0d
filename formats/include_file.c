/* SPDX-License-Identifier: MIT */
#include "include_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file_trust.h"

/* Where a file is included, for messages. */
struct place {
	struct includes *includes;
	const char *file;
	unsigned int line, column;
	const char *path; /* as it is written there */
};

#define refuse(place, ...)                                                            \
	(diagnose_error((place)->includes->diagnostics, (place)->file, (place)->line, \
			(place)->column, __VA_ARGS__) == 0)

/* The part of a path before its last name, with the slash; its length. */
static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Two paths as one: the folder of the first, then the second. Allocated. */
static char *in_folder_of(const char *neighbour, const char *path)
{
	char *joined;

	if (asprintf(&joined, "%.*s%s", (int)folder_length(neighbour), neighbour, path) < 0)
		return NULL;
	return joined;
}

static bool refuse_open(const struct place *place, int error)
{
	if (error == EXDEV)
		return refuse(place,
			      "\"%s\" leaves the folder of the policy: include files that are in "
			      "it or below it, by paths that start there",
			      place->path);
	if (error == ELOOP)
		return refuse(place,
			      "\"%s\" is or passes through a symbolic link: include the file that "
			      "it points to",
			      place->path);
	return refuse(place, "cannot open \"%s\": %s", place->path, strerror(error));
}

/* Its descriptor; -1: it was said. A FIFO does not let us wait, and is refused. */
static int open_file(const struct place *place, const char *path, struct stat *status)
{
	struct open_how how = { .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
					   RESOLVE_NO_SYMLINKS };
	long fd;

	do
		fd = syscall(SYS_openat2, place->includes->main->folder, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0) {
		(void)refuse_open(place, errno);
		return -1;
	}
	if (fstat((int)fd, status) == 0 && S_ISREG(status->st_mode))
		return (int)fd;
	(void)refuse(place, "\"%s\" is %s: include an ordinary file", place->path,
		     S_ISDIR(status->st_mode)  ? "a folder" :
		     S_ISFIFO(status->st_mode) ? "a FIFO" :
						 "no ordinary file");
	(void)close((int)fd);
	return -1;
}

/* All bytes of a file, and a NUL. */
static bool read_bytes(const struct place *place, int fd, struct source *source)
{
	char *bytes = malloc(SOURCE_BYTES_MAX + 2);
	size_t length = 0;
	ssize_t got = 1;

	while (bytes && got > 0 && length <= SOURCE_BYTES_MAX) {
		got = read(fd, bytes + length, SOURCE_BYTES_MAX + 1 - length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			length += (size_t)got;
	}
	if (bytes && got >= 0 && length <= SOURCE_BYTES_MAX) {
		bytes[length] = '\0';
		source->bytes = bytes;
		source->length = length;
		return true;
	}
	if (!bytes)
		(void)refuse(place, "out of memory");
	else if (got < 0)
		(void)refuse(place, "cannot read \"%s\": %s", place->path, strerror(errno));
	else
		(void)refuse(place, "\"%s\" has more than %u bytes, which is too much for a policy",
			     place->path, SOURCE_BYTES_MAX);
	free(bytes);
	return false;
}

/* "a includes b, which includes a": said of a file that is about to include itself. */
static bool refuse_loop(const struct place *place, const struct included_file *by,
			const struct included_file *again)
{
	char *chain = NULL, *longer;

	for (;; by = by->by) {
		if (asprintf(&longer, "\"%s\"%s%s", by->path, chain ? " includes " : "",
			     chain ? chain : "") < 0)
			break;
		free(chain);
		chain = longer;
		if (by == again)
			break;
	}
	(void)refuse(place, "\"%s\" would include itself without end: %s includes \"%s\"",
		     place->path, chain ? chain : "it", again->path);
	free(chain);
	return false;
}

static bool check_chain(const struct place *place, const struct included_file *by,
			const struct included_file *file)
{
	for (const struct included_file *i = by; i; i = i->by)
		if (i->device == file->device && i->inode == file->inode)
			return refuse_loop(place, by, i);
	if (file->depth > place->includes->depth_max)
		return refuse(place,
			      "\"%s\" would be file number %u of a chain in which each "
			      "includes the next; %u are the most",
			      place->path, file->depth, place->includes->depth_max);
	return true;
}

static bool check_total(const struct place *place, const struct included_file *file)
{
	struct includes *includes = place->includes;

	includes->bytes += file->source.length;
	if (includes->bytes <= INCLUDED_BYTES_MAX)
		return true;
	return refuse(place, "with \"%s\" more than %u bytes are included, which is too much",
		      place->path, INCLUDED_BYTES_MAX);
}

static bool read_file(const struct place *place, const struct included_file *by,
		      struct included_file *file)
{
	struct stat status = { 0 };
	int fd = open_file(place, file->path, &status);
	bool is_read;

	if (fd < 0)
		return false;
	file->device = status.st_dev;
	file->inode = status.st_ino;
	is_read = check_chain(place, by, file) && read_bytes(place, fd, &file->source);
	(void)close(fd);
	if (is_read) {
		warn_of_writers(place->includes->diagnostics, file->source.name, &status);
		warn_of_folders_below(place->includes->diagnostics, file->source.name,
				      place->includes->main->folder, file->path);
	}
	return is_read && check_total(place, file);
}

bool include_file_read(struct includes *includes, const struct included_file *by, const char *path,
		       bool is_from_main, unsigned int line, unsigned int column,
		       struct included_file *file)
{
	const char *name = by ? by->source.name : includes->main->name;
	const struct place place = { includes, name, line, column, path };
	bool is_relative = by && !is_from_main && *path != '/';

	*file = (struct included_file){ .by = by, .depth = by ? by->depth + 1 : 1 };
	file->source.folder = includes->main->folder;
	if (includes->main->folder < 0)
		return refuse(&place, "\"%s\" cannot be included: the policy is in no folder",
			      path);
	if (!*path)
		return refuse(&place, "expected the name of a file to include, found \"\"");
	if (++includes->count > INCLUDED_FILES_MAX)
		return refuse(&place,
			      "found file number %u that is included, expected at most %u: include "
			      "each file once",
			      includes->count, INCLUDED_FILES_MAX);
	file->path = is_relative ? in_folder_of(by->path, path) : strdup(path);
	file->source.name = file->path ? in_folder_of(includes->main->name, file->path) : NULL;
	if (!file->source.name)
		(void)refuse(&place, "out of memory");
	else if (read_file(&place, by, file))
		return true;
	include_file_free(file);
	return false;
}

void include_file_free(struct included_file *file)
{
	free((char *)file->source.bytes);
	free((char *)file->source.name);
	free(file->path);
	*file = (struct included_file){ 0 };
}
