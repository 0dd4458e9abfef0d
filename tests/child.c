/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SECONDS 60

/* Shared with the child: no system call is needed to leave a message here. */
static char *report;

void expect_that(bool is_true, const char *file, int line, const char *condition)
{
	if (is_true)
		return;
	if (report)
		(void)snprintf(report, 4096, "%s:%d: %s", file, line, condition);
	else /* not by child_status() */
		(void)dprintf(STDERR_FILENO, "%s:%d: %s\n", file, line, condition);
	_exit(EXPECTATION_FAILED);
}

int child_status(void (*run)(void))
{
	struct rlimit no_core;
	int status;
	pid_t pid;

	report = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(report, MAP_FAILED);
	report[0] = '\0';
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* the soft limit: some tests want the hard one */
		if (getrlimit(RLIMIT_CORE, &no_core) == 0) {
			no_core.rlim_cur = 0;
			(void)setrlimit(RLIMIT_CORE, &no_core);
		}
		(void)alarm(CHILD_SECONDS);
		run();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) | 1 << 16 : WEXITSTATUS(status);
}

void check_child(void (*run)(void))
{
	int status = child_status(run);

	if (status & 1 << 16)
		ck_abort_msg("the child was killed by signal %d %s", status & 0xffff, report);
	ck_assert_msg(status == 0, "%s (exit status %d)", report, status);
}

long status_number(const char *path, const char *field)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[8192], wanted[64];
	const char *found;
	ssize_t length;

	if (fd < 0)
		return -1;
	length = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	(void)snprintf(wanted, sizeof(wanted), "\n%s:", field);
	found = strstr(text, wanted);
	return found ? strtol(found + strlen(wanted), NULL, 10) : -1;
}
