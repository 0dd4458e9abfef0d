/* SPDX-License-Identifier: MIT */
#ifndef CORE_APPLY_H
#define CORE_APPLY_H

/* What apply and spawn share. */

#include <stddef.h>

#include "context.h"

/* The context is in force: it takes no more rules, and stile_receipt() tells of it. */
void fill_receipt(struct stile *s, size_t instructions);

#endif
