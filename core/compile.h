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

/* How a filter is made; all zero: by our own compiler, proved. */
struct filter_options {
	enum stile_backend backend;
	const uint64_t *weights; /* by syscall of the table; NULL: not known */
	bool is_unproved;
};

/*
 * Policy to filter, and the proof of it. 0, and the caller frees the filter's instructions; or a
 * negative error with its sentence.
 */
int make_filter(const struct policy *policy, const struct filter_options *options,
		struct filter *filter, struct stile_proof *proof, struct message *message);

/* What the receipt will tell of this policy. */
void note_policy(struct stile *s, const struct policy *policy);

#endif
