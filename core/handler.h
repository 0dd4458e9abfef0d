/* SPDX-License-Identifier: MIT */
#ifndef CORE_HANDLER_H
#define CORE_HANDLER_H

#include <stdbool.h>

#include <stile/supervise.h>

/*
 * Who is asked about a call. A context has a list of them; the action of their rules, notify or
 * trace, has in errno_value 1 + the index in it. So two handlers for one call are different actions
 * for it, which is an error.
 */
struct handler {
	stile_handler entry; /* NULL: not asked */
	stile_handler exit;  /* NULL: not asked; of intercepts alone */
	void *data;
	bool is_intercept; /* by ptrace; else by notification */
};

/* stile_on() for a broker's handler, which is asked about all calls of a name. */
int context_on_broker(struct stile *s, const char *name, stile_handler handler, void *broker);

#define HANDLERS_MAX 65535 /* SECCOMP_RET_DATA has 16 bits */

#endif
