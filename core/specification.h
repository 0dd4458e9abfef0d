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

/* The same for a grant's specification or a syscall's name ("openat"). */
int context_add_action(struct stile *s, const char *what, struct stile_action action,
		       enum origin_kind kind, const char *verb);

/* Adds the rules of a ruleset that was made at run time, with this action. */
int context_enable(struct stile *s, const struct stile_ruleset *ruleset,
		   struct stile_action action);

#endif
