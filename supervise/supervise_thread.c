/* SPDX-License-Identifier: MIT */
/* The calling thread comes under supervision by another thread of its process. */
#include <errno.h>
#include <string.h>

#include "context.h"
#include "public.h"
#include "supervised.h"
#include "supervisor.h"

/*
 * Between its two filters the target must not make a call that may be notified; it can pass the
 * listener on by memory and a futex, which is never notified. A thread that waits for it adds it.
 */
struct handing {
	struct stile_supervisor *supervisor;
	struct source *source;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int listener; /* -1: not there yet */
	bool is_given_up, is_taken;
	int error;
};

static void *take_listener(void *data)
{
	struct handing *handing = data;

	(void)pthread_mutex_lock(&handing->lock);
	while (handing->listener < 0 && !handing->is_given_up)
		(void)pthread_cond_wait(&handing->changed, &handing->lock);
	if (handing->listener >= 0)
		handing->error = supervisor_add(handing->supervisor, handing->source,
						handing->listener);
	handing->is_taken = true;
	(void)pthread_cond_broadcast(&handing->changed);
	(void)pthread_mutex_unlock(&handing->lock);
	return NULL;
}

/* Called in the target, between its two filters. */
static int hand_over(int listener, void *data)
{
	struct handing *handing = data;

	(void)pthread_mutex_lock(&handing->lock);
	handing->listener = listener;
	(void)pthread_cond_broadcast(&handing->changed);
	while (!handing->is_taken)
		(void)pthread_cond_wait(&handing->changed, &handing->lock);
	(void)pthread_mutex_unlock(&handing->lock);
	return handing->error ? handing->error : 1; /* it stays open */
}

static int apply(struct stile *s, struct handing *handing)
{
	pthread_t taker;
	int error = pthread_create(&taker, NULL, take_listener, handing);

	if (error)
		return context_fail(s, -EIO, "a thread that takes the listener cannot be made: %s",
				    strerrordesc_np(error));
	error = apply_supervised(s, hand_over, handing);
	(void)pthread_mutex_lock(&handing->lock);
	handing->is_given_up = true;
	(void)pthread_cond_broadcast(&handing->changed);
	(void)pthread_mutex_unlock(&handing->lock);
	(void)pthread_join(taker, NULL);
	return error;
}

STILE_PUBLIC int stile_supervise_thread(struct stile *s, struct stile_supervisor **supervisor)
{
	struct handing handing = { .lock = PTHREAD_MUTEX_INITIALIZER,
				   .changed = PTHREAD_COND_INITIALIZER,
				   .listener = -1 };
	int error = context_ready(s);

	if (error)
		return error;
	if (!supervisor || !s->is_notified || s->is_intercepted)
		return context_fail(s, -EINVAL,
				    "stile_supervise_thread() needs a context with handlers "
				    "(stile_on()), none of which is an intercept, and a place for "
				    "the supervisor");
	handing.supervisor = stile_supervisor_new();
	if (!handing.supervisor)
		return context_out_of_memory(s);
	handing.source = source_new(s);
	if (!handing.source)
		error = stile_error(s);
	else if (supervisor_threads_start(handing.supervisor) < 0)
		error = context_fail(s, -EIO, "the supervisor cannot start a thread");
	if (!error)
		error = apply(s, &handing);
	if (!error) {
		*supervisor = handing.supervisor;
		return 0;
	}
	if (handing.source && (handing.listener < 0 || handing.error))
		source_free(handing.source);
	stile_supervisor_free(handing.supervisor);
	return error;
}
