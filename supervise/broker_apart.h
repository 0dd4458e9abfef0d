/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_APART_H
#define SUPERVISE_BROKER_APART_H

/*
 * Acts in a thread that has a working folder and an umask of its own: those of the process are not
 * the library's to change.
 */

#include <sys/types.h>

/* What act(data) returns when it is called with this umask; or a negative errno. */
int act_apart(mode_t mask, int (*act)(void *data), void *data);

#endif
