/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_BUILD_H
#define CORE_POLICY_BUILD_H

#include "context.h"
#include "policy.h"

enum policy_phase {
	POLICY_FINAL, /* what the context says */
	POLICY_START /* and what a dynamic loader needs besides, under guard (core/start_guard.h) */
};

/*
 * Makes the policy of a context for its ABIs. The policy's rules point into the context and
 * must not outlive it; freed by policy_free(). 0 or the context's error.
 */
int policy_build(struct stile *s, enum policy_phase phase, struct policy *policy);
void policy_free(struct policy *policy);

/*
 * 0 if the context has this machine's ABI; else its error, with a sentence. Under a filter without
 * it a process could not even end: there is none to be applied, or to start a program under.
 */
int policy_check_native(struct stile *s);

#endif
