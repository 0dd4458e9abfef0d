/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_APART_H
#define SUPERVISE_BROKER_APART_H

/*
 * Acts in a thread that has a working folder and an umask of its own: those of the process are not
 * the library's to change.
 */

#include <pthread.h>
#include <sys/types.h>

/* Starts a thread in which all signals are blocked: they are for the program's own threads. 0 or a
 * negative errno. */
int start_quiet_thread(pthread_t *thread, void *(*run)(void *), void *data);

/* What act(data) returns when it is called with this umask; or a negative errno. */
int act_apart(mode_t mask, int (*act)(void *data), void *data);

#endif
