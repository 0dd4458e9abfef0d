/* SPDX-License-Identifier: MIT */
/* The child's side of a worker's start. It allocates nothing. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "audit_arch.h"
#include "context.h"
#include "interpreter.h"
#include "worker.h"

#define START_FAILED_STATUS 127

_Noreturn static void fail(struct start_report *report, int error)
{
	report->error = error;
	atomic_store_explicit(&report->state, START_FAILED, memory_order_release);
	_exit(START_FAILED_STATUS);
}

_Noreturn static void fail_call(struct start_report *report, const char *doing)
{
	const int error = errno;
	const char *why = strerrordesc_np(error);

	fail(report,
	     message_set(&report->message, error == EPERM ? -EPERM : -EIO, "cannot %s: %s%s", doing,
			 why ? why : "?",
			 error == EPERM ? ": does the supervisor's own filter refuse it?" : ""));
}

/* A worker does not outlive its supervisor, not even one that is gone already. */
static void die_with(int supervisor, struct start_report *report)
{
	struct pollfd gone = { .fd = supervisor, .events = POLLIN };
	int count;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		fail_call(report, "have the worker die with its supervisor (prctl)");
	count = poll(&gone, 1, 0); /* signals are blocked */
	if (count < 0)
		fail_call(report, "see whether the supervisor lives (poll)");
	if (count > 0)
		_exit(START_FAILED_STATUS);
}

/* No handler of the supervisor's may run here. */
static void reset_signals(void)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };

	for (int number = 1; number <= SIGRTMAX; number++)
		(void)sigaction(number, &by_default, NULL); /* not KILL, STOP, libc's own */
}

/* The lowest descriptor from first on that stays open; -1: none. */
static int next_kept(const struct stile_worker_settings *settings, int channel, unsigned int first)
{
	int next = (unsigned int)channel >= first ? channel : -1;

	for (size_t i = 0; i < settings->descriptor_count; i++) {
		const int fd = settings->descriptors[i];

		if ((unsigned int)fd >= first && (next < 0 || fd < next))
			next = fd;
	}
	return next;
}

static int close_range_of(unsigned int first, unsigned int last)
{
	return first > last ? 0 : (int)syscall(SYS_close_range, first, last, 0);
}

static void close_others(const struct stile_worker *worker, struct start_report *report)
{
	unsigned int first = STDERR_FILENO + 1;
	int next, error = 0;

	while (!error && (next = next_kept(&worker->settings, worker->channel.fd, first)) >= 0) {
		error = close_range_of(first, (unsigned int)next - 1);
		first = (unsigned int)next + 1;
	}
	if (error < 0 || close_range_of(first, ~0U) < 0)
		fail_call(report, "close the supervisor's descriptors (close_range)");
}

/* A core file is written by the kernel, or by a helper outside the sandbox, wherever they please,
 * with all that the worker knew. Who has none already need not be permitted to set limits. */
static void leave_no_core(struct start_report *report)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0)
		return;
	limit.rlim_cur = limit.rlim_max = 0;
	if (setrlimit(RLIMIT_CORE, &limit) < 0)
		fail_call(report, "switch core files off (setrlimit)");
}

static void set_up(const struct stile_worker *worker, const struct worker_start *start)
{
	struct start_report *report = start->report;
	sigset_t none;

	die_with(start->supervisor, report);
	reset_signals();
	close_others(worker, report);
	leave_no_core(report);
	(void)prctl(PR_SET_NAME, worker->settings.name, 0, 0, 0); /* for ps; nothing hangs on it */
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		fail_call(report, "unblock signals (sigprocmask)");
}

/*
 * Who runs from now on can be hostile, and must not take back what the supervisor may not have read
 * yet. To return memory is permitted in every context; a policy of others may kill for it.
 */
static void put_away(const struct phases *phases, struct start_report *report)
{
	const struct seccomp_data call = { .nr = SYS_munmap,
					   .arch = audit_arch(STILE_ABI_NATIVE),
					   .args = { (uintptr_t)report, sizeof(*report) } };

	if (filter_run(phases->all[0].filter.instructions, &call) == SECCOMP_RET_ALLOW)
		(void)munmap(report, sizeof(*report));
}

_Noreturn void worker_child_run(struct stile_worker *worker, const struct worker_start *start)
{
	struct start_report *report = start->report;
	int error;

	worker->is_worker = true;
	worker->channel = start->ends[1];
	worker->pid = getpid();
	worker->phase = 0;
	set_up(worker, start);
	/* The supervisor sleeps until this comes. After the next call sending may be refused, so
	 * the rest is told by memory. */
	if (send(worker->channel.fd, "", 1, MSG_NOSIGNAL) != 1)
		fail_call(report, "tell the supervisor (send)");
	error = phases_load(&worker->phases, 0);
	if (error) {
		report->message = worker->phases.speaker->message;
		fail(report, error);
	}
	atomic_store_explicit(&report->state, START_SANDBOXED, memory_order_release);
	put_away(&worker->phases, report);
	_exit(worker->settings.run(worker, worker->settings.data));
}
