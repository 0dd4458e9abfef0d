/* SPDX-License-Identifier: MIT */
#ifndef CORE_CREATE_H
#define CORE_CREATE_H

#include "context.h"

/* A refusing context that has not even the ruleset basic: for the rules of grants alone. Freed by
 * stile_free(); NULL: out of memory. */
struct stile *context_without_basic(void);

#endif
