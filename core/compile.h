/* SPDX-License-Identifier: MIT */
#ifndef CORE_COMPILE_H
#define CORE_COMPILE_H

#include "backend.h"
#include "context.h"
#include "policy_build.h"

/*
 * Context to filter for the native ABI. 0 and a filter to be freed with free(), or the
 * context's error. policy may be NULL; if not, it is filled and freed by the caller.
 */
int compile_context(struct stile *s, enum policy_phase phase, struct filter *filter,
		    struct policy *policy);

#endif
