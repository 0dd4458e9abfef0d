/* SPDX-License-Identifier: MIT */
#include "input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "say.h"

const char *input_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* The descriptor that is open already for which a path stands; -1: the path is nothing such. */
static int own_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	const char *digits = NULL;
	long number;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			digits = path + strlen(folders[i]);
	if (strcmp(path, "/dev/stdin") == 0)
		digits = "0";
	if (!digits || !*digits || strspn(digits, "0123456789") != strlen(digits))
		return -1;
	errno = 0;
	number = strtol(digits, NULL, 10);
	return errno || number > INT_MAX ? -1 : (int)number;
}

/*
 * A pipe that we have already, which a shell calls /dev/fd/63 in place of <(...): another
 * descriptor of it. -1: the path is nothing of the kind.
 */
static int open_own_pipe(const char *path)
{
	const int fd = own_descriptor(path);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode))
		return -1;
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "this is a folder";
	case S_IFIFO:
		return "this is a FIFO, which may never end";
	case S_IFCHR:
	case S_IFBLK:
		return "this is a device";
	default:
		return "this is no regular file";
	}
}

/* The file's descriptor, or -1, and it was said. A FIFO would let us wait for ever. */
static int open_file(const char *verb, const char *path, const char *what)
{
	int fd = open_own_pipe(path);
	struct stat status;

	if (fd >= 0)
		return fd;
	if (*path == '\0') {
		say(verb, NULL, "the name of the %s is empty", what);
		return -1;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		say(verb, path, "cannot open the %s: %s", what, strerror(errno));
		return -1;
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	say(verb, path, "%s: give a file, or - for standard input", kind_of(status.st_mode));
	(void)close(fd);
	return -1;
}

/* All bytes up to a limit, one more to show that it is passed. -1: it was said. */
static ssize_t read_bytes(const char *verb, const char *subject, const char *what, int fd,
			  char *bytes, size_t limit)
{
	size_t length = 0;

	while (length <= limit) {
		ssize_t got = read(fd, bytes + length, limit + 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			say(verb, subject, "cannot read the %s: %s", what, strerror(errno));
			return -1;
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

/* 0, or a status; the limit's bytes, one more and a NUL have room. */
static int read_open(const char *verb, const char *path, const char *what, size_t limit, int fd,
		     struct input *input)
{
	ssize_t got = -1;

	input->bytes = malloc(limit + 2);
	if (!input->bytes)
		say(verb, NULL, "out of memory");
	else if (fstat(fd, &input->status) < 0)
		say(verb, input_name(path), "cannot read the %s: %s", what, strerror(errno));
	else
		got = read_bytes(verb, input_name(path), what, fd, input->bytes, limit);
	if (got < 0) {
		free(input->bytes);
		return STATUS_FAILED;
	}
	input->bytes[got] = '\0';
	input->length = (size_t)got;
	input->is_found = strcmp(path, "-") != 0 && own_descriptor(path) < 0;
	return 0;
}

int read_input(const char *verb, const char *path, const char *what, size_t limit,
	       struct input *input)
{
	const bool is_standard = strcmp(path, "-") == 0;
	const int fd = is_standard ? STDIN_FILENO : open_file(verb, path, what);
	int status;

	if (fd < 0)
		return STATUS_FAILED;
	status = read_open(verb, path, what, limit, fd, input);
	if (!is_standard)
		(void)close(fd);
	return status;
}
