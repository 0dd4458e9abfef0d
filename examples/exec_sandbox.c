/* SPDX-License-Identifier: MIT */
/*
 * Runs a program that, with all its children, may execute only the programs that are named.
 *
 *	exec_sandbox PERMITTED... -- PROGRAM [ARGUMENT...]	all of them paths
 *
 * The path of an execve() cannot be judged: when the kernel reads it, it can be another. What can
 * be is what came of it: the new program, before its first instruction. One that is not permitted
 * is killed there. A script is its interpreter: whoever permits /bin/sh permits every script. And a
 * program that is permitted does what its environment says, LD_PRELOAD for one: the rest of its
 * sandbox must hold without this list.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile.h>

struct permitted {
	size_t count;
	struct stat *files;
};

/*
 * Files are told apart by their device and inode number, not by their paths: a target can make
 * /usr/bin/true another file for itself (a mount namespace), but not this one. They stay open so
 * that no other file gets their numbers.
 */
static void remember(struct permitted *permitted, char **paths, size_t count)
{
	permitted->files = calloc(count + 1, sizeof(*permitted->files));
	if (!permitted->files)
		err(1, "calloc");
	for (; permitted->count < count; permitted->count++) {
		const int fd = open(paths[permitted->count], O_PATH | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &permitted->files[permitted->count]) < 0)
			err(1, "%s", paths[permitted->count]);
	}
}

static bool is_permitted(const struct permitted *permitted, pid_t process)
{
	char path[64];
	struct stat file;

	/* The program itself, whatever its name is by now. It is stopped, so it is still this. */
	(void)snprintf(path, sizeof(path), "/proc/%d/exe", process);
	if (process <= 0 || stat(path, &file) < 0)
		return false;
	for (size_t i = 0; i < permitted->count; i++)
		if (permitted->files[i].st_dev == file.st_dev &&
		    permitted->files[i].st_ino == file.st_ino)
			return true;
	return false;
}

static struct stile_answer on_executed(struct stile_call *call, void *data)
{
	char path[PATH_MAX];

	if (is_permitted(data, stile_call_process(call)))
		return stile_answer_allow();
	/* For people. As a judgement it would not do, see remember(). */
	if (stile_call_program(call, path, sizeof(path)) < 0)
		(void)snprintf(path, sizeof(path), "?");
	for (char *c = path; *c; c++) /* names of files can hold what commands a terminal */
		if (*c < ' ' || *c > '~')
			*c = '?';
	(void)fprintf(stderr, "exec_sandbox: killed: %s\n", path);
	return stile_answer_kill();
}

/*
 * The other spelling, execveat(): programs that are only a descriptor, of memory for example. They
 * would be judged as well; who has no use for them is told kindly, and in time. No argument is
 * looked at, so there is nothing that could change.
 */
static struct stile_answer on_execveat(struct stile_call *call, void *data)
{
	(void)data;
	(void)fprintf(stderr, "exec_sandbox: refused: %s()\n", stile_call_name(call));
	return stile_answer_fail(EACCES);
}

int main(int argc, char **argv)
{
	struct permitted permitted = { 0 };
	struct stile *s = stile_new_allowing();
	int end = 1, status;

	while (end < argc && strcmp(argv[end], "--") != 0)
		end++;
	if (end + 1 >= argc)
		errx(2, "usage: exec_sandbox PERMITTED... -- PROGRAM [ARGUMENT...]");
	remember(&permitted, argv + 1, (size_t)end - 1);
	stile_on(s, "execveat", on_execveat, NULL);
	stile_on_exec(s, on_executed, &permitted);
	/* PROGRAM itself is started by us: it need not be permitted. */
	status = stile_supervise(s, argv[end + 1], argv + end + 1, NULL);
	if (status < 0)
		errx(1, "cannot run %s: %s", argv[end + 1], stile_message(s));
	stile_free(s);
	free(permitted.files);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
