/* SPDX-License-Identifier: MIT */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

/* Memory that is freed all at once and never moves. */

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one in use first */
};

/* Room for count items of a size, not cleared; NULL: out of memory. */
void *arena_allocate(struct arena *arena, size_t count, size_t size);

/* What was allocated is gone; one block stays for what comes next. */
void arena_clear(struct arena *arena);

void arena_free(struct arena *arena);

#endif
