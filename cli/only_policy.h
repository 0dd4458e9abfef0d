/* SPDX-License-Identifier: MIT */
#ifndef CLI_ONLY_POLICY_H
#define CLI_ONLY_POLICY_H

/* Whether a policy file can be written anew without a loss. */

#include "policy_file.h"

/*
 * What a file holds beside the policy that was read of it, and would be gone if the policy were
 * written in its place: "other settings of the unit". NULL: nothing but comments and order. In case
 * of doubt there is something. Static memory.
 */
const char *held_beside_policy(const struct policy_file *file);

#endif
