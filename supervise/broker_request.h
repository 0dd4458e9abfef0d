/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_REQUEST_H
#define SUPERVISE_BROKER_REQUEST_H

/* What a call that opens asks for: one copy of all that it points to. */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct stile_call;

struct open_request {
	int folder; /* the descriptor that a relative path starts from, or AT_FDCWD */
	uint64_t flags, mode, resolve; /* valid together */
	bool is_closed_on_exec;
	char path[PATH_MAX];
};

/* That of open(2), creat(2) and openat(2). 0 or the negative errno that the call

 * fails with. path is an address in the target. */
int open_request_plain(struct stile_call *call, int folder, uint64_t path, uint32_t flags,
		       uint32_t mode, struct open_request *request);

/* The same for openat2(2): how is a struct open_how of size bytes. */
int open_request_how(struct stile_call *call, int folder, uint64_t path, uint64_t how,
		     uint64_t size, struct open_request *request);

#endif
