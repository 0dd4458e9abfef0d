/* SPDX-License-Identifier: MIT */
#ifndef CORE_EMIT_H
#define CORE_EMIT_H

/* A decision graph becomes instructions. */

#include "backend.h"
#include "graph.h"

/*
 * 0 and an allocated filter, which may be longer than the kernel takes: that is for the caller to
 * say. -ENOMEM.
 */
int emit(const struct graph *graph, uint32_t first, struct filter *filter);

#endif
