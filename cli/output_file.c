/* SPDX-License-Identifier: MIT */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

#define FILE_MODE 0644

/* Only a file is replaced: a folder cannot be, and a FIFO or device is meant to be written to. */
static int refuse_others(const char *verb, const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0) {
		if (errno == ENOENT)
			return 0;
		say(verb, path, "%s", strerror(errno));
		return -1;
	}
	if (S_ISREG(status.st_mode))
		return 0;
	say(verb, path, "%s: give the name of a file, or no --output for standard output",
	    S_ISDIR(status.st_mode) ? "is a folder" :
	    S_ISLNK(status.st_mode) ? "is a symbolic link" :
				      "is no ordinary file");
	return -1;
}

/* A name in the same folder, so that rename() can put it into place. */
static int name_temporary(struct output_file *output, const char *verb)
{
	const char *slash = strrchr(output->path, '/');
	const int folder = slash ? (int)(slash - output->path) + 1 : 0;
	const int length = snprintf(output->temporary, sizeof(output->temporary),
				    "%.*s.stile-XXXXXX", folder, output->path);

	if (length > 0 && (size_t)length < sizeof(output->temporary))
		return 0;
	say(verb, output->path, "%s", strerror(ENAMETOOLONG));
	output->temporary[0] = '\0';
	return -1;
}

static int fail(struct output_file *output, const char *verb, int error)
{
	say(verb, output->path, "cannot be written: %s", strerror(error));
	if (output->temporary[0])
		(void)unlink(output->temporary);
	return -1;
}

int output_open(struct output_file *output, const char *verb, const char *path)
{
	const mode_t mask = umask(0);
	int fd, error;

	(void)umask(mask);
	output->temporary[0] = '\0';
	output->path = path && strcmp(path, "-") != 0 ? path : NULL;
	output->stream = stdout;
	if (!output->path)
		return 0;
	if (refuse_others(verb, path) < 0 || name_temporary(output, verb) < 0)
		return -1;
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd < 0) {
		error = errno;
		output->temporary[0] = '\0';
		return fail(output, verb, error);
	}
	output->stream = fchmod(fd, FILE_MODE & ~mask) == 0 ? fdopen(fd, "w") : NULL;
	if (output->stream) {
		errno = 0;
		return 0;
	}
	error = errno;
	(void)close(fd);
	return fail(output, verb, error);
}

int output_finish(struct output_file *output, const char *verb)
{
	int error = 0;

	if (!output->path)
		return 0; /* main() looks after standard output */
	/* On the disk before it has its name: a crash must not leave an empty file there. */
	if (fflush(output->stream) != 0 || fsync(fileno(output->stream)) != 0)
		error = errno;
	else if (ferror(output->stream))
		error = errno ? errno : EIO; /* output_open() set it to 0 */
	if (fclose(output->stream) != 0 && !error)
		error = errno;
	if (!error && rename(output->temporary, output->path) < 0)
		error = errno;
	return error ? fail(output, verb, error) : 0;
}

void output_abandon(struct output_file *output)
{
	if (!output->path)
		return;
	(void)fclose(output->stream);
	(void)unlink(output->temporary);
}
