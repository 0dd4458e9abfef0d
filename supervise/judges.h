/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_JUDGES_H
#define SUPERVISE_JUDGES_H

/* Threads in which handlers run while their tracer has other things to do. */

#include <pthread.h>
#include <stdbool.h>

#include "judgement.h"

#define JUDGES_MAX 256

struct judges {
	const struct tracing_settings *settings;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct judgement *first, *last; /* that wait */
	pthread_t threads[JUDGES_MAX];
	unsigned int count, idle;
	unsigned int running; /* judgements that are begun */
	bool is_ending;
};

void judges_init(struct judges *judges, const struct tracing_settings *settings);

/* When none of their judgements is left. */
void judges_end(struct judges *judges);

/* Runs its handler, as soon as its program may have one more, then judgement->done(). False: there
 * is no thread for it. */
bool judges_ask(struct judges *judges, struct judgement *judgement);

/* False: it is begun already, or done. */
bool judges_withdraw(struct judges *judges, const struct judgement *judgement);

/* The settings have another number of handlers at once. */
void judges_limit_changed(struct judges *judges);

#endif
