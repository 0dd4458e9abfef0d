/* SPDX-License-Identifier: MIT */
#ifndef CORE_SPAWN_LISTENER_H
#define CORE_SPAWN_LISTENER_H

#include "spawn_tracer.h"

/*
 * Takes the listener, which has this number in the stopped program, closes it there and sends it
 * through the gate. The filter that it belongs to is on, and no other refuses close(2). 0, a
 * negative error with its sentence, or -ESRCH: the program has been killed.
 */
int spawn_take_listener(struct tracer *t, int number);

#endif
