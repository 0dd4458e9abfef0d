/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMPILED_TEXT_H
#define CLI_COMPILED_TEXT_H

/* A filter with what belongs to it, as C and as JSON. The same every time: no dates, no paths. */

#include <stdbool.h>
#include <stdio.h>

#include <stile.h>

#include "filter_context.h"

struct compiled_filter {
	const struct sock_filter *instructions;
	size_t count;
	uint64_t policy_hash;
	struct stile_proof proof;
	const struct filter_context *context; /* pseudo code is for its first ABI */
	enum stile_backend backend;
	bool has_profile;
	bool is_policy; /* of a policy, not of grants */
};

/* A header with the filter as "static const struct stile_compiled NAME". */
void write_c(FILE *stream, const struct compiled_filter *compiled, const char *name);

void write_json(FILE *stream, const struct compiled_filter *compiled);

#endif
