/* SPDX-License-Identifier: MIT */
#include "stand_in.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor_trace.h"

/* The kernel sends SIGCHLD for every stop of whoever is traced. The tracer, which inherits this
 * mask, drops them: nobody here has a handler for it, or waits for it then. */
static void drop_child_signals(void)
{
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_UNBLOCK, &child, NULL);
}

int stand_in_open(struct stand_in *stand_in, struct stile_supervisor *supervisor,
		  const struct source *source)
{
	sigset_t all;
	int error;

	*stand_in = (struct stand_in){ supervisor, source, -1, -1, -1 };
	(void)sigfillset(&all);
	stand_in->child_fd = (int)syscall(SYS_pidfd_open, source->pid, 0);
	if (stand_in->child_fd >= 0)
		stand_in->signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (stand_in->signals >= 0 && source->is_traced) {
		drop_child_signals();
		stand_in->stops = supervisor_tell_stops(supervisor);
	}
	if (stand_in->signals >= 0 && (stand_in->stops >= 0 || !source->is_traced))
		return 0;
	error = -errno;
	stand_in_close(stand_in);
	return error;
}

void stand_in_close(struct stand_in *stand_in)
{
	if (stand_in->child_fd >= 0)
		(void)close(stand_in->child_fd);
	if (stand_in->signals >= 0)
		(void)close(stand_in->signals);
	stand_in->child_fd = stand_in->signals = -1;
}

/* What a terminal sends to all processes of its foreground group. */
static bool is_sent_to_group(uint32_t signal)
{
	switch (signal) {
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		return true;
	case SIGHUP: /* if it hangs up, to the session's leader alone */
	case SIGCONT:
		return getsid(0) != getpid();
	}
	return false;
}

/* A signal to this process is for the program (a timer that it has set before is here, too); what
 * the kernel, or itself, sends to the group, the program gets itself. */
static void pass_on(const struct stand_in *stand_in, const struct signalfd_siginfo *signal)
{
	const bool is_its_own = signal->ssi_code <= SI_USER &&
				signal->ssi_pid == (uint32_t)stand_in->source->pid;

	if (signal->ssi_signo == SIGCHLD || is_its_own ||
	    (signal->ssi_code > SI_USER && is_sent_to_group(signal->ssi_signo)))
		return;
	(void)syscall(SYS_pidfd_send_signal, stand_in->child_fd, (int)signal->ssi_signo, NULL, 0);
}

/* The signal of job control by which the program has stopped, of which nobody was told; 0: none. */
static int new_stop(const struct stand_in *stand_in)
{
	const pid_t child = stand_in->source->pid;
	siginfo_t info = { 0 };

	if (stand_in->source->is_traced)
		return supervisor_take_stop(stand_in->supervisor, child);
	if (waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOHANG) < 0 || info.si_pid != child)
		return 0;
	return info.si_status;
}

/* Has the program stopped, so does this process, by the same signal, for the shell that waits for
 * it. The SIGCONT by which it goes on is blocked, and passed on as any other. */
static void stop_with_program(const struct stand_in *stand_in)
{
	const int number = new_stop(stand_in);
	sigset_t one, before;

	if (!number)
		return;
	(void)signal(number, SIG_DFL); /* it is the program's handlers that are here, if any */
	(void)sigemptyset(&one);
	(void)sigaddset(&one, number);
	(void)raise(number);
	(void)sigprocmask(SIG_UNBLOCK, &one, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

void stand_in_wait(const struct stand_in *stand_in)
{
	struct pollfd all[] = { { .fd = stand_in->child_fd, .events = POLLIN },
				{ .fd = stand_in->signals, .events = POLLIN },
				{ .fd = stand_in->stops, .events = POLLIN } };
	struct signalfd_siginfo signal;
	uint64_t count;

	for (;;) {
		if (poll(all, sizeof(all) / sizeof(*all), -1) < 1)
			continue;
		if (all[0].revents)
			return;
		if (all[2].revents && read(stand_in->stops, &count, sizeof(count)) > 0)
			stop_with_program(stand_in);
		if (!all[1].revents ||
		    read(stand_in->signals, &signal, sizeof(signal)) != sizeof(signal))
			continue;
		if (signal.ssi_signo == SIGCHLD && !stand_in->source->is_traced)
			stop_with_program(stand_in);
		pass_on(stand_in, &signal);
	}
}

_Noreturn void stand_in_end_as(int status)
{
	const struct rlimit no_core = { 0, 0 };
	sigset_t set;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	(void)setrlimit(RLIMIT_CORE, &no_core); /* the program has written one if it may */
	(void)signal(WTERMSIG(status), SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, WTERMSIG(status));
	(void)raise(WTERMSIG(status));
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + WTERMSIG(status));
}
