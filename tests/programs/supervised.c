/* SPDX-License-Identifier: MIT */
/*
 * supervised VERB [NUMBER [VALUE]]: a target of live_supervisor, of soak and of the benchmark.
 * getppid() is the call that is handled; VALUE is what it must come to, a negative errno for a
 * failure. The exit status is 0 if all was as it must be, else the line (modulo 250, plus 1).
 */
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak_report.h"

#define THREADS 8
#define MUST(condition) ((condition) ? (void)0 : _exit(1 + __LINE__ % 250))

extern char **environ;

static long number, value;
static char *self;

static long call(long argument)
{
	const long result = syscall(SYS_getppid, argument);

	return result < 0 ? -errno : result;
}

static void *call_often(void *unused)
{
	for (long i = 0; i < number; i++)
		MUST(call(i) == value);
	return unused;
}

static void in_threads(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		MUST(pthread_create(&threads[i], NULL, call_often, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		MUST(pthread_join(threads[i], NULL) == 0);
}

static void wait_for(pid_t child)
{
	int status = -1;

	MUST(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void in_fork(void)
{
	const pid_t child = fork();

	if (child == 0) {
		(void)call_often(NULL);
		_exit(0);
	}
	(void)call_often(NULL);
	wait_for(child);
}

/* As many as threads, and this one waits. */
static void in_processes(void)
{
	pid_t children[THREADS];

	for (int i = 0; i < THREADS; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			(void)call_often(NULL);
			_exit(0);
		}
	}
	for (int i = 0; i < THREADS; i++)
		wait_for(children[i]);
}

/* The child of a vfork shares our memory, so it does no more than this. */
static void in_vfork(void)
{
	const pid_t child = vfork();

	if (child == 0)
		_exit(syscall(SYS_getppid, 0) < 0 ? errno != -value : 1);
	wait_for(child);
}

static void in_clone3(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	pid_t child;

	(void)call_often(NULL);
	child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child < 0 && errno == ENOSYS)
		return; /* what stile_spawn() starts has none: its flags are behind a pointer */
	if (child == 0)
		_exit(call(0) != value);
	wait_for(child);
}

static void in_exec(void)
{
	char texts[2][32];
	char *arguments[] = { self, (char *)"call", texts[0], texts[1], NULL };
	pid_t child;

	(void)snprintf(texts[0], sizeof(texts[0]), "%ld", number);
	(void)snprintf(texts[1], sizeof(texts[1]), "%ld", value);
	MUST(posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0);
	wait_for(child);
	(void)execv(self, arguments);
	MUST(0);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* The answer to each call is its argument plus one; signals come all the time. Before a call is
 * received they interrupt it, as they do any: it is made again then, by SA_RESTART. */
static void in_storm(void)
{
	const struct itimerval often = { { 0, 100 }, { 0, 100 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	MUST(sigaction(SIGALRM, &action, NULL) == 0);
	MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (long i = 0; i < number; i++)
		MUST(call(i) == i + 1);
}

/* Refused as long as it lives; whatever else it gets, it says on standard output. */
static void in_captivity(void)
{
	for (long i = 0; number == 0 || i < number; i++)
		if (call(i) >= 0) {
			(void)!write(1, "free", 4);
			_exit(1);
		}
}

static void with_filters_of_its_own(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 && errno == EPERM);
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &program) < 0 &&
	     errno == EPERM);
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 && errno == EPERM);
}

static void without_listener(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	char link[256];

	MUST(folder);
	while ((entry = readdir(folder))) {
		const ssize_t length = readlinkat(dirfd(folder), entry->d_name, link,
						  sizeof(link) - 1);

		if (length < 0)
			continue; /* . and .. */
		link[length] = '\0';
		MUST(!strstr(link, "seccomp"));
	}
	MUST(closedir(folder) == 0);
}

/* Calls that reach into a process, of this one itself. NUMBER has a bit for each that must not be
 * refused: 1 ptrace(2), 2 and 4 process_vm_readv(2) and its like, 8 pidfd_getfd(2). */
static void reaching(void)
{
	const pid_t this = getpid();
	const int process = (int)syscall(SYS_pidfd_open, this, 0);
	char from = 'a', to = 'b';
	struct iovec here = { &to, 1 }, there = { &from, 1 };
	long reached = 0;

	MUST(process >= 0);
	/* it is no tracee of its own */
	reached |= syscall(SYS_ptrace, PTRACE_CONT, this, 0, 0) < 0 && errno == ESRCH ? 1 : 0;
	reached |= syscall(SYS_process_vm_readv, this, &here, 1, &there, 1, 0) == 1 ? 2 : 0;
	reached |= syscall(SYS_process_vm_writev, this, &there, 1, &here, 1, 0) == 1 ? 4 : 0;
	reached |= syscall(SYS_pidfd_getfd, process, 0, 0) >= 0 ? 8 : 0;
	MUST(reached == number);
}

static void stopped(void)
{
	MUST(raise(SIGSTOP) == 0);
}

static void killed(void)
{
	(void)kill(getpid(), (int)number);
}

static void ended(void)
{
	_exit((int)number);
}

/* Says on standard output that it is there, and waits for signals. */
static void waiting(void)
{
	MUST(write(1, "x", 1) == 1);
	for (;;)
		(void)pause();
}

/* ---- In a soak ---- */

static struct soak_report *report;

/* Calls and counts. Whose supervisor is gone ends; who succeeds is free, and says so. */
static void *count_calls(void *often)
{
	unsigned int orphaned = 0;

	for (long i = 0; !often || i < *(const long *)often; i++) {
		const long result = call(i);

		if (result == -EACCES) {
			report->refused++;
		} else if (result == -ENOSYS) {
			report->orphaned++;
			if (++orphaned == 20)
				_exit(SOAK_ORPHANED);
		} else {
			report->succeeded++;
		}
	}
	return NULL;
}

static void count_in_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++)
		MUST(pthread_create(&thread, NULL, count_calls, NULL) == 0);
	(void)count_calls(NULL);
}

static void count_in_children(void)
{
	const long few = 40;
	int status;

	for (;;) {
		const pid_t child = fork();

		if (child == 0) {
			(void)count_calls((void *)&few);
			_exit(0);
		}
		MUST(child > 0);
		(void)count_calls((void *)&few);
		MUST(waitpid(child, &status, 0) == child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == SOAK_ORPHANED)
			_exit(SOAK_ORPHANED);
	}
}

static void count_and_exec(void)
{
	const long few = 200;
	char text[32];
	char *arguments[] = { self, (char *)"soak", text, NULL };

	(void)count_calls((void *)&few);
	(void)snprintf(text, sizeof(text), "%ld", number);
	(void)execv(self, arguments);
	MUST(0);
}

static void soaked(void)
{
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED, SOAK_REPORT, 0);
	MUST(report != MAP_FAILED);
	switch (number % SOAK_KINDS) {
	case 0:
		(void)count_calls(NULL);
		break;
	case 1:
		count_in_threads();
		break;
	case 2:
		count_in_children();
		break;
	default:
		count_and_exec();
	}
}

/* When standard input is at its end. */
static void at_gate(void)
{
	char byte;

	while (read(0, &byte, 1) > 0)
		;
	(void)call_often(NULL);
}

static void once(void)
{
	(void)call_often(NULL);
}

static const struct {
	const char *name;
	void (*run)(void);
} verbs[] = {
	{ "call", once },
	{ "gate", at_gate },
	{ "soak", soaked },
	{ "threads", in_threads },
	{ "fork", in_fork },
	{ "processes", in_processes },
	{ "vfork", in_vfork },
	{ "clone3", in_clone3 },
	{ "exec", in_exec },
	{ "storm", in_storm },
	{ "captive", in_captivity },
	{ "filters", with_filters_of_its_own },
	{ "listener", without_listener },
	{ "reach", reaching },
	{ "stop", stopped },
	{ "kill", killed },
	{ "exit", ended },
	{ "wait", waiting },
};

int main(int argc, char **argv)
{
	self = argv[0];
	number = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	value = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0) {
			verbs[i].run();
			return 0;
		}
	return 255;
}
