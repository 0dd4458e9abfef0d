/* SPDX-License-Identifier: MIT */
/* Descriptors that a target is given, and copies of those that it has. */
#include "target_descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stile/notify.h>

#include "listener.h"
#include "public.h"
#include "spawn_proc.h"

/* Linux 6.9: a pidfd of a thread; older headers do not have it. */
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* A request that no signal interrupts: see below. */
static int give(int listener, struct seccomp_notif_addfd *request)
{
	sigset_t all, before;
	int result;

	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before))
		return -EINVAL;
	result = listener_request(listener, SECCOMP_IOCTL_NOTIF_ADDFD, request);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

/*
 * With SECCOMP_ADDFD_FLAG_SEND the kernel marks the call as answered before the target takes the
 * descriptor. If a signal interrupts the supervisor in between, the target's call returns 0,
 * without a descriptor: so signals wait. (Only a stop of the supervisor, by job control or a
 * debugger, can still come between. The target gets no right by it.)
 */
STILE_PUBLIC int stile_give_descriptor(int listener, uint64_t id, int fd,
				       const struct stile_descriptor_options *options)
{
	static const struct stile_descriptor_options as_answer = { .number = -1,
								   .is_answer = true };
	struct seccomp_notif_addfd request = { .id = id, .srcfd = (uint32_t)fd };

	if (!options)
		options = &as_answer;
	if (options->number < -1)
		return -EINVAL;
	if (fd < 0)
		return -EBADF;
	if (options->number >= 0) {
		request.flags |= SECCOMP_ADDFD_FLAG_SETFD;
		request.newfd = (uint32_t)options->number;
	}
	if (options->is_answer)
		request.flags |= SECCOMP_ADDFD_FLAG_SEND;
	if (options->close_on_exec)
		request.newfd_flags = O_CLOEXEC;
	return give(listener, &request);
}

static int pidfd_of(pid_t process, unsigned int flags)
{
	int pidfd = (int)syscall(SYS_pidfd_open, process, flags);

	if (pidfd >= 0)
		return pidfd;
	return errno == ESRCH ? -ENOENT : -errno;
}

/* Before Linux 6.9: that of the thread's process, if they share their descriptors. */
static int pidfd_of_process(pid_t thread)
{
	uint64_t process;
	int error = proc_status_number(thread, thread, "Tgid", 10, &process);

	if (error)
		return error;
	if (process == 0 || process > INT32_MAX)
		return -EPERM;
	if ((pid_t)process != thread &&
	    syscall(SYS_kcmp, thread, (pid_t)process, KCMP_FILES, 0, 0) != 0)
		return -EPERM;
	return pidfd_of((pid_t)process, 0);
}

int thread_descriptors_open(pid_t thread)
{
	int pidfd;

	if (thread <= 0)
		return -EPERM; /* not in the caller's PID namespace */
	pidfd = pidfd_of(thread, PIDFD_THREAD);
	return pidfd == -EINVAL ? pidfd_of_process(thread) : pidfd;
}

int thread_descriptor_take(int pidfd, int number)
{
	int fd;

	if (number < 0)
		return -EBADF;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (fd >= 0)
		return fd;
	return errno == ESRCH ? -ENOENT : -errno;
}

/* After the check the pidfd is known to be the target's, whatever becomes of its number. */
STILE_PUBLIC int stile_take_target_descriptor(int listener,
					      const struct stile_notification *notification,
					      int number)
{
	int pidfd, result;

	if (!notification)
		return -EINVAL;
	pidfd = thread_descriptors_open(notification->thread);
	result = stile_check_notification(listener, notification->id);

	if (!result)
		result = pidfd < 0 ? pidfd : thread_descriptor_take(pidfd, number);
	if (pidfd >= 0)
		close(pidfd);
	return result;
}

STILE_PUBLIC int stile_take_descriptor(pid_t process, int number)
{
	int pidfd, result;

	if (process <= 0)
		return -ENOENT;
	pidfd = pidfd_of(process, 0);
	if (pidfd < 0)
		return pidfd;
	result = thread_descriptor_take(pidfd, number);
	close(pidfd);
	return result;
}
