/* SPDX-License-Identifier: MIT */
/* The tracer of a program that is being started; spawn.c makes its process. */
#ifndef CORE_SPAWN_TRACE_H
#define CORE_SPAWN_TRACE_H

#include "spawn_tracer.h"

/*
 * Trace the child, which waits at the gate (a socket), through its exec until it is
 * sandboxed, or kill it. child_fd is a pidfd of it, or -1. Fills the report in.
 */
void spawn_trace(pid_t child, int child_fd, int gate, const struct spawn_request *request,
		 struct spawn_shared *shared);

#endif
