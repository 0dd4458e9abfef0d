/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

/*
 * The checked, normalised result of a context: for each of its ABIs and every syscall of the
 * table one decision. What the compiler gets, and what a filter is held against.
 */

#include <stdint.h>

#include "rule.h"

#define NO_SYSCALL UINT16_MAX /* a number that the table does not have */
#define NO_ORIGIN UINT32_MAX

/* What one syscall gets: the action of the first rule that matches, else rest. */
struct decision {
	uint16_t syscall;		 /* in the table, or NO_SYSCALL */
	int32_t number;			 /* on its ABI; x32's from bit 30 on */
	uint32_t first_rule, rule_count; /* in the policy's rules; all have conditions */
	struct stile_action rest;
	uint32_t origin; /* of the rest; NO_ORIGIN: nothing was said of it */
};

struct policy_abi {
	enum stile_abi abi;
	uint32_t decision_count;
	struct decision *decisions; /* ascending by number, each number once */
};

struct policy {
	struct policy_abi abis[STILE_ABI_COUNT]; /* no ABI twice */
	uint32_t abi_count;
	struct rule *rules; /* their conditions belong to the context, or the struct stile_policy */
	uint32_t rule_count;
	bool is_ordered; /* rules of one decision may overlap and have different actions */
	struct stile_action default_action;
	struct stile_action foreign_action; /* calls by an ABI that is not among abis */
	/* Numbers of these ABIs that have no decision: ENOSYS in what a context makes. */
	struct stile_action unknown_action;
	/* The same for single ABIs: those with bit 1 << enum stile_abi. */
	uint8_t abis_with_unknown;
	struct stile_action abi_unknown[STILE_ABI_COUNT];
};

static inline struct stile_action unknown_answer(const struct policy *policy,
						 const struct policy_abi *abi)
{
	return policy->abis_with_unknown & 1u << abi->abi ? policy->abi_unknown[abi->abi] :
							    policy->unknown_action;
}

/*
 * The decisions by which the policy judges calls of this architecture and number: x86_64 and x32
 * share one and are told apart by the number. NULL: a foreign ABI. -1, which a tracer sets to have
 * a call skipped, has bit 30 and is no call by x32: it is x86_64's, or x32's in a policy that does
 * not have x86_64. It may have a decision as any number.
 */
const struct policy_abi *policy_find_abi(const struct policy *policy, uint32_t audit_arch,
					 uint32_t number);

/* The decision for a number of an ABI, NULL: it has none. */
const struct decision *policy_find_decision(const struct policy_abi *abi, uint32_t number);

bool rule_matches(const struct rule *rule, const uint64_t words[6]);

/* What the policy says of a call: number and argument words as in struct seccomp_data. */
struct stile_action policy_decide(const struct policy *policy, uint32_t audit_arch, uint32_t number,
				  const uint64_t words[6]);

#endif
