/* SPDX-License-Identifier: MIT */
/*
 * Two rulesets of one's own: a mailbox that can only grow.
 *
 *	custom_ruleset MAILBOX
 *
 * (a) mailbox.append is a grant from a file, rules/mailbox.rules. The generator made the
 *     function below and mailbox.h from it; it checks what is written there and takes a test
 *     with each rule.
 * (b) add_reader() makes a ruleset at run time, for what is known only then.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <stile.h>

#include "mailbox.h"

#define LINE 80

/* Reading the beginning of one file, a line at a time. Conditions go by the names of the
 * arguments in the manual page; all conditions of a rule must hold, and the rules of one call
 * are alternatives. */
static struct stile_ruleset *new_reader(int fd)
{
	struct stile_ruleset *reader = stile_ruleset_new("first_lines");

	STILE_ALLOW_IF(reader, "pread64", STILE_ARGUMENT_IS("fd", fd),
		       { "count", STILE_LESS_OR_EQUAL, 0, LINE },
		       { "offset", STILE_LESS, 0, 1024 });
	STILE_ALLOW_IF(reader, "lseek", STILE_ARGUMENT_IS("fd", fd), STILE_ARGUMENT_IS("offset", 0),
		       STILE_ARGUMENT_IS("whence", SEEK_END));
	return reader; /* errors are in it, and stile_enable() returns them */
}

/* Another ruleset allows every pread(): ours would look like a limit and be none. So that is
 * an error, and the message says which two rules it is about. */
static void show_overlap(const struct stile_ruleset *reader)
{
	struct stile *s = stile_new();

	stile_allow_system_io_read(s);
	if (stile_enable(s, reader) == -EEXIST)
		printf("overlap: %s\n", stile_message(s));
	stile_free(s);
}

static void enter_sandbox(int fd)
{
	struct stile_ruleset *reader = new_reader(fd);
	struct stile *s = stile_new();

	show_overlap(reader);
	stile_allow_mailbox_append(s, fd); /* (a) */
	stile_enable(s, reader);	   /* (b) */
	stile_allow_system_io_stdout(s);
	stile_allow_system_io_stderr(s);
	if (stile_apply_to_current_thread(s) < 0)
		errx(1, "cannot sandbox: %s", stile_message(s));
	stile_ruleset_free(reader);
	stile_free(s);
}

static void report(const char *call, long result)
{
	printf("%-36s %s\n", call, result >= 0 ? "runs" : strerror(errno));
}

/* The value of the call beside its text. */
#define REPORT(call) report(#call, (long)(call))

int main(int argc, char **argv)
{
	static const char mail[] = "From: somebody\n";
	char line[2 * LINE];
	int fd;

	if (argc != 2)
		errx(2, "usage: custom_ruleset MAILBOX");
	fd = open(argv[1], O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		err(1, "%s", argv[1]);
	enter_sandbox(fd);

	REPORT(flock(fd, LOCK_EX));
	REPORT(write(fd, mail, strlen(mail)));
	REPORT(fdatasync(fd));
	REPORT(flock(fd, LOCK_UN));
	REPORT(pread(fd, line, LINE, 0));
	REPORT(lseek(fd, 0, SEEK_END));

	REPORT(pread(fd, line, 2 * LINE, 0));	    /* more than a line */
	REPORT(pread(fd, line, LINE, 2048));	    /* beyond the beginning */
	REPORT(pread(STDIN_FILENO, line, LINE, 0)); /* another file */
	REPORT(read(fd, line, LINE));		    /* another call */
	REPORT(lseek(fd, 0, SEEK_SET));
	REPORT(ftruncate(fd, 0));
	REPORT(fcntl(fd, F_SETFL, 0)); /* without O_APPEND old mail could be overwritten */
	REPORT(open(argv[1], O_WRONLY | O_TRUNC));
	return 0;
}
