/* SPDX-License-Identifier: MIT */
/* The tracer of a program that is being started; spawn.c makes its process. */
#ifndef CORE_SPAWN_TRACE_H
#define CORE_SPAWN_TRACE_H

#include "spawn_tracer.h"

/* Those that the tracer has, and no others. */
struct spawn_descriptors {
	int child;	   /* a pidfd of it, or -1 */
	int gate;	   /* the socket at which it waits */
	int listener_gate; /* a socket for the notifying filter's listener, or -1 */
};

/* Trace the child through its exec until it is sandboxed, or kill it. Fills the report in. */
void spawn_trace(pid_t child, const struct spawn_descriptors *descriptors,
		 const struct spawn_request *request, struct spawn_shared *shared);

#endif
