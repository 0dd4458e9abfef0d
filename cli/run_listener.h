/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_LISTENER_H
#define CLI_RUN_LISTENER_H

#include <sys/types.h>

#include <stile.h>

/*
 * The seccomp agent at a policy's listenerPath, who answers what the policy notifies
 * (runtime-spec, "Seccomp", "The Container Process State").
 */

/* A connection to it; -1: it was said why there is none. Closed by the caller. */
int run_listener_connect(const struct stile_policy *policy);

/* Sends the state of the program's process with its listener, which is closed. 0; -1: it was said
 * why not. */
int run_listener_send(int connection, const struct stile_policy *policy, pid_t pid, int listener);

#endif
