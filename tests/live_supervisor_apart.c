/* SPDX-License-Identifier: MIT */
/* Nobody of the same user reaches into a supervisor: a stranger, a target, a worker. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/intercept.h>
#include <stile/worker.h>

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

/* Which may try all too, on both sides. */
static int echo_out_of_reach(struct stile_worker *worker, void *data)
{
	const pid_t supervisor = *(const pid_t *)data;
	char byte;

	(void)worker;
	while (read(0, &byte, 1) == 1) {
		if (reach(supervisor) != 0)
			byte = '!';
		(void)!write(1, &byte, 1);
	}
	return 0;
}

static int by_a_worker(void)
{
	struct stile *s = stile_new_allowing();
	pid_t self = getpid();
	const struct stile_worker_settings settings = {
		.run = echo_out_of_reach, .data = &self, .phases = &s, .phase_count = 1
	};
	struct stile_worker *worker = stile_worker_new(&settings);
	struct pollfd end = { .events = POLLIN };
	int status = -1;

	ck_assert_int_eq(stile_deny(s, "mount"), 0);
	ck_assert_msg(stile_worker_start(worker) == 0, "%s", stile_worker_message(worker));
	ck_assert_int_eq(reach(stile_worker_pid(worker)), 0);
	end.fd = stile_worker_pidfd(worker);
	ck_assert_int_eq(poll(&end, 1, -1), 1);
	ck_assert_int_eq(stile_worker_ended(worker, &status), 0);
	return status;
}

static int (*const ways[])(void) = { by_handlers, by_intercepts, in_one_call, by_itself,
				     by_a_worker };

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

/* A filter of its own that refuses it: then there is no target. */
static void cannot_be_out_of_reach(void)
{
	struct stile *own = stile_new_allowing(), *s = context(false);
	struct stile_supervisor *supervisor = stile_supervisor_new();
	pid_t pid = 0;

	expect(stile_fail_with(own, "processes.not_dumpable", EPERM) == 0);
	expect(stile_apply_to_all_threads(own) == 0);
	expect(stile_supervisor_spawn(supervisor, s, echoing[0], echoing, NULL, NULL, &pid) ==
	       -EPERM);
	expect(strstr(stile_message(s), "out of its target's reach (prctl)") && pid == 0);
	stile_supervisor_free(supervisor);
	stile_free(s);
	s = context(false);
	expect(stile_supervise_self(s) == -EPERM);
	expect(strstr(stile_message(s), "out of the program's reach (prctl)"));
	expect(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}

START_TEST(supervisors_within_reach)
{
	check_child(cannot_be_out_of_reach);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervisor_apart");
	TCase *cases = tcase_create("supervisor_apart");

	tcase_set_timeout(cases, 120);
	tcase_add_loop_test(cases, supervisors_are_out_of_reach, 0, LENGTH(ways));
	tcase_add_test(cases, supervisors_within_reach);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
