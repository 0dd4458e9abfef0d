/* SPDX-License-Identifier: MIT */
#ifndef CORE_USED_POLICY_H
#define CORE_USED_POLICY_H

/* Contexts that enforce a policy in place of grants. */

#include "context.h"
#include "policy_build.h"

/* policy_build() for a context with s->used. */
int used_policy_build(struct stile *s, enum policy_phase phase, struct policy *policy);

#endif
