/* SPDX-License-Identifier: MIT */
/* Nobody of the same user reaches into a supervisor: neither a stranger nor its target. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/intercept.h>

#include "child.h"
#include "notify_support.h"
#include "supervise_support.h"
#include "test_support.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof(*(array))))

/* What can be done to a process. */
enum reach {
	CAN_TRACE = 1,
	CAN_READ = 2,
	CAN_WRITE = 4,
	CAN_TAKE = 8,  /* a descriptor, such as the listener */
	CAN_LIST = 16, /* its descriptors */
	CAN_OPEN = 32, /* its memory */
	CAN_ALL = 63
};

static struct said allowing;
static char secret = 's';

static int can_take(pid_t pid)
{
	const int process = (int)syscall(SYS_pidfd_open, pid, 0);

	for (int number = 0; number < 256; number++)
		if (syscall(SYS_pidfd_getfd, process, number, 0) >= 0)
			return CAN_TAKE;
	return 0;
}

static int can_open(pid_t pid, const char *name, int flags)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* The process has been forked from this one, so that this variable is there too. */
static int reach(pid_t pid)
{
	char copy = 0;
	struct iovec here = { &copy, 1 }, there = { &secret, 1 };
	int can = can_take(pid);

	if (syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0) == 1)
		can |= CAN_READ;
	copy = secret;
	if (syscall(SYS_process_vm_writev, pid, &here, 1, &there, 1, 0) == 1)
		can |= CAN_WRITE;
	if (can_open(pid, "fd", O_RDONLY | O_DIRECTORY))
		can |= CAN_LIST;
	if (can_open(pid, "mem", O_RDWR))
		can |= CAN_OPEN;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
		can |= CAN_TRACE;
	return can;
}

/* As another process of that user, whose end lets go of what it traces. */
static int reach_as_stranger(pid_t pid)
{
	const pid_t stranger = fork();
	int status;

	if (stranger == 0) {
		become_nobody();
		_exit(reach(pid));
	}
	ck_assert_int_eq(waitpid(stranger, &status, 0), stranger);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* ---- Supervisors: what is written to their target comes back ---- */

static char *const echoing[] = { (char *)"/bin/cat", NULL };

static struct stile *context(bool is_intercepted)
{
	struct stile *s = handling(answer_as_said, &allowing);

	if (is_intercepted)
		ck_assert_int_eq(stile_intercept(s, "getpgid", answer_as_said, NULL, &allowing), 0);
	return s;
}

static int spawn(bool is_intercepted)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();
	struct stile *s = context(is_intercepted);
	pid_t pid = 0;

	ck_assert_msg(stile_supervisor_spawn(supervisor, s, echoing[0], echoing, NULL, NULL,
					     &pid) == 0,
		      "%s", stile_message(s));
	return status_of(supervisor, pid);
}

static int by_handlers(void)
{
	return spawn(false);
}

static int by_intercepts(void)
{
	return spawn(true);
}

static int in_one_call(void)
{
	return stile_supervise(context(false), echoing[0], echoing, NULL);
}

/* The child of this process, its target. It may try all. */
static int by_itself(void)
{
	static const char *const calls[] = { "ptrace", "process_vm_readv", "process_vm_writev",
					     "pidfd_getfd" };
	struct stile *s = context(false);
	char byte;

	for (int i = 0; i < LENGTH(calls); i++)
		ck_assert_int_eq(stile_on(s, calls[i], answer_as_said, &allowing), 0);
	ck_assert_msg(stile_supervise_self(s) == 0, "%s", stile_message(s));
	while (read(0, &byte, 1) == 1) {
		if (reach(getppid()) != 0)
			byte = '!';
		(void)!write(1, &byte, 1);
	}
	return 0;
}

static int (*const ways[])(void) = { by_handlers, by_intercepts, in_one_call, by_itself };

struct supervising {
	pid_t pid;
	int in, out; /* of its target */
};

/* Is ready, and supervises when it is told to. */
static struct supervising begin(int (*supervise)(void))
{
	struct supervising process;
	int in[2], out[2];
	char byte;

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	process = (struct supervising){ fork(), in[1], out[0] };
	if (process.pid == 0) {
		become_nobody();
		(void)close(in[1]);
		ck_assert_int_eq(dup2(in[0], 0), 0);
		ck_assert_int_eq(dup2(out[1], 1), 1);
		(void)!write(1, "r", 1);
		_exit(read(0, &byte, 1) == 1 ? supervise() : 1);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	ck_assert_int_eq(read(process.out, &byte, 1), 1);
	return process;
}

static char echo(const struct supervising *process)
{
	char byte = 0;

	ck_assert_int_eq(write(process->in, "x", 1), 1);
	ck_assert_int_eq(read(process->out, &byte, 1), 1);
	return byte;
}

static void end(const struct supervising *process)
{
	int status;

	(void)close(process->in);
	ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
	ck_assert_int_eq(status, 0);
	(void)close(process->out);
}

START_TEST(supervisors_are_out_of_reach)
{
	struct supervising process;

	allowing = (struct said){ stile_answer_allow(), 0 };
	process = begin(ways[_i]);
	if (reach_as_stranger(process.pid) != CAN_ALL)
		printf("skip: not all can be done to a process of the same user here\n");
	ck_assert_int_eq(write(process.in, "g", 1), 1);
	ck_assert_int_eq(echo(&process), 'x');
	ck_assert_int_eq(reach_as_stranger(process.pid), 0);
	/* as long as it supervises */
	ck_assert_int_eq(echo(&process), 'x');
	end(&process);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervisor_apart");
	TCase *cases = tcase_create("supervisor_apart");

	tcase_set_timeout(cases, 120);
	tcase_add_loop_test(cases, supervisors_are_out_of_reach, 0, LENGTH(ways));
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
