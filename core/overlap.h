/* SPDX-License-Identifier: MIT */
#ifndef CORE_OVERLAP_H
#define CORE_OVERLAP_H

/* What two or more rules of one syscall have to do with each other: decided exactly. */

#include <stdbool.h>
#include <stddef.h>

#include "rule.h"

/*
 * Whether the rules compare each argument in one width. Those of contexts do; of others the
 * questions below must not be asked otherwise.
 */
bool rules_have_one_width(const struct rule *a, const struct rule *b);

/* Whether some call matches both rules; then words is one. */
bool rules_overlap(const struct rule *a, const struct rule *b, enum stile_abi abi,
		   uint64_t words[6]);

/* Whether every call that a matches, b matches too. */
bool rule_within(const struct rule *a, const struct rule *b);

/* Whether no call can match; then *argument is one whose conditions contradict each other. */
bool rule_never_matches(const struct rule *rule, unsigned int *argument);

/*
 * Whether the rules together match every call: 1 or 0, or -ENOMEM. Exact, but for rules so
 * entangled that the proof gives up (core/proof.h): 0.
 */
int rules_match_all(const struct rule *const *rules, size_t count);

/*
 * A call to show what a rule without conditions lets through beside a narrower one: it
 * does not match narrow, and has the values that would surprise most.
 */
void call_outside(const struct rule *narrow, enum stile_abi abi, uint64_t words[6]);

#endif
