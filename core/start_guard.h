/* SPDX-License-Identifier: MIT */
#ifndef CORE_START_GUARD_H
#define CORE_START_GUARD_H

#include <stdbool.h>

#include "backend.h"

/*
 * Puts in front of a start filter what its tracer needs (core/spawn.h), whatever the grants
 * are: before the entry point nobody but us loads a filter, and no child can be made that the
 * tracer does not see, for it would never get the final filter. The guard stays on below the
 * final filter. 0, -ENOMEM or -E2BIG.
 */
int start_guard(struct filter *filter, bool may_narrow, struct message *message);

#endif
