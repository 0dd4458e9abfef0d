/* SPDX-License-Identifier: MIT */
/*
 * The program permits itself everything but a few calls: the shortest way to seccomp, and the
 * weakest. A list of what is refused forgets something; see hardened_server.c for the other way.
 *
 *	refusals errno FILE	opening anything fails with an errno of our choice
 *	refusals kill PROGRAM	executing anything kills the process
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <stile.h>

static void apply(struct stile *s)
{
	/* The first error sticks: whatever was wrong before, this says it. */
	if (stile_apply_to_current_thread(s) < 0)
		errx(1, "cannot sandbox: %s", stile_message(s));
	stile_free(s);
}

/*
 * A grant's name stands for every spelling of the call: open, openat, openat2 and creat. With
 * "openat" alone the others would still open files.
 */
static int refuse_to_open(const char *path)
{
	struct stile *s = stile_new_allowing();
	int fd;

	stile_fail_with(s, "system_io.danger_open_any", ENETDOWN);
	apply(s);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		errx(1, "%s was opened", path);
	printf("open: %s\n", strerror(errno));
	return 0;
}

/*
 * execve() and execveat() kill, as does any call of another ABI (int 0x80, x32), whatever the
 * context says of this one. The signal is SIGSYS, which the process cannot catch.
 */
static int die_of_exec(char *path)
{
	struct stile *s = stile_new_allowing();
	char *const argv[] = { path, NULL };

	stile_deny(s, "processes.danger_exec");
	apply(s);
	printf("executing %s\n", path);
	(void)fflush(stdout); /* killed programs write no buffers */
	(void)execv(path, argv);
	err(1, "execv returned");
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "errno") == 0)
		return refuse_to_open(argv[2]);
	if (argc == 3 && strcmp(argv[1], "kill") == 0)
		return die_of_exec(argv[2]);
	(void)fprintf(stderr, "usage: refusals errno FILE | refusals kill PROGRAM\n");
	return 2;
}
