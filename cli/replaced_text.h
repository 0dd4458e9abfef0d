/* SPDX-License-Identifier: MIT */
#ifndef CLI_REPLACED_TEXT_H
#define CLI_REPLACED_TEXT_H

/* What a change of the command line replaced in a policy, in words. */

#include <stdbool.h>

#include <stile.h>

/*
 * Says what stile_policy_override() wrote into replaced, which is cut up for it: once what is the
 * same by all ABIs that have it, else with their names. option, what: "deny", "socket". False: out
 * of memory, and it was said.
 */
bool say_replaced(const struct stile_policy *policy, const char *option, const char *what,
		  char *replaced);

#endif
