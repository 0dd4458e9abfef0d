/* SPDX-License-Identifier: MIT */
#ifndef CORE_MASKED_COVER_H
#define CORE_MASKED_COVER_H

/*
 * The conditions of a syscall's rules as alternatives that hold at most one masked equality for
 * each argument: all that libseccomp 2.5 compiles rightly.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "policy.h"

#define MASKED_COVER_MAX 256 /* alternatives of one syscall */

struct masked_word {
	uint64_t mask, value; /* (word & mask) == value; mask 0: any */
};

struct alternative {
	struct masked_word words[6];
	struct stile_action action;
};

/* Alternatives that exclude one another. */
struct masked_cover {
	size_t count;
	struct alternative alternatives[MASKED_COVER_MAX];
};

/*
 * Covers the rules of a decision exactly. 0; -E2BIG with a sentence that names the syscall if that
 * takes too many alternatives.
 */
int masked_cover(const struct policy *policy, const struct decision *decision,
		 struct masked_cover *cover, struct message *message);

#endif
