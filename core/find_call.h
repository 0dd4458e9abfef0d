/* SPDX-License-Identifier: MIT */
#ifndef CORE_FIND_CALL_H
#define CORE_FIND_CALL_H

/* Questions about rules of one call that the proof answers, exactly. */

#include <stdbool.h>
#include <stddef.h>

#include "rule.h"

/*
 * Looks for a call whose first rule that matches has the action ALLOW, or, if is_rest_wanted, that
 * matches none. 1, and words is one; 0: there is none; -E2BIG: the rules are so entangled that the
 * proof gives up; -ENOMEM. Other actions than ALLOW are not kept.
 */
int find_call(struct rule *rules, size_t count, bool is_rest_wanted, uint64_t words[6]);

#endif
