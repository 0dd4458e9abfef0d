/* SPDX-License-Identifier: MIT */
/* Asks the systemd of this machine for its groups. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "systemd_groups.h"

#define PATIENCE 30000 /* ms without a byte */

/* Its own input and errors are nobody's; no descriptor of ours but the pipe is left to it. */
static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output)
{
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
							 O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null",
							 O_WRONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error)
		error = posix_spawnattr_setsigdefault(attributes, &all);
	if (!error)
		error = posix_spawnattr_setflags(attributes,
						 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return error;
}

static int start(int output, pid_t *pid)
{
	static char name[] = SYSTEMD_ANALYZE, no_pager[] = "--no-pager", verb[] = "syscall-filter",
		    language[] = "LANG=C";
	char *const arguments[] = { name, no_pager, verb, NULL };
	char *const environment[] = { language, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (!error) {
		error = prepare(&actions, &attributes, output);
		if (!error)
			error = posix_spawn(pid, name, &actions, &attributes, arguments,
					    environment);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* All that comes, at most `size` bytes; false: it takes too long, or there is more. */
static bool read_all(int input, char *text, size_t size, size_t *length)
{
	struct pollfd waiting = { .fd = input, .events = POLLIN };

	*length = 0;
	while (*length < size) { /* a full buffer is too much */
		const int ready = poll(&waiting, 1, PATIENCE);
		ssize_t got;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		got = read(input, text + *length, size - *length);
		if (got == 0)
			return true;
		if (got > 0)
			*length += (size_t)got;
		else if (errno != EINTR)
			return false;
	}
	return false;
}

/* Whether it ended well; one whose output nobody wants is killed. */
static bool ends_well(pid_t pid, bool is_wanted)
{
	int status;

	if (!is_wanted)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return is_wanted && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

char *systemd_analyze(size_t *length, struct diagnostics *diagnostics)
{
	char *text = malloc(SOURCE_BYTES_MAX + 1);
	int ends[2] = { -1, -1 }, error;
	bool is_good = false;
	pid_t pid;

	if (!text || pipe2(ends, O_CLOEXEC) < 0) {
		diagnose_error(diagnostics, SYSTEMD_ANALYZE, 0, 0, "cannot be asked: %s",
			       strerror(errno));
		free(text);
		return NULL;
	}
	error = start(ends[1], &pid);
	(void)close(ends[1]);
	if (error)
		diagnose_error(diagnostics, SYSTEMD_ANALYZE, 0, 0,
			       "cannot be asked for systemd's groups of calls: %s; give a file "
			       "with "
			       "the output of \"systemd-analyze syscall-filter\" instead",
			       strerror(error));
	else
		is_good = ends_well(pid, read_all(ends[0], text, SOURCE_BYTES_MAX + 1, length));
	(void)close(ends[0]);
	if (!error && !is_good)
		diagnose_error(diagnostics, SYSTEMD_ANALYZE, 0, 0,
			       "did not print systemd's groups of calls: give a file with the "
			       "output of \"systemd-analyze syscall-filter\" instead");
	if (is_good) {
		text[*length] = '\0';
		return text;
	}
	free(text);
	return NULL;
}
