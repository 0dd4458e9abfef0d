/* SPDX-License-Identifier: MIT */
/* What the tracer does at the program's two stops: after the exec, and at the entry point. */
#ifndef CORE_SPAWN_IMAGE_H
#define CORE_SPAWN_IMAGE_H

#include <stdbool.h>

#include "spawn_tracer.h"

/* The first stop after an exec, before the first instruction of the new image. */
int spawn_on_new_image(struct tracer *t);

/* Is this the stop at the trap that spawn_on_new_image() laid at the entry point? */
bool spawn_is_trap(struct tracer *t, pid_t tid, int status);
int spawn_on_entry(struct tracer *t, pid_t tid);

#endif
