/* SPDX-License-Identifier: MIT */
#ifndef CORE_APPLY_H
#define CORE_APPLY_H

/* What apply and spawn share. */

#include <stddef.h>

#include "backend.h"
#include "context.h"

/* The context is in force: it takes no more rules, and stile_receipt() tells of it. */
void fill_receipt(struct stile *s, size_t instructions);

/* The steps of an apply: no_new_privs, and a filter for the calling thread with flags of
 * seccomp(2), whose answer is *result. 0 or the context's error. */
int apply_no_new_privs(struct stile *s);
int apply_load_filter(struct stile *s, const struct filter *filter, unsigned int flags,
		      long *result);

#endif
