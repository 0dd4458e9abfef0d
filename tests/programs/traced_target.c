/* SPDX-License-Identifier: MIT */
/*
 * traced_target VERB [ARGUMENT...]: started by live_tracer and its like. Does what the verb says
 * and ends with 0 if that went as it should, else with the number of the line that says so (or its
 * lower bits, not 0). Of getppid() the tests' handlers make 4242.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PARENT 4242 /* as handlers say */

#define expect(condition)                                           \
	do {                                                        \
		if (!(condition))                                   \
			_exit(__LINE__ & 255 ? __LINE__ & 255 : 1); \
	} while (0)

#include "traced_calls.h"

extern char **environ;
static atomic_int early_calls, stop_early;
static volatile sig_atomic_t caught;

static void count_signal(int number)
{
	(void)number;
	caught++;
}

static void ask_parent(void)
{
	expect(syscall(SYS_getppid) == PARENT);
}

static void expect_status(pid_t child, int wanted)
{
	int status;

	expect(child > 0);
	expect(waitpid(child, &status, __WALL) == child);
	expect(status == wanted);
}

static void *ask_often(void *count)
{
	for (intptr_t i = 0; i < (intptr_t)count; i++)
		ask_parent();
	return NULL;
}

static void with_threads(int threads, int calls)
{
	pthread_t all[64];

	for (int i = 0; i < threads; i++)
		expect(pthread_create(&all[i], NULL, ask_often, (void *)(intptr_t)calls) == 0);
	for (int i = 0; i < threads; i++)
		expect(pthread_join(all[i], NULL) == 0);
}

static void forks(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	pid_t child = fork();

	if (child == 0) {
		ask_parent();
		_exit(11);
	}
	expect_status(child, 11 << 8);
	child = vfork();
	if (child == 0) {
		(void)syscall(SYS_getppid);
		_exit(12);
	}
	expect_status(child, 12 << 8);
	expect(syscall(SYS_clone3, &arguments, sizeof(arguments)) == -1 && errno == ENOSYS);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		ask_parent();
		raise(SIGKILL);
	}
	expect_status(child, SIGKILL);
	/* What the kernel calls a clone, not a fork. */
	child = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (child == 0) {
		ask_parent();
		_exit(13);
	}
	expect_status(child, 13 << 8);
	ask_parent();
}

static void *exec_now(void *argv)
{
	execve("/proc/self/exe", argv, environ);
	expect(0);
	return NULL;
}

/* argv: the program and what it is to do. From another thread than the first. */
static void exec_from_thread(char **argv)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, exec_now, argv) == 0);
	for (;;)
		(void)syscall(SYS_getppid);
}

/* Executes itself so many times, each time from a thread, while the first one calls. */
static void exec_chain(char **argv, int left)
{
	char number[16];

	if (left == 0)
		return;
	(void)snprintf(number, sizeof(number), "%d", left - 1);
	exec_from_thread((char *[]){ argv[0], "exec-chain", number, NULL });
}

static void job_control(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		raise(SIGTSTP);
		ask_parent();
		raise(SIGSTOP);
		_exit(14);
	}
	expect(waitpid(child, &status, WUNTRACED) == child);
	expect(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
	expect(kill(child, SIGCONT) == 0);
	expect(waitpid(child, &status, WCONTINUED) == child);
	expect(WIFCONTINUED(status));
	expect(waitpid(child, &status, WUNTRACED) == child);
	expect(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	expect(kill(child, SIGCONT) == 0);
	expect_status(child, 14 << 8);
}

static void catch (int number)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = count_signal;
	expect(sigaction(number, &action, NULL) == 0);
}

static void signals(void)
{
	int ends[2];
	char byte;

	catch (SIGUSR1);
	catch (SIGSTKFLT);
	expect(raise(SIGUSR1) == 0 && raise(SIGSTKFLT) == 0 && caught == 2);
	expect(pipe(ends) == 0);
	catch (SIGALRM);
	ualarm(1000, 1000); /* again and again: one of them meets the read */
	expect(read(ends[0], &byte, 1) == -1 && errno == EINTR);
	expect(caught >= 3);
}

static void storm(int calls, int interval)
{
	struct itimerval often = { { 0, interval }, { 0, interval } };

	catch (SIGALRM);
	expect(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; i < calls || caught == 0; i++)
		ask_parent();
}

/* What a debugger does; the kernel refuses it, since there is a tracer. */
static void debugger(void)
{
	pid_t child;
	int ends[2];
	char byte;

	expect(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM);
	expect(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		(void)close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 15 : 1);
	}
	expect(ptrace(PTRACE_SEIZE, child, NULL, NULL) == -1 && errno == EPERM);
	expect(ptrace(PTRACE_ATTACH, child, NULL, NULL) == -1 && errno == EPERM);
	(void)close(ends[1]);
	expect_status(child, 15 << 8);
}

/* Makes processes and threads that call for ever, until it is killed. */
static void run_for_ever(char **argv)
{
	pthread_t thread;

	expect(write(1, "x", 1) == 1);
	for (int i = 0;; i++) {
		pid_t child = fork();

		if (child == 0) {
			if (i % 3 == 0)
				exec_from_thread((char *[]){ argv[0], "parent", NULL });
			ask_parent();
			_exit(0);
		}
		if (pthread_create(&thread, NULL, ask_often, (void *)(intptr_t)3) == 0)
			(void)pthread_join(thread, NULL);
		(void)waitpid(child, NULL, 0);
	}
}

/* Its first process ends; the rest calls for ever. */
static void leave_behind(void)
{
	if (fork() == 0)
		for (;;)
			ask_parent();
	_exit(16);
}

static void *call_early(void *unused)
{
	(void)unused;
	while (!stop_early)
		if (syscall(SYS_getppid) == PARENT)
			early_calls++;
	return NULL;
}

/* Before the entry point. */
static void before_entry(int argc, char **argv, char **envp)
{
	static pthread_t thread;

	(void)envp;
	if (strcmp(argv[argc - 1], "early") == 0)
		for (int i = 0; i < 3; i++)
			expect(pthread_create(&thread, NULL, call_early, NULL) == 0);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **,
									    char **) = before_entry;

/* Two processes, which do nothing that a tracer would be asked about. */
static void stay(void)
{
	(void)fork();
	expect(write(1, "x", 1) == 1);
	for (;;)
		(void)pause();
}

static void simple(const char *verb, int number)
{
	if (strcmp(verb, "deny") == 0)
		expect(mkdirat(AT_FDCWD, "/proc/not-there", 0700) == -1 && errno == EDOM);
	else if (strcmp(verb, "unhandled") == 0)
		expect(mkdirat(AT_FDCWD, "/proc/not-there", 0700) == -1 && errno == ENOSYS);
	else if (strcmp(verb, "parent") == 0)
		ask_parent();
	else if (strcmp(verb, "shorten") == 0)
		expect(write(1, "0123456789", 10) == 4);
	else if (strcmp(verb, "self") == 0)
		expect(syscall(SYS_getppid) == getpid());
	else if (strcmp(verb, "time") == 0)
		expect(time(NULL) == 3 && time(NULL) == 3);
	else if (strcmp(verb, "failed") == 0)
		expect(dup(-1) == -1 && errno == ERANGE && dup(-1) == 77);
	else if (strcmp(verb, "refused") == 0)
		expect(dup(1) == -1 && errno == EPERM);
	else if (strcmp(verb, "exit") == 0)
		_exit(number);
	else if (strcmp(verb, "raise") == 0)
		raise(number);
	else
		expect(0);
}

/* A child that does nothing, for as long as this process lives. */
static void have_child(void)
{
	int ends[2];
	char byte;

	expect(pipe(ends) == 0);
	if (fork() == 0) {
		expect(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
		(void)close(ends[1]);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	expect(read(ends[0], &byte, 1) == 0);
	(void)close(ends[0]);
}

/* Until it is killed, or for so many calls; while a child of it makes another one. */
static void with_busy_child(int calls)
{
	pid_t child = fork();

	if (child == 0) {
		expect(mkdirat(AT_FDCWD, "/proc/not-there", 0700) == -1 && errno == EDOM);
		_exit(17);
	}
	for (int i = 0; i < calls; i++)
		ask_parent();
	expect_status(child, 17 << 8);
}

static void run(const char *verb, int argc, char **argv)
{
	const int a = argc > 2 ? atoi(argv[2]) : 0, b = argc > 3 ? atoi(argv[3]) : 0;

	if (strcmp(verb, "busy-child") == 0)
		with_busy_child(a);
	else if (strcmp(verb, "registers") == 0)
		registers();
	else if (strcmp(verb, "i386") == 0)
		other_abi();
	else if (strcmp(verb, "threads") == 0)
		with_threads(a, b);
	else if (strcmp(verb, "forks") == 0)
		forks();
	else if (strcmp(verb, "exec") == 0)
		exec_now(argv + 1);
	else if (strcmp(verb, "exec-thread") == 0)
		exec_from_thread(argv + 1);
	else if (strcmp(verb, "exec-chain") == 0)
		exec_chain(argv, a);
	else if (strcmp(verb, "jobs") == 0)
		job_control();
	else if (strcmp(verb, "signals") == 0)
		signals();
	else if (strcmp(verb, "storm") == 0)
		storm(a, b);
	else if (strcmp(verb, "debugger") == 0)
		debugger();
	else if (strcmp(verb, "for-ever") == 0)
		run_for_ever(argv);
	else if (strcmp(verb, "stay") == 0)
		stay();
	else if (strcmp(verb, "leave") == 0)
		leave_behind();
	else if (strcmp(verb, "early") == 0)
		while (early_calls < 100)
			;
	else
		simple(verb, a);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "beside") == 0) {
		have_child();
		argv[1] = argv[0];
		argv++;
		argc--;
		verb = argc > 1 ? argv[1] : "";
	}
	run(verb, argc, argv);
	return 0;
}
