/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_CHANGES_H
#define CLI_RUN_CHANGES_H

/* What the command line of `stile run` changes in a policy. */

#include <stile.h>

#include "run_options.h"

/* Whether it is said of grants (-g, -p, -d, -b), of which a policy may be made. */
static inline bool is_of_grants(const struct run_change *change)
{
	return change->option < OPTION_PRINT;
}

/*
 * Changes the policy, in the order of the command line; by what is said of grants only if it is not
 * made of them. Says what that replaces. 0, or a status to exit with, and it was said why.
 */
int change_policy(struct stile_policy *p, const struct run_options *options);

#endif
