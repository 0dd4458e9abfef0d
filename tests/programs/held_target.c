/* SPDX-License-Identifier: MIT */
/*
 * held_target SIGNAL [MASK]: a target of live_spawn_hold, whose getppid() is intercepted and comes
 * to 4242. Before its entry point it has a timer send it SIGNAL all the time (0: none; below 0:
 * none, but it waits for one), and catches what it can. The first that it does afterwards is to
 * ask: whose call nobody intercepts runs freely, and says "free" on standard output. Ends with 0
 * after it has caught a signal, with 2 if it is free, and with 3 if other signals than MASK (0) are
 * blocked.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PARENT 4242	  /* as the handler says */
#define NANOSECONDS 20000 /* between two signals, at first */

static volatile sig_atomic_t caught;
static timer_t timer;
static long nanoseconds = NANOSECONDS;

static void set_timer(long interval)
{
	const struct itimerspec often = { { 0, interval }, { 0, interval } };

	if (timer_settime(timer, 0, &often, NULL) < 0)
		_exit(4);
}

static void ask(void)
{
	if (syscall(SYS_getppid) == PARENT)
		return;
	(void)!write(1, "free", 4);
	_exit(2);
}

/* Once somebody is asked, one is enough. Until then they come more and more slowly, so that the
 * loader gets on between two stops. */
static void on_signal(int number)
{
	const int before = errno;

	(void)number;
	if (syscall(SYS_getppid) == PARENT) {
		caught++;
		nanoseconds = 0;
	} else {
		nanoseconds += nanoseconds / 2;
	}
	set_timer(nanoseconds);
	errno = before;
}

static void before_entry(int argc, char **argv, char **envp)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = argc > 1 ? atoi(argv[1]) : 0 };
	const int timed = event.sigev_signo > 0;

	(void)envp;
	if (!timed)
		event.sigev_signo = SIGUSR1; /* for a timer that is never set */
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		_exit(4);
	(void)sigaction(SIGUSR1, &action, NULL);
	(void)sigaction(SIGTRAP, &action, NULL);
	if (timed)
		set_timer(nanoseconds);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **,
									    char **) = before_entry;

__attribute__((constructor)) static void after_entry(void)
{
	ask();
}

int main(int argc, char **argv)
{
	const int number = argc > 1 ? atoi(argv[1]) : 0;
	const uint64_t expected = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t mask = 0;

	(void)syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	if (mask != expected)
		return 3;
	while (number && !caught)
		ask();
	return 0;
}
