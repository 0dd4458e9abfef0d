/* SPDX-License-Identifier: MIT */
#ifndef CORE_TRIAL_H
#define CORE_TRIAL_H

#include "backend.h"

/*
 * Tries a filter before anybody loads it: every number of the table, for each rule calls that
 * match and calls that just do not, other ABIs and unknown numbers, against what the policy
 * says. No proof, but enough to find a filter that was cut short: libseccomp 2.5.4
 * exports one without an error when memory runs out at the wrong moment. 0 or -EIO with its
 * sentence.
 */
int filter_try(const struct policy *policy, const struct filter *filter, struct message *message);

#endif
