/* SPDX-License-Identifier: MIT */
#include "trace_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

#define VERB "trace"
#define FILE_MODE 0666
#define LINE_ROOM 65536 /* a line has some KiB at most: it is written at once */

/* The program inherits neither. */
static int open_descriptor(const char *path)
{
	if (path)
		return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, FILE_MODE);
	return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

int trace_output_open(struct trace_output *output, const char *path)
{
	static char room[LINE_ROOM];
	const int fd = open_descriptor(path);

	*output = (struct trace_output){ .path = path };
	if (fd >= 0)
		output->stream = fdopen(fd, "w");
	if (output->stream && setvbuf(output->stream, room, _IOFBF, sizeof(room)) == 0)
		return 0;
	say(VERB, path ? path : "standard error", "cannot be written: %s", strerror(errno));
	if (output->stream)
		(void)fclose(output->stream);
	else if (fd >= 0)
		(void)close(fd);
	output->stream = NULL;
	return -1;
}

void trace_output_flush(struct trace_output *output)
{
	if (output->has_failed)
		return;
	errno = EIO;
	if (fflush(output->stream) == 0 && !ferror(output->stream))
		return;
	output->has_failed = true;
	/* The signal of that waits in this thread, where it is blocked: the program would go on. */
	if (errno == EPIPE)
		(void)kill(getpid(), SIGPIPE);
	say(VERB, output->path ? output->path : "standard error",
	    "cannot be written: %s: the rest of the trace is lost", strerror(errno));
}

int trace_output_close(struct trace_output *output)
{
	trace_output_flush(output);
	errno = EIO;
	if (fclose(output->stream) != 0 && !output->has_failed) {
		say(VERB, output->path ? output->path : "standard error", "cannot be written: %s",
		    strerror(errno));
		output->has_failed = true;
	}
	return output->has_failed ? -1 : 0;
}
