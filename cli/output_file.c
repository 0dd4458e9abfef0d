/* SPDX-License-Identifier: MIT */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

#define FILE_MODE 0644
#define TEMPLATE ".stile-XXXXXX"
#define TRIES_MAX 100

/*
 * Only a file is replaced: a folder cannot be, and a FIFO or device is meant to be written to.
 * What others may do with the file, they may do with the new one at most.
 */
static int refuse_others(const char *verb, const char *path, mode_t *mode)
{
	struct stat status;

	if (lstat(path, &status) < 0) {
		if (errno == ENOENT)
			return 0;
		say(verb, path, "%s", strerror(errno));
		return -1;
	}
	if (S_ISREG(status.st_mode)) {
		*mode &= status.st_mode;
		return 0;
	}
	say(verb, path, "%s: give the name of a file, or no --output for standard output",
	    S_ISDIR(status.st_mode) ? "is a folder" :
	    S_ISLNK(status.st_mode) ? "is a symbolic link" :
				      "is no ordinary file");
	return -1;
}

/* A template in the same folder, so that rename() can put it into place. */
static int name_temporary(struct output_file *output, const char *verb)
{
	const char *slash = strrchr(output->path, '/');
	const int folder = slash ? (int)(slash - output->path) + 1 : 0;
	const int length = snprintf(output->temporary, sizeof(output->temporary), "%.*s" TEMPLATE,
				    folder, output->path);

	if (length > 0 && (size_t)length < sizeof(output->temporary))
		return 0;
	say(verb, output->path, "%s", strerror(ENAMETOOLONG));
	return -1;
}

/*
 * A file without a name, of which nothing is left whatever ends us; -1 where that cannot be: the
 * file system has none, or there is no /proc, by which it gets its name.
 */
static int open_nameless(struct output_file *output)
{
	const size_t folder = strlen(output->temporary) - strlen(TEMPLATE);
	const char first = output->temporary[folder];
	int fd;

	output->temporary[folder] = '\0';
	fd = open(folder ? output->temporary : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	output->temporary[folder] = first;
	(void)snprintf(output->nameless, sizeof(output->nameless), "/proc/self/fd/%d", fd);
	if (fd >= 0 && access(output->nameless, F_OK) == 0)
		return fd;
	output->nameless[0] = '\0';
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* Names what has no name, by the template: 0 or an error. */
static int give_name(struct output_file *output)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	char *end = output->temporary + strlen(output->temporary);
	unsigned char random[6];

	for (int tries = 0; tries < TRIES_MAX; tries++) {
		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return EIO;
		for (size_t i = 0; i < sizeof(random); i++)
			end[-1 - (ssize_t)i] = letters[random[i] % 32];
		if (linkat(AT_FDCWD, output->nameless, AT_FDCWD, output->temporary,
			   AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

static void remove_temporary(struct output_file *output)
{
	if (output->is_named)
		(void)unlink(output->temporary);
	output->is_named = false;
}

/* Puts the file into its place: 0 or an error. No signal shall come between its two names. */
static int put_into_place(struct output_file *output)
{
	sigset_t all, before;
	int error = 0;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	if (output->nameless[0])
		error = give_name(output);
	if (!error) {
		output->is_named = rename(output->temporary, output->path) < 0;
		error = output->is_named ? errno : 0;
	}
	remove_temporary(output);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

static int fail(struct output_file *output, const char *verb, int error)
{
	say(verb, output->path, "cannot be written: %s", strerror(error));
	remove_temporary(output);
	return -1;
}

/* A new file, with a name only where there is no other way; -1 and errno. */
static int open_new(struct output_file *output)
{
	int fd = open_nameless(output);

	if (fd >= 0)
		return fd;
	fd = mkostemp(output->temporary, O_CLOEXEC);
	output->is_named = fd >= 0;
	return fd;
}

int output_open(struct output_file *output, const char *verb, const char *path)
{
	const mode_t mask = umask(0);
	mode_t mode = FILE_MODE & ~mask;
	int fd, error;

	(void)umask(mask);
	output->is_named = false;
	output->path = path && strcmp(path, "-") != 0 ? path : NULL;
	output->stream = stdout;
	if (!output->path)
		return 0;
	if (refuse_others(verb, path, &mode) < 0 || name_temporary(output, verb) < 0)
		return -1;
	fd = open_new(output);
	if (fd < 0)
		return fail(output, verb, errno);
	output->stream = fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
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
	if (!error)
		error = put_into_place(output);
	(void)fclose(output->stream); /* all is written */
	return error ? fail(output, verb, error) : 0;
}

void output_abandon(struct output_file *output)
{
	if (!output->path)
		return;
	(void)fclose(output->stream);
	remove_temporary(output);
}
