/* SPDX-License-Identifier: MIT */
#ifndef CORE_START_GUARD_H
#define CORE_START_GUARD_H

#include <stdbool.h>

#include "policy.h"

struct stile;

/*
 * What the tracer needs of a start policy (core/spawn.h), on every ABI, whatever the grants are:
 * before the entry point nobody but us loads a filter, and no child can be made that the
 * tracer does not see, for it would never get the final filter. The guard stays on below the
 * final filter.
 */

#define START_GUARD_RULES 2 /* of an ABI, at most */

/* Whether the policy lets the very call through by which we load the final filter; flags: of
 * seccomp(2). */
bool policy_may_narrow(const struct policy *policy, unsigned int flags);

/* Puts the guard's rules in front of all others of a decision that has none yet. */
void start_guard_rules(struct policy *policy, struct decision *decision);

/* Replaces what the grants made of whole calls, when all decisions are there. */
void start_guard_calls(struct policy *policy, unsigned int flags);

/*
 * What a supervised program may not, on every ABI, whatever the grants are: load a filter, which
 * could answer a call in the supervisor's place (its notifications are stronger than a tracer's
 * stops); take descriptors or memory of other processes, as the supervisor is one, or limit them;
 * with intercepts, make a child that the tracer does not see; and under a broker what goes past it.
 * In front of a decision's rules that has none yet; and, when all decisions are there, in place of
 * each permit: what a handler of the user's is asked (but for clone3(2)), and what is refused,
 * stays.
 */
void supervised_guard_rules(const struct stile *s, struct policy *policy,
			    struct decision *decision);
void supervised_guard_calls(const struct stile *s, struct policy *policy);

#endif
