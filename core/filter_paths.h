/* SPDX-License-Identifier: MIT */
#ifndef CORE_FILTER_PATHS_H
#define CORE_FILTER_PATHS_H

/*
 * All ways through a filter: each call takes exactly one, and the calls of a way are all
 * combinations of the members of a set for each word.
 */

#include "arena.h"
#include "backend.h"
#include "word_value.h"

/* A set in which the word is on all calls of a way, as disjoint pieces. */
struct path_set {
	const struct word_piece *pieces;
	uint32_t count;
	bool is_all;
	/* Not all of these words come: the others, with what else is in the way's sets, take ways
	 * that come before it in the list. */
	bool is_wider;
};

struct path {
	uint32_t answer; /* effective_answer() */
	bool is_wider;	 /* some set is */
	struct path_set sets[DATA_WORDS];
};

struct filter_paths {
	struct arena arena;
	struct path *paths; /* allocated */
	uint32_t count, capacity;
	/* Why the ways cannot be said so, at which instruction; static memory. */
	const char *why;
	size_t where;
};

/* 0; -EINVAL: the kernel would not load the filter; -E2BIG: why and where are set; -ENOMEM. To be
 * freed in any case. */
int filter_find_paths(const struct filter *filter, struct filter_paths *paths);
void filter_paths_free(struct filter_paths *paths);

/* The calls in the sets of a run all get this answer: a way more. False: the run is to end. */
struct proof_run;
bool filter_paths_add(struct proof_run *run, uint32_t answer);

#endif
