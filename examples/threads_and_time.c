/* SPDX-License-Identifier: MIT */
/*
 * Threads, clocks, sleeping and timers under the rulesets threads and time: what they need, and
 * what is refused all the same.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <stile.h>

#define THREADS 4
#define ROUNDS 1000
#define MILLISECOND 1000000L /* nanoseconds */

struct work {
	pthread_mutex_t lock;
	pthread_cond_t all_are_here;
	int here, sum;
};

static void enter_sandbox(void)
{
	struct stile *s = stile_new();

	stile_allow_threads_create(s);
	stile_allow_threads_synchronise(s);
	stile_allow_time_sleep(s);
	stile_allow_time_timers(s);
	stile_allow_signals_wait(s); /* sigwait(), for the timer's signal */
	stile_allow_system_io_stdout(s);
	stile_allow_system_io_stderr(s);
	if (stile_apply_to_current_thread(s) < 0)
		errx(1, "cannot sandbox: %s", stile_message(s));
	stile_free(s);
}

/* Threads are started in the sandbox: they are in it, too. */
static void *add_up(void *data)
{
	struct work *work = data;

	(void)pthread_mutex_lock(&work->lock);
	if (++work->here == THREADS)
		(void)pthread_cond_broadcast(&work->all_are_here);
	while (work->here < THREADS)
		(void)pthread_cond_wait(&work->all_are_here, &work->lock);
	(void)pthread_mutex_unlock(&work->lock);

	for (int i = 0; i < ROUNDS; i++) {
		(void)pthread_mutex_lock(&work->lock);
		work->sum++;
		(void)pthread_mutex_unlock(&work->lock);
	}
	return NULL;
}

/*
 * The grant permits clone() with the flags of a thread. glibc first tries clone3(), whose flags
 * are behind a pointer where no filter sees them. So that one answers ENOSYS, as on a kernel
 * that does not have it, and glibc falls back. (With EPERM it would give up.)
 */
static void use_threads(void)
{
	struct work work = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0 };
	pthread_t threads[THREADS];
	int error;

	if (syscall(SYS_clone3, NULL, 0) < 0)
		printf("clone3(): %s\n", strerror(errno));
	for (int i = 0; i < THREADS; i++) {
		error = pthread_create(&threads[i], NULL, add_up, &work);
		if (error)
			errx(1, "pthread_create: %s", strerror(error));
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	printf("%d threads added up to %d\n", THREADS, work.sum);
	if (fork() < 0)
		printf("fork(): %s\n", strerror(errno));
	else
		_exit(1); /* not refused: parent and child end here */
}

static void use_clocks(void)
{
	const struct timespec pause = { .tv_nsec = 5 * MILLISECOND };
	struct timespec before, after, resolution;
	long long passed;

	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	if (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL) != 0)
		errx(1, "clock_nanosleep failed");
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	passed = (after.tv_sec - before.tv_sec) * 1000LL * MILLISECOND + after.tv_nsec -
		 before.tv_nsec;
	printf("slept at least 5 ms: %s\n", passed >= pause.tv_nsec ? "yes" : "no");

	/*
	 * time.read is not granted, and the call is refused. But libc does not make it: the vDSO, a
	 * library that the kernel puts into every process, answers without the kernel. A sandbox
	 * of system calls cannot hide the time.
	 */
	if (syscall(SYS_clock_getres, CLOCK_MONOTONIC, &resolution) < 0)
		printf("clock_getres() as a system call: %s\n", strerror(errno));
	if (clock_getres(CLOCK_MONOTONIC, &resolution) == 0)
		printf("clock_getres() by the vDSO: %ld ns\n", resolution.tv_nsec);
	if (clock_settime(CLOCK_REALTIME, &after) < 0)
		printf("clock_settime(): %s\n", strerror(errno));
}

static void use_timer(void)
{
	const struct itimerspec soon = { .it_value.tv_nsec = MILLISECOND };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	sigset_t signals;
	timer_t timer;
	int number;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	    timer_settime(timer, 0, &soon, NULL) < 0 || sigwait(&signals, &number) != 0)
		err(1, "timer");
	printf("the timer sent its signal: %s\n", number == SIGUSR1 ? "yes" : "no");
	(void)timer_delete(timer);
	/* another way to be told the time is up, with a grant of its own: time.timerfd */
	if (timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) < 0)
		printf("timerfd_create(): %s\n", strerror(errno));
}

int main(void)
{
	enter_sandbox();
	use_threads();
	use_clocks();
	use_timer();
	return 0;
}
