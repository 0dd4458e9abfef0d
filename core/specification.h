/* SPDX-License-Identifier: MIT */
#ifndef CORE_SPECIFICATION_H
#define CORE_SPECIFICATION_H

#include "context.h"

/*
 * Grants by specification ("system_io.read_fd(3)") with an action. verb stands before it in
 * messages: "", "deny ".
 */
int context_add_specification(struct stile *s, const char *specification,
			      struct stile_action action, enum origin_kind kind, const char *verb);

#endif
