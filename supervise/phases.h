/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_PHASES_H
#define SUPERVISE_PHASES_H

/* The filters of a worker, one for each of its phases, made before it starts. */

#include <stddef.h>

#include "backend.h"
#include "message.h"

struct stile;

struct phase {
	struct filter filter;
	unsigned int flags; /* of seccomp(2) */
};

struct phases {
	struct phase *all;
	size_t count;
	struct stile *speaker; /* where loading leaves its sentences */
};

/*
 * Compiles and proves the filters, and holds each policy against the one before. In all but the
 * last, what loads the later filters is permitted: seccomp(2) with exactly the flags of each. 0,
 * and freed by phases_free(); or a negative error with its sentence. The contexts stay as they are.
 */
int phases_make(struct phases *phases, struct stile *const *contexts, size_t count,
		struct message *message);
void phases_free(struct phases *phases);

/*
 * Loads the filter of this index on all threads; the first sets no_new_privs before. It makes no
 * other call and allocates nothing. 0, or an error with its sentence in the speaker.
 */
int phases_load(struct phases *phases, size_t index);

#endif
