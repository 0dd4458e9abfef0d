/* SPDX-License-Identifier: MIT */
#ifndef CORE_PATH_RULES_H
#define CORE_PATH_RULES_H

/* The ways of one call through a filter as rules. */

#include "filter_paths.h"
#include "policy_object.h"

/* Answers and actions are the same thing in two languages. */
struct stile_action answer_action(uint32_t answer);
bool answer_is_action(uint32_t answer, struct stile_action action);

/*
 * Adds rules to a call that has none, so that what its ways answer is answered by the first that
 * matches, or by the rest, which is preferred if some way answers that. 0 or the policy's error.
 */
int path_rules_add(struct stile_policy *p, struct call_rules *call, enum stile_abi abi,
		   const struct path *const *paths, uint32_t count, struct stile_action preferred,
		   uint32_t origin);

#endif
