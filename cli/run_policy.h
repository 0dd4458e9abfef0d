/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_POLICY_H
#define CLI_RUN_POLICY_H

/* What a program is run under: grants, or a policy and what the command line changes in it. */

#include <stile.h>

#include "run_options.h"

struct run_sandbox {
	struct stile *s;
	struct stile_policy *policy; /* the same, to be asked */
	bool is_notified;	     /* it notifies, and has a listenerPath */
};

/* 0; or a status to exit with, and it was said why. To be ended in any case. */
int run_sandbox_make(struct run_sandbox *sandbox, struct run_options *options);
void run_sandbox_end(struct run_sandbox *sandbox);

#endif
