/* SPDX-License-Identifier: MIT */
#include "notify_support.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define CALLS_MAX 16

void target_expects_that(bool is_true, int line, const char *condition)
{
	if (is_true)
		return;
	(void)dprintf(STDERR_FILENO, "target, line %d: %s (errno %d)\n", line, condition, errno);
	_exit(1 + line % 250);
}

/* In the child. */
static int load_filter(const int *calls, size_t count)
{
	struct sock_filter instructions[2 * CALLS_MAX + 2], *next = instructions;
	struct sock_fprog program = { .filter = instructions };

	target_expects(count <= CALLS_MAX);
	*next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++) {
		*next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						       (unsigned int)calls[i], 0, 1);
		*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	}
	*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)(next - instructions);
	target_expects(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER |
				    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			    &program);
}

static void be_target(int socket, int (*run)(void), const int *calls, size_t count)
{
	int listener;

	target_expects(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	listener = load_filter(calls, count);
	target_expects(listener >= 0);
	target_expects(stile_send_descriptor(socket, listener) == 0);
	(void)close(listener);
	(void)close(socket);
	_exit(run());
}

void start_target(struct target *target, int (*run)(void), const int *calls, size_t count)
{
	int sockets[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	target->pid = fork();
	ck_assert_int_ge(target->pid, 0);
	if (target->pid == 0) {
		(void)close(sockets[0]);
		be_target(sockets[1], run, calls, count);
	}
	(void)close(sockets[1]);
	target->listener = stile_receive_descriptor(sockets[0]);
	ck_assert_int_ge(target->listener, 0);
	(void)close(sockets[0]);
}

void start_getppid_target(struct target *target, int (*run)(void))
{
	start_target(target, run, &(const int){ SYS_getppid }, 1);
}

struct stile_notification next_call(const struct target *target)
{
	struct pollfd poller = { .fd = target->listener, .events = POLLIN };
	struct stile_notification notification;

	ck_assert_int_eq(poll(&poller, 1, -1), 1);
	ck_assert_msg(poller.revents & POLLIN, "the target has ended");
	ck_assert_int_eq(stile_receive_notification(target->listener, &notification), 0);
	return notification;
}

void end_target(struct target *target)
{
	int status;

	ck_assert_int_eq(waitpid(target->pid, &status, 0), target->pid);
	ck_assert_msg(status == 0, "the target ended with status 0x%x", status);
	(void)close(target->listener);
}

void kill_target(const struct target *target)
{
	ck_assert_int_eq(kill(target->pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(target->pid, NULL, 0), target->pid);
}

unsigned int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned int count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

void become_nobody(void)
{
	if (geteuid() == 0) {
		ck_assert_int_eq(setresgid(65534, 65534, 65534), 0);
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
		/* which has made this process, and the targets that it forks, hard to look into */
		ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	}
}
