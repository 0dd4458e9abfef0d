/* SPDX-License-Identifier: MIT */
#include "run_program.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "watch.h"

void run_signals_waited(sigset_t *waited)
{
	static const int own[] = { SIGILL, SIGTRAP, SIGABRT, SIGBUS,
				   SIGFPE, SIGSEGV, SIGSYS,  SIGPIPE };

	sigfillset(waited);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		sigdelset(waited, own[i]);
}

int run_signals_block(struct run_signals *signals)
{
	struct sigaction action;
	sigset_t waited;

	sigemptyset(&signals->ignored);
	for (int number = 1; number <= SIGRTMAX; number++)
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			sigaddset(&signals->ignored, number);
	/* Who ignores it gets no status of his children. */
	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	if (sigaction(SIGCHLD, &action, NULL) < 0)
		return -1;
	run_signals_waited(&waited);
	return sigprocmask(SIG_BLOCK, &waited, &signals->blocked);
}

bool signal_is_from_terminal(const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		return false;
	switch (info->si_signo) {
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		return true;
	}
	/* SIGHUP is sent to a session's leader alone, and that may be us. */
	return false;
}

static uint64_t signal_bits(const sigset_t *set)
{
	uint64_t bits = 0;

	for (int number = 1; number <= 64; number++)
		if (sigismember(set, number) == 1)
			bits |= UINT64_C(1) << (number - 1);
	return bits;
}

struct stile_spawn_signals run_signals_kept(const struct run_signals *signals)
{
	return (struct stile_spawn_signals){ signal_bits(&signals->blocked),
					     signal_bits(&signals->ignored) };
}

#define START_SECONDS 2 /* that a start may still take once its end was asked for */

static volatile sig_atomic_t end_asked_by; /* the first signal that asked for it */
static volatile sig_atomic_t to_pass_on[_NSIG];

static void die_of(int number)
{
	sigset_t set;

	(void)signal(number, SIG_DFL);
	(void)raise(number);
	sigemptyset(&set);
	sigaddset(&set, number);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void on_signal_while_starting(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (number == SIGALRM && end_asked_by && info->si_code == SI_KERNEL) {
		die_of(end_asked_by);
		return;
	}
	/* What the terminal sends the program gets by itself. */
	if (!signal_is_from_terminal(info))
		to_pass_on[number] = 1;
	if (number != SIGALRM && !end_asked_by) {
		end_asked_by = number;
		(void)alarm(START_SECONDS);
	}
}

static const int asking[] = { SIGHUP, SIGINT, SIGTERM, SIGALRM };
#define ASKING_COUNT (sizeof(asking) / sizeof(*asking))

void run_signals_start(const struct run_signals *signals)
{
	struct sigaction action = { .sa_sigaction = on_signal_while_starting,
				    .sa_flags = SA_SIGINFO | SA_RESTART };
	sigset_t set;

	sigfillset(&action.sa_mask);
	sigemptyset(&set);
	for (size_t i = 0; i < ASKING_COUNT; i++) {
		if (sigismember(&signals->blocked, asking[i]) == 1 ||
		    sigismember(&signals->ignored, asking[i]) == 1)
			continue;
		if (sigaction(asking[i], &action, NULL) == 0)
			sigaddset(&set, asking[i]);
	}
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void run_signals_started(const struct run_signals *signals)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ASKING_COUNT; i++)
		sigaddset(&set, asking[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (end_asked_by) {
		const struct timespec now = { 0, 0 };

		/* Our own alarm, if it has just rung, is none of the program's. */
		(void)alarm(0);
		sigemptyset(&set);
		sigaddset(&set, SIGALRM);
		(void)sigtimedwait(&set, NULL, &now);
	}
	for (size_t i = 0; i < ASKING_COUNT; i++) {
		if (sigismember(&signals->ignored, asking[i]) == 0)
			(void)signal(asking[i], SIG_DFL);
		/* blocked now: it waits for run_program() like any other */
		if (to_pass_on[asking[i]])
			(void)raise(asking[i]);
	}
}

static bool is_job_control(int number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static void pass_on(pid_t pid, const siginfo_t *info)
{
	if (signal_is_from_terminal(info))
		return;
	/* What it sends to its process group it has got already. */
	if (info->si_code <= 0 && info->si_pid == pid)
		return;
	if (info->si_code == SI_QUEUE)
		sigqueue(pid, info->si_signo, info->si_value);
	else
		kill(pid, info->si_signo);
}

void stop_too(int number)
{
	struct sigaction action, before;
	sigset_t one, mask;

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	before = action;
	sigemptyset(&one);
	sigaddset(&one, number);
	sigaction(number, &action, &before);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &one, &mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(number, &before, NULL);
}

/* A stop of the program, which nobody asked us to look at. */
static void look_at_stop(pid_t pid, int status)
{
	int number = WSTOPSIG(status);

	if (is_job_control(number)) {
		stop_too(number);
		return;
	}
	/* It has asked us to trace it (PTRACE_TRACEME). Nobody here wants to. */
	if (number == SIGTRAP)
		number = 0;
	(void)ptrace(PTRACE_DETACH, pid, NULL, (long)number);
}

/* The same for one that is watched: any thread of it. */
static void look_at_watched(struct watch *watch, pid_t tid, int status)
{
	int number = watch_stop(watch, tid, status);

	if (number == 0)
		return;
	stop_too(number);
	watch_listen(tid);
}

/* Has it ended? Then *ended is how. */
static bool look_at(pid_t pid, const char *name, struct watch *watch, int *ended)
{
	const bool is_watched = watch && watch->is_on;
	pid_t found;
	int status;

	while ((found = waitpid(is_watched ? -1 : pid, &status,
				WNOHANG | WUNTRACED | (is_watched ? __WALL : 0))) != 0) {
		if (found < 0 && errno == EINTR)
			continue;
		if (found < 0) {
			say("run", name, "lost: %s", strerror(errno));
			*ended = -1;
			return true;
		}
		if (WIFSTOPPED(status) && is_watched) {
			look_at_watched(watch, found, status);
		} else if (WIFSTOPPED(status)) {
			look_at_stop(pid, status);
		} else if (found == pid) {
			*ended = status;
			return true;
		}
	}
	return false;
}

int run_program(pid_t pid, const char *name, struct watch *watch)
{
	sigset_t waited;
	siginfo_t info;
	int ended;

	run_signals_waited(&waited);
	while (!look_at(pid, name, watch, &ended)) {
		if (sigwaitinfo(&waited, &info) < 0)
			continue; /* EINTR: we were stopped and continued */
		if (info.si_signo != SIGCHLD)
			pass_on(pid, &info);
	}
	return ended;
}
