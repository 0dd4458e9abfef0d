/* SPDX-License-Identifier: MIT */
#include "broker_apart.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

struct act {
	mode_t mask;
	int (*act)(void *data);
	void *data;
	int result;
};

/* With all signals blocked: they are for the program's own threads. */
static int start_thread(pthread_t *thread, void *(*run)(void *), void *data)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (error)
		return -error;
	error = pthread_create(thread, NULL, run, data);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static void *act_here(void *data)
{
	struct act *a = data;

	if (unshare(CLONE_FS) < 0) {
		a->result = -errno;
		return NULL;
	}
	(void)umask(a->mask);
	a->result = a->act(a->data);
	return NULL;
}

int act_apart(mode_t mask, int (*act)(void *data), void *data)
{
	struct act a = { .mask = mask, .act = act, .data = data };
	pthread_t thread;
	int error = start_thread(&thread, act_here, &a);

	if (error)
		return error;
	error = pthread_join(thread, NULL);
	return error ? -error : a.result;
}
