/* SPDX-License-Identifier: MIT */
/*
 * spawn_target VERB [ARGUMENT]: started by live_spawn. Does what the verb says before its
 * entry point (in .preinit_array, which the loader runs), then from main() writes one line
 * with what it found. getppid() tells the tests' filters apart: refused by the final one.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_THREADS 64

static int early = -1; /* what the verb found before the entry point */
static int thread_count;
static char *shared; /* memory below the stack pointer */
static atomic_int go, started, loaded, answered, refused_threads;
static volatile sig_atomic_t caught;
static char **environment;

/* The errno of getppid(), 0 if it is permitted. */
static int marker(void)
{
	return syscall(SYS_getppid) < 0 ? errno : 0;
}

static void catch_signal(int number)
{
	(void)number;
	caught++;
}

static void *ask_later(void *unused)
{
	started++;
	while (!go)
		;
	if (marker())
		refused_threads++;
	answered++;
	for (;;)
		;
	return unused;
}

static int try_seccomp(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? errno : 0;
}

/* Loads filters for ever; a thread that succeeds is counted as not refused. */
static void *hammer_seccomp(void *unused)
{
	started++;
	while (!go)
		if (try_seccomp() == 0)
			early = 0;
	started--;
	return ask_later(unused);
}

static void *load_own_filter(void *unused)
{
	early = try_seccomp();
	loaded = 1;
	return ask_later(unused);
}

static void *vfork_and_wait(void *unused)
{
	/* The child has our memory: that it counts says that the caller waits in the kernel. */
	if (vfork() == 0) {
		started++;
		for (;;)
			pause();
	}
	return unused;
}

static void *exec_self(void *argv)
{
	char *arguments[] = { ((char **)argv)[0], "plain", NULL };

	started++;
	execve("/proc/self/exe", arguments, environment);
	early = errno;
	return NULL;
}

/* Stops the whole program, again and again, until main() runs. */
static void *stop_process(void *unused)
{
	started++;
	while (!go)
		kill(getpid(), SIGTSTP);
	return unused;
}

static int spin(void *unused)
{
	for (;;)
		;
	return unused != NULL;
}

static void make_threads(int count, void *(*run)(void *), void *argument)
{
	pthread_t thread;

	for (thread_count = 0; thread_count < count; thread_count++)
		if (pthread_create(&thread, NULL, run, argument))
			_exit(100);
	/* libc's own part of a thread's start needs more than the strict filter permits. */
	while (started < count)
		;
}

static void make_untraced(int flags)
{
	size_t size = 65536;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	clone(spin, stack + size, flags, NULL);
}

static void catch_with_handler(int number)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = catch_signal;
	action.sa_flags = SA_RESTART;
	sigaction(number, &action, NULL);
}

static void before_entry(int argc, char **argv, char **envp)
{
	const char *verb = argc > 1 ? argv[1] : "plain";
	int number = argc > 2 ? atoi(argv[2]) : 0;
	pid_t pid;

	environment = envp;
	early = marker();
	if (!strcmp(verb, "threads")) {
		make_threads(number, ask_later, NULL);
	} else if (!strcmp(verb, "churn")) {
		/* Threads that end, among others that stay. */
		for (int i = 0; i < number; i++) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, exec_self, argv) == 0)
				pthread_join(thread, NULL);
		}
		started = 0;
		make_threads(2, ask_later, NULL);
	} else if (!strcmp(verb, "seccomp")) {
		early = try_seccomp();
	} else if (!strcmp(verb, "hammer")) {
		early = EPERM;
		make_threads(3, hammer_seccomp, NULL);
	} else if (!strcmp(verb, "own-filter")) {
		make_threads(1, load_own_filter, NULL);
		while (!loaded)
			;
	} else if (!strcmp(verb, "fork")) {
		if (fork() == 0)
			for (;;)
				pause();
	} else if (!strcmp(verb, "fork-exit")) {
		if (fork() == 0)
			for (;;)
				pause();
		_exit(3);
	} else if (!strcmp(verb, "fork-wait")) {
		pid = fork();
		if (pid == 0)
			_exit(7);
		waitpid(pid, &number, 0);
		early = WEXITSTATUS(number);
	} else if (!strcmp(verb, "vfork")) {
		make_threads(1, vfork_and_wait, NULL);
	} else if (!strcmp(verb, "untraced-thread")) {
		make_untraced(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			      CLONE_SYSVSEM | CLONE_UNTRACED);
	} else if (!strcmp(verb, "exec")) {
		exec_self(argv);
	} else if (!strcmp(verb, "exec-thread")) {
		make_threads(2, ask_later, NULL);
		make_threads(1, exec_self, argv);
		for (;;)
			pause();
	} else if (!strcmp(verb, "exec-static")) {
		execve(argv[2], argv + 2, envp);
	} else if (!strcmp(verb, "catch")) {
		catch_with_handler(number);
		raise(number);
		early = caught;
	} else if (!strcmp(verb, "timer")) {
		struct itimerval often = { { 0, 200 }, { 0, 200 } };

		catch_with_handler(SIGALRM);
		setitimer(ITIMER_REAL, &often, NULL);
		make_threads(2, ask_later, NULL);
		while (caught < 3)
			;
	} else if (!strcmp(verb, "stops")) {
		make_threads(1, stop_process, NULL);
		thread_count = 0; /* it asks nothing */
	} else if (!strcmp(verb, "raise")) {
		if (write(1, "before\n", 7) != 7)
			_exit(100);
		raise(number);
	} else if (!strcmp(verb, "exit")) {
		_exit(number);
	} else if (!strcmp(verb, "for-ever")) {
		if (write(1, "started\n", 8) != 8)
			_exit(100);
		for (;;)
			pause();
	} else if (!strcmp(verb, "shared-stack")) {
		/* What is below the stack pointer is memory that others may share. */
		char *low = (char *)(((unsigned long)argv & ~4095UL) - 5 * 4096);

		if (mmap(low - 16 * 4096, 16 * 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			_exit(100);
		shared = low - 16 * 4096;
	}
}

/* No call but what is asked for: the filter may refuse all others. */
int main(int argc, char **argv)
{
	char line[512];
	int length;

	go = 1;
	while (answered < thread_count)
		;
	/* Whoever shares it, or the kernel on behalf of an asynchronous read that was started
	 * before, would have changed what is written there. */
	for (int i = 0; shared && i < 15 * 4096; i++)
		if (shared[i])
			return 102;
	length = snprintf(line, sizeof(line), "early=%d final=%d threads=%d caught=%d euid=%d\n",
			  early, marker(), refused_threads, caught > 0,
			  argc > 1 && !strcmp(argv[1], "euid") ? (int)geteuid() : 0);
	if (write(1, line, (size_t)length) != length)
		return 101;
	if (argc > 1 && !strcmp(argv[1], "show"))
		for (char **e = environment; *e; e++)
			dprintf(1, "%s\n", *e);
	if (argc > 1 && !strcmp(argv[1], "show"))
		for (int i = 0; i < argc; i++)
			dprintf(1, "%s\n", argv[i]);
	if (argc > 1 && !strcmp(argv[1], "status")) {
		static char text[8192];
		FILE *f = fopen("/proc/self/status", "r");

		if (f)
			length = (int)fread(text, 1, sizeof(text), f);
		if (write(1, text, (size_t)length) != length)
			return 101;
	}
	return argc > 1 && !strcmp(argv[1], "status") ? 42 : 0;
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **,
									    char **) = before_entry;
