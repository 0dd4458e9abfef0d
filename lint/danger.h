/* SPDX-License-Identifier: MIT */
#ifndef LINT_DANGER_H
#define LINT_DANGER_H

/* What the checks about dangerous calls share. */

#include "checker.h"

/* Not: sums of other grants, what no kernel has any more, and what io-uring-open says. */
bool lint_is_counted_danger(const struct stile_table_ruleset *ruleset,
			    const struct stile_table_grant *grant);

/* Calls with arguments that only danger grants hold. */
void lint_danger_arguments(struct lint *lint);

#endif
