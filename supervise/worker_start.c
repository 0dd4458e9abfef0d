/* SPDX-License-Identifier: MIT */
/* The supervisor's side of a worker's start, and of its end. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "not_dumpable.h"
#include "spawn_proc.h"
#include "worker.h"

#define YIELDS 100
#define PAUSE 1 /* millisecond */
#define ERRNO_MAX 4095

static const char *reason(int error)
{
	const char *text = strerrordesc_np(error);

	return text ? text : "unknown error";
}

static int fail_call(struct stile_worker *worker, int error, const char *doing)
{
	const int result = error == ENOMEM || error == EPERM ? -error : -EIO;

	return message_set(&worker->message, result, "worker '%s': cannot %s: %s",
			   worker->settings.name, doing, reason(error));
}

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* A number that names nothing would later name something that it must not have. */
static int check_descriptors(struct stile_worker *worker)
{
	for (size_t i = 0; i < worker->settings.descriptor_count; i++) {
		struct pollfd fd = { .fd = worker->settings.descriptors[i] };
		int count;

		do
			count = poll(&fd, 1, 0);
		while (count < 0 && errno == EINTR);
		if (count < 0)
			return fail_call(worker, errno, "look at its descriptors (poll)");
		if (fd.fd < 0 || fd.revents & POLLNVAL)
			return message_set(&worker->message, -EINVAL,
					   "worker '%s': descriptor %d, which it is to have, is "
					   "not open",
					   worker->settings.name, fd.fd);
	}
	return 0;
}

static bool has_ended(int pidfd, int milliseconds)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	return poll(&end, 1, milliseconds) > 0;
}

/* Sleeps until the worker is about to load its filter, or has died. */
static void wait_for_word(int channel, int pidfd)
{
	struct pollfd either[] = { { .fd = channel, .events = POLLIN },
				   { .fd = pidfd, .events = POLLIN } };
	char byte;
	int count;

	do
		count = poll(either, 2, -1);
	while (count < 0 && errno == EINTR);
	do
		count = (int)recv(channel, &byte, sizeof(byte), MSG_DONTWAIT);
	while (count < 0 && errno == EINTR);
}

/*
 * What the kernel knows of it, for a supervisor that has no filter, so that one is the worker's
 * own. With a filter opening a file may be what kills: then, and where /proc does not tell, what
 * the worker says is all that there is.
 */
static bool has_filter(const struct stile_worker *worker, const struct worker_start *start)
{
	uint64_t filters = 0;

	return !start->is_filtered &&
	       proc_status_number(worker->pid, worker->pid, "Seccomp_filters", 10, &filters) == 0 &&
	       filters > 0;
}

/*
 * How the start went; START_PENDING: it died. What is left for the worker to do is one call, after
 * which it may not be permitted to wake anybody: so this looks again and again. If it could not put
 * the report away (worker_child.c), and is hostile, it can take back there what it has said, and
 * would hold us up for ever.
 */
static int wait_for_state(const struct stile_worker *worker, const struct worker_start *start)
{
	struct start_report *report = start->report;

	for (unsigned int turn = 0;; turn++) {
		int state = atomic_load_explicit(&report->state, memory_order_acquire);

		if (state != START_PENDING)
			return state;
		if (has_ended(worker->pidfd, turn < YIELDS ? 0 : PAUSE))
			/* it may have got through just before */
			return atomic_load_explicit(&report->state, memory_order_acquire);
		if (turn < YIELDS)
			(void)sched_yield();
		else if (has_filter(worker, start))
			return START_SANDBOXED;
	}
}

/* Takes the status of a process that has ended or will at once. False: somebody else did. */
static bool reap(int pidfd, siginfo_t *info)
{
	int result;

	do
		result = waitid(P_PIDFD, (id_t)pidfd, info, WEXITED);
	while (result < 0 && errno == EINTR);
	return result == 0;
}

static void forget(struct stile_worker *worker)
{
	(void)close(worker->pidfd);
	worker->pidfd = -1;
	worker->pid = 0;
}

/* A filter of the supervisor's own may permit one of the two. The process has not been waited for,
 * so its number is still its own, unless the first says that there is none. */
static bool kill_process(const struct stile_worker *worker)
{
	return syscall(SYS_pidfd_send_signal, worker->pidfd, SIGKILL, NULL, 0) == 0 ||
	       (errno != ESRCH && kill(worker->pid, SIGKILL) == 0);
}

void worker_end_process(struct stile_worker *worker)
{
	siginfo_t info;

	if (kill_process(worker) || has_ended(worker->pidfd, 0))
		(void)reap(worker->pidfd, &info);
	forget(worker);
}

static int report_death(struct stile_worker *worker, const siginfo_t *info)
{
	const char *name = worker->settings.name;
	const int number = info->si_status;
	const char *signal;

	if (info->si_code == CLD_EXITED)
		return message_set(&worker->message, -ECHILD,
				   "worker '%s' ended before it was sandboxed, with exit status %d",
				   name, number);
	signal = sigabbrev_np(number);
	return message_set(&worker->message, -ECHILD,
			   "worker '%s' was killed by signal %d (%s) before it was sandboxed%s",
			   name, number, signal ? signal : "?",
			   number == SIGSYS ? ": the supervisor's own filter kills for what the "
					      "start of a worker needs" :
					      "");
}

/* The worker has ended, and nobody writes the report any more; who did may have been hostile. */
static int report_failure(struct stile_worker *worker, const struct start_report *report)
{
	const int error = report->error;

	return message_set(&worker->message, error < 0 && error >= -ERRNO_MAX ? error : -EIO,
			   "worker '%s': %.*s", worker->settings.name,
			   (int)sizeof(report->message.text), report->message.text);
}

/* Waits until the worker is sandboxed; else there is none any more. */
static int finish(struct stile_worker *worker, struct worker_start *start)
{
	siginfo_t info = { .si_pid = 0 };
	bool is_taken;
	int state;

	wait_for_word(start->ends[0].fd, worker->pidfd);
	state = wait_for_state(worker, start);
	if (state == START_SANDBOXED)
		return 0;
	/* Who says that it has failed ends at once; or is hostile, and would go on. */
	if (state != START_PENDING)
		(void)kill_process(worker);
	is_taken = reap(worker->pidfd, &info);
	forget(worker);
	if (state != START_PENDING)
		return report_failure(worker, start->report);
	if (is_taken)
		return report_death(worker, &info);
	return message_set(&worker->message, -ECHILD,
			   "worker '%s' died before it was sandboxed, and somebody else took its "
			   "status: is SIGCHLD ignored?",
			   worker->settings.name);
}

/* No handler of the supervisor's may run in the child: until it has none, all signals wait. */
static pid_t fork_worker(struct stile_worker *worker, const struct worker_start *start)
{
	sigset_t all, before;
	pid_t pid;
	int error;

	(void)sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (error) {
		errno = error;
		return -1;
	}
	pid = fork();
	if (pid == 0)
		worker_child_run(worker, start);
	error = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

/* Takes one descriptor's place for another: the process had room for one. */
static int watch(struct stile_worker *worker, struct worker_start *start, pid_t pid)
{
	int error;

	(void)close(start->supervisor);
	start->supervisor = -1;
	worker->pid = pid;
	worker->owner = getpid();
	worker->pidfd = open_pidfd(pid);
	if (worker->pidfd >= 0)
		return 0;
	error = fail_call(worker, errno, "watch it (pidfd_open)");
	if (kill(pid, SIGKILL) == 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	worker->pid = 0;
	return error;
}

static int launch(struct stile_worker *worker, struct worker_start *start)
{
	int error = stile_channel_pair(start->ends);
	pid_t pid;

	if (error)
		return fail_call(worker, -error, "make its channel (socketpair)");
	/* Of the same user, it could read what the supervisor learns later; or change it. */
	error = make_not_dumpable();
	if (error)
		return fail_call(worker, -error, "keep its supervisor out of its reach (prctl)");
	start->is_filtered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
	start->supervisor = open_pidfd(getpid());
	if (start->supervisor < 0)
		return fail_call(worker, errno, "name the supervisor to it (pidfd_open)");
	pid = fork_worker(worker, start);
	if (pid < 0)
		return fail_call(worker, errno, "make a process (fork)");
	stile_channel_close(&start->ends[1]);
	error = watch(worker, start, pid);
	if (!error)
		error = finish(worker, start);
	if (!error) {
		worker->channel = start->ends[0];
		start->ends[0].fd = -1;
	}
	return error;
}

int worker_launch(struct stile_worker *worker)
{
	struct worker_start start = { .ends = { { -1 }, { -1 } }, .supervisor = -1 };
	int error = check_descriptors(worker);

	stile_channel_close(&worker->channel);
	if (error)
		return error;
	/* New for each start: a child that an earlier worker left behind has not this one. */
	start.report = mmap(NULL, sizeof(*start.report), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (start.report == MAP_FAILED)
		return fail_call(worker, errno, "share memory with it (mmap)");
	error = launch(worker, &start);
	stile_channel_close(&start.ends[0]);
	stile_channel_close(&start.ends[1]);
	if (start.supervisor >= 0)
		(void)close(start.supervisor);
	(void)munmap(start.report, sizeof(*start.report));
	return error;
}
