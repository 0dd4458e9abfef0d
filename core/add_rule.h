/* SPDX-License-Identifier: MIT */
#ifndef CORE_ADD_RULE_H
#define CORE_ADD_RULE_H

#include "context.h"

/* Adds a rule after checking it against those of its syscall. */
int context_add_rule(struct stile *s, const struct rule *rule);

#endif
