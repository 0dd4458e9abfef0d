/* SPDX-License-Identifier: MIT */
#ifndef CORE_COMPILE_H
#define CORE_COMPILE_H

#include "backend.h"
#include "context.h"
#include "policy_build.h"

/*
 * Compiles and proves a context into s->prepared, unless that was done since it changed last.
 * 0 or the context's error.
 */
int compile_prepare(struct stile *s);

/*
 * Context to policy and proved filter, for one phase of a start. 0, and the caller frees both
 * (free(), policy_free()), and s->proof is the proof of the final filter; or the context's error.
 */
int compile_phase(struct stile *s, enum policy_phase phase, struct filter *filter,
		  struct policy *policy);

/* What the receipt will tell of this policy. */
void note_policy(struct stile *s, const struct policy *policy);

#endif
