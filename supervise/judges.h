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
	unsigned int waiting;
	unsigned int count, idle;
	bool is_ending;
};

void judges_init(struct judges *judges, const struct tracing_settings *settings);

/* When none of their judgements is left. */
void judges_end(struct judges *judges);

/* Runs its handler, then judgement->done(). False: there is no thread for it. */
bool judges_ask(struct judges *judges, struct judgement *judgement);

#endif
