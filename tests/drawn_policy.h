/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DRAWN_POLICY_H
#define TESTS_DRAWN_POLICY_H

/* Policies made at random through the public functions, and calls that they may tell apart. */

#include <linux/seccomp.h>

#include <stile/policy.h>

#include "random.h"

/* A few rules for few numbers, those at the ends of the ABIs among them. */
struct stile_policy *drawn_policy(struct random *r);

struct seccomp_data drawn_call(struct random *r);

#endif
