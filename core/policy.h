/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

/*
 * The checked, normalised result of a context for one ABI: for every syscall of the table
 * one decision. What the compiler gets, and what a filter is held against.
 */

#include <stdint.h>

#include "rule.h"

/* What one syscall gets: the action of the first rule that matches, else rest. Rules that
 * both match one call have the same action. */
struct decision {
	uint16_t syscall;
	int32_t number;			 /* on the policy's ABI */
	uint32_t first_rule, rule_count; /* in the policy's rules; all have conditions */
	struct stile_action rest;
};

struct policy {
	enum stile_abi abi;
	struct decision *decisions; /* ascending by number; every call of the table on this ABI */
	uint32_t decision_count;
	struct rule *rules; /* their conditions belong to the context */
	uint32_t rule_count;
	struct stile_action default_action;
	struct stile_action foreign_action; /* calls by another ABI */
	struct stile_action unknown_action; /* numbers that the table does not have: ENOSYS */
};

/* What the policy says of a call: number and argument words as in struct seccomp_data. */
struct stile_action policy_decide(const struct policy *policy, uint32_t audit_arch, uint32_t number,
				  const uint64_t words[6]);

#endif
