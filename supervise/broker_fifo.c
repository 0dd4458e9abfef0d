/* SPDX-License-Identifier: MIT */
/*
 * A thread waits in open(2), since no other way waits as that does. If the target dies, the thread
 * is woken by opening the other end. Where the supervisor may not do that (it may read a FIFO but
 * not write it), the thread stays until somebody does, and needs nothing of the broker.
 */
#include "broker_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <stile/notify.h>

#include "broker_apart.h"
#include "broker_open_at.h"
#include "call.h"

#define WAITS_MAX 64
#define LOOK_AFTER_NANOSECONDS 300000000L

struct fifo_waits {
	atomic_uint holders; /* the broker, and the threads */
};

struct fifo_wait {
	struct fifo_waits *waits;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	int fifo, flags;
	/* Under the lock: */
	bool has_ended, is_abandoned;
	int result;
	int other_end; /* that wakes the thread; -1: not open */
};

struct fifo_waits *fifo_waits_new(void)
{
	struct fifo_waits *waits = malloc(sizeof(*waits));

	if (waits)
		atomic_init(&waits->holders, 1);
	return waits;
}

void fifo_waits_drop(struct fifo_waits *waits)
{
	if (waits && atomic_fetch_sub(&waits->holders, 1) == 1)
		free(waits);
}

static void wait_free(struct fifo_wait *wait)
{
	(void)close(wait->fifo);
	if (wait->other_end >= 0)
		(void)close(wait->other_end);
	(void)pthread_cond_destroy(&wait->ended);
	(void)pthread_mutex_destroy(&wait->lock);
	fifo_waits_drop(wait->waits);
	free(wait);
}

/* A condition that is waited for by the clock that nobody sets. */
static int start_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	int error = pthread_condattr_init(&attributes);

	if (error)
		return error;
	error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (error == 0)
		error = pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return error;
}

/* Takes a place among those who wait. NULL: there is no memory or no place. */
static struct fifo_wait *wait_new(struct fifo_waits *waits, int fifo, int flags)
{
	struct fifo_wait *wait = calloc(1, sizeof(*wait));

	if (!wait)
		return NULL;
	*wait = (struct fifo_wait){ .waits = waits, .flags = flags, .other_end = -1 };
	wait->fifo = fcntl(fifo, F_DUPFD_CLOEXEC, 0);
	if (wait->fifo < 0 || start_condition(&wait->ended)) {
		if (wait->fifo >= 0)
			(void)close(wait->fifo);
		free(wait);
		return NULL;
	}
	(void)pthread_mutex_init(&wait->lock, NULL); /* always succeeds */
	if (atomic_fetch_add(&waits->holders, 1) > WAITS_MAX) {
		wait_free(wait);
		return NULL;
	}
	return wait;
}

static void *run(void *data)
{
	struct fifo_wait *wait = data;
	int result = open_again(wait->fifo, wait->flags);
	bool is_abandoned;

	(void)pthread_mutex_lock(&wait->lock);
	wait->result = result;
	wait->has_ended = true;
	is_abandoned = wait->is_abandoned;
	(void)pthread_cond_signal(&wait->ended);
	(void)pthread_mutex_unlock(&wait->lock);
	if (is_abandoned) {
		if (result >= 0)
			(void)close(result);
		wait_free(wait);
	}
	return NULL;
}

/* It is kept open until the thread has seen it, also if that has not come to wait yet. */
static int open_other_end(const struct fifo_wait *wait)
{
	int fd;

	if ((wait->flags & O_ACCMODE) == O_WRONLY)
		return open_again(wait->fifo, O_RDONLY | O_NONBLOCK);
	fd = open_again(wait->fifo, O_RDWR | O_NONBLOCK);
	return fd == -EACCES ? open_again(wait->fifo, O_WRONLY | O_NONBLOCK) : fd;
}

static struct timespec time_to_look(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_nsec += LOOK_AFTER_NANOSECONDS;
	if (time.tv_nsec >= 1000000000L) {
		time.tv_nsec -= 1000000000L;
		time.tv_sec++;
	}
	return time;
}

/* Until the thread has ended, or the target is gone: nothing tells of that, so it is asked. */
static void wait_for_end(struct fifo_wait *wait, const struct stile_call *call)
{
	while (!wait->has_ended && !wait->is_abandoned) {
		struct timespec time = time_to_look();

		if (pthread_cond_timedwait(&wait->ended, &wait->lock, &time) == 0)
			continue;
		if (!wait->has_ended &&
		    stile_check_notification(call->listener, call->notification.id) < 0)
			wait->is_abandoned = true;
	}
}

int fifo_open(struct fifo_waits *waits, const struct stile_call *call, int fifo, int flags)
{
	struct fifo_wait *wait = wait_new(waits, fifo, flags);
	pthread_t thread;
	int result;

	if (!wait)
		return -ENFILE;
	result = start_quiet_thread(&thread, run, wait);
	if (result < 0) {
		wait_free(wait);
		return result == -EAGAIN ? -ENFILE : result;
	}
	(void)pthread_mutex_lock(&wait->lock);
	wait_for_end(wait, call);
	if (wait->is_abandoned) {
		wait->other_end = open_other_end(wait);
		(void)pthread_detach(thread);
		(void)pthread_mutex_unlock(&wait->lock); /* it is the thread's now */
		return -ENOENT;
	}
	(void)pthread_mutex_unlock(&wait->lock);
	(void)pthread_join(thread, NULL);
	result = wait->result;
	wait_free(wait);
	return result;
}
