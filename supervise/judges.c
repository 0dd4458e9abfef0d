/* SPDX-License-Identifier: MIT */
#include "judges.h"

#include <signal.h>

void judges_init(struct judges *judges, const struct tracing_settings *settings)
{
	judges->settings = settings;
	(void)pthread_mutex_init(&judges->lock, NULL); /* on Linux these cannot fail */
	(void)pthread_cond_init(&judges->changed, NULL);
}

/* The lock is held. NULL: the end. */
static struct judgement *next(struct judges *judges)
{
	struct judgement *judgement;

	judges->idle++;
	while (!judges->first && !judges->is_ending)
		(void)pthread_cond_wait(&judges->changed, &judges->lock);
	judges->idle--;
	judgement = judges->first;
	if (judgement) {
		judges->first = judgement->next;
		judges->waiting--;
	}
	return judgement;
}

static void *judge(void *data)
{
	struct judges *judges = data;
	struct judgement *judgement;

	(void)pthread_mutex_lock(&judges->lock);
	while ((judgement = next(judges))) {
		(void)pthread_mutex_unlock(&judges->lock);
		judgement_run(judgement, judges->settings);
		judgement->done(judgement);
		(void)pthread_mutex_lock(&judges->lock);
	}
	(void)pthread_mutex_unlock(&judges->lock);
	return NULL;
}

/* The lock is held. */
static void add_thread(struct judges *judges)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before))
		return;
	if (pthread_create(&judges->threads[judges->count], NULL, judge, judges) == 0)
		judges->count++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool judges_ask(struct judges *judges, struct judgement *judgement)
{
	bool is_possible;

	(void)pthread_mutex_lock(&judges->lock);
	/* What waits already is for the idle ones. */
	if (judges->waiting >= judges->idle && judges->count < JUDGES_MAX)
		add_thread(judges);
	is_possible = judges->count > 0;
	if (is_possible) {
		judgement->next = NULL;
		if (judges->first)
			judges->last->next = judgement;
		else
			judges->first = judgement;
		judges->last = judgement;
		judges->waiting++;
		(void)pthread_cond_signal(&judges->changed);
	}
	(void)pthread_mutex_unlock(&judges->lock);
	return is_possible;
}

void judges_end(struct judges *judges)
{
	(void)pthread_mutex_lock(&judges->lock);
	judges->is_ending = true;
	(void)pthread_cond_broadcast(&judges->changed);
	(void)pthread_mutex_unlock(&judges->lock);
	for (unsigned int i = 0; i < judges->count; i++)
		(void)pthread_join(judges->threads[i], NULL);
	(void)pthread_cond_destroy(&judges->changed);
	(void)pthread_mutex_destroy(&judges->lock);
}
