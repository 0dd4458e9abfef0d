/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_CONNECT_H
#define SUPERVISE_BROKER_CONNECT_H

/* connect(2) that does not outlast the target by more than a moment. */

#include <sys/socket.h>

struct stile_call;

/* On a copy of the target's socket, which waits or not as the target has it set. 0 or a negative
 * errno; -ESRCH: the target is gone. */
int connect_for(const struct stile_call *call, int socket, const struct sockaddr *address,
		socklen_t length);

#endif
