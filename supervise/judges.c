/* SPDX-License-Identifier: MIT */
#include "judges.h"

#include <signal.h>

#include "trace_deferred.h"

void judges_init(struct judges *judges, const struct tracing_settings *settings)
{
	judges->settings = settings;
	(void)pthread_mutex_init(&judges->lock, NULL); /* on Linux these cannot fail */
	(void)pthread_cond_init(&judges->changed, NULL);
}

/* How many of a program's may run: half of what those of others leave, so that some are left
 * however many programs have as many as they may. The lock is held. */
static unsigned int share(const struct judges *judges, const struct deferred *program)
{
	const struct tracing_settings *settings = judges->settings;
	const unsigned int wanted = settings->most ? settings->most(settings->data) : JUDGES_MAX;
	const unsigned int most = wanted < JUDGES_MAX ? wanted : JUDGES_MAX;
	const unsigned int others = judges->running - program->running;
	const unsigned int left = most > others ? (most - others) / 2 : 0;

	return left ? left : 1;
}

static bool may_run(const struct judges *judges, const struct judgement *judgement)
{
	return judgement->deferred->running < share(judges, judgement->deferred);
}

/* How many of those that wait may run. The lock is held. */
static unsigned int count_ready(const struct judges *judges)
{
	unsigned int count = 0;

	for (const struct judgement *at = judges->first; at; at = at->next)
		count += may_run(judges, at);
	return count;
}

/* The lock is held. False: it does not wait any more. */
static bool take_out(struct judges *judges, const struct judgement *judgement)
{
	struct judgement **at = &judges->first, *before = NULL;

	while (*at && *at != judgement) {
		before = *at;
		at = &before->next;
	}
	if (!*at)
		return false;
	*at = judgement->next;
	if (judges->last == judgement)
		judges->last = before;
	return true;
}

/* The first that may run, which then does; NULL: none. The lock is held. */
static struct judgement *begin_one(struct judges *judges)
{
	struct judgement *judgement = judges->first;

	while (judgement && !may_run(judges, judgement))
		judgement = judgement->next;
	if (!judgement)
		return NULL;
	(void)take_out(judges, judgement);
	judges->running++;
	judgement->deferred->running++;
	return judgement;
}

/* It is done: others may run in its place, of any program. The lock is held. */
static void end_one(struct judges *judges, const struct judgement *judgement)
{
	judges->running--;
	judgement->deferred->running--;
	if (judges->first)
		(void)pthread_cond_broadcast(&judges->changed);
}

/* The lock is held. NULL: the end. */
static struct judgement *next(struct judges *judges)
{
	struct judgement *judgement;

	judges->idle++;
	while (!(judgement = begin_one(judges)) && !judges->is_ending)
		(void)pthread_cond_wait(&judges->changed, &judges->lock);
	judges->idle--;
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
		(void)pthread_mutex_lock(&judges->lock);
		end_one(judges, judgement);
		(void)pthread_mutex_unlock(&judges->lock);
		judgement->done(judgement); /* with the last one its program may go */
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

/* One thread for each that may run. The lock is held. */
static void call_threads(struct judges *judges)
{
	unsigned int ready = count_ready(judges);

	/* What waits already is for the idle ones. */
	for (; ready > judges->idle && judges->count < JUDGES_MAX; ready--)
		add_thread(judges);
	(void)pthread_cond_broadcast(&judges->changed);
}

bool judges_ask(struct judges *judges, struct judgement *judgement)
{
	bool is_possible;

	(void)pthread_mutex_lock(&judges->lock);
	judgement->next = NULL;
	if (judges->first)
		judges->last->next = judgement;
	else
		judges->first = judgement;
	judges->last = judgement;
	if (may_run(judges, judgement)) {
		if (count_ready(judges) > judges->idle && judges->count < JUDGES_MAX)
			add_thread(judges);
		(void)pthread_cond_signal(&judges->changed);
	}
	is_possible = judges->count > 0;
	if (!is_possible)
		(void)take_out(judges, judgement);
	(void)pthread_mutex_unlock(&judges->lock);
	return is_possible;
}

bool judges_withdraw(struct judges *judges, const struct judgement *judgement)
{
	bool waits;

	(void)pthread_mutex_lock(&judges->lock);
	waits = take_out(judges, judgement);
	(void)pthread_mutex_unlock(&judges->lock);
	return waits;
}

void judges_limit_changed(struct judges *judges)
{
	(void)pthread_mutex_lock(&judges->lock);
	call_threads(judges);
	(void)pthread_mutex_unlock(&judges->lock);
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
