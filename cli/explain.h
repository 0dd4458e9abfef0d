/* SPDX-License-Identifier: MIT */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

/* The parts of `stile explain`. Each prints to standard output. */

#include <stile.h>

/* What happens to a call and why. 0, or a negative error, which sticks to the policy. */
int explain_call(const struct stile_policy *policy, const struct seccomp_data *data);
int explain_call_json(const struct stile_policy *policy, const struct seccomp_data *data);

/* The whole policy; name: what it is called. 0, or -ENOMEM. */
int explain_policy(const struct stile_policy *policy, const char *name);
void explain_policy_json(const struct stile_policy *policy, const char *name);

#endif
