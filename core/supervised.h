/* SPDX-License-Identifier: MIT */
#ifndef CORE_SUPERVISED_H
#define CORE_SUPERVISED_H

/* A context with handlers comes into force; who answers is not known here. */

#include <sys/types.h>

#include <stile/notify.h>
#include <stile/spawn.h>

#include "compile.h"
#include "spawn_hold.h"

/* The two filters (core/policy_split.h) and the policy that they were made of. */
struct supervised_filters {
	struct filter notifying; /* no instructions: nothing is notified */
	struct filter rest;
	struct policy policy;
};

/* 0, and freed by supervised_filters_free(); or the context's error. */
int supervised_filters_make(struct stile *s, struct supervised_filters *filters);
void supervised_filters_free(struct supervised_filters *filters);

/* What stile_spawn() needs, and in pid and listener what it gives. */
struct supervised_start {
	const char *path;
	char *const *argv;
	char *const *envp; /* NULL: the caller's */
	const struct stile_spawn_signals *signals;
	pid_t pid;
	int listener;		/* -1: nothing is notified */
	struct spawn_hold hold; /* of one with intercepts: for its tracer to release */
};

/* stile_spawn() for any context. With intercepts the program is left stopped by SIGSTOP at its
 * entry point. 0 or the context's error. */
int spawn_supervised(struct stile *s, struct supervised_start *start);

/* stile_apply_with_listener() for any context; without anything notified hand_over gets -1. */
int apply_supervised(struct stile *s, stile_hand_over hand_over, void *data);

#endif
