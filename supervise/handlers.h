/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_HANDLERS_H
#define SUPERVISE_HANDLERS_H

/* The handlers of a context, and which of them a call is for. */

#include <stile/policy.h>

#include "handler.h"

#define HANDLERS_BY_NUMBER 512

/*
 * A copy of what a supervisor needs of a context; it outlives it. Which handler a
 * call is for a filter tells a tracer as SECCOMP_RET_DATA (PTRACE_GETEVENTMSG), 1 + the index in
 * all; for a notification it is found by the policy.
 */
struct handlers {
	struct handler *all;
	uint32_t count;
	stile_handler on_exec; /* NULL: none */
	void *on_exec_data;
	bool hides_vdso;
	struct stile_policy *policy;  /* NULL: no notifications are expected */
	const struct policy *decided; /* what it comes to */
	/* For calls of this machine's ABI by number: 1 + the index of the handler that every such
	 * call is for; 0: the policy knows. */
	uint16_t by_number[HANDLERS_BY_NUMBER];
};

/* Copies; 0 or the context's error. Freed by handlers_free(). */
int handlers_copy(struct stile *s, struct handlers *handlers);
void handlers_free(struct handlers *handlers);

/* The handler of a notified call; NULL: there is none (the call is refused then). */
const struct handler *handlers_find(const struct handlers *handlers,
				    const struct seccomp_data *data);

/* That of SECCOMP_RET_TRACE's data; NULL: there is none. */
const struct handler *handlers_get(const struct handlers *handlers, unsigned long message);

#endif
