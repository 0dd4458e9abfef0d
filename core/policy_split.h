/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_SPLIT_H
#define CORE_POLICY_SPLIT_H

#include "policy.h"

/*
 * A policy that notifies comes into force as two filters, of which the kernel takes the stronger
 * answer: first one that notifies and else allows, then the rest, in which what is notified is
 * allowed. Between the two the listener is handed over and closed, by calls that the rest may
 * refuse.
 */
enum policy_part { PART_NOTIFYING, PART_REST };

/* 0 and *part is to be freed by policy_free(), the conditions are those of from; or -ENOMEM. */
int policy_split(const struct policy *from, enum policy_part wanted, struct policy *part);

bool policy_notifies(const struct policy *policy);

/*
 * Makes trace, for no handler, of all that asks: while a program starts nobody answers but the
 * tracer, with ENOSYS; and as the start filter stays on, its answer must be weaker than notify.
 * Unasked: allow (STILE_SPAWN_UNASKED).
 */
void policy_leave_to_tracer(struct policy *policy, bool is_unasked);

#endif
