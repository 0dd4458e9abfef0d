/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_BUILD_RULES_H
#define CORE_POLICY_BUILD_RULES_H

/* What the rules of a context say of one syscall, for those who make decisions of them. */

#include "context.h"
#include "policy.h"

#define MULTIPLEXERS_MAX 4 /* of an ABI */

/* A policy in the making. */
struct policy_build {
	struct stile *s;
	const struct stile *loader; /* the loader's grants alone; NULL: not the start */
	struct policy *policy;	    /* with room in its rules */
	enum stile_abi abi;	    /* at hand */
	uint8_t multiplexer_count;  /* of this ABI */
	uint16_t multiplexers[MULTIPLEXERS_MAX];
};

/* What the rules of one syscall come to, before baseline and hidden calls are looked at. */
struct rule_summary {
	const struct rule *simple_allow; /* allow or log, without conditions */
	const struct rule *simple_refusal;
	uint32_t conditional;		      /* number of rules with conditions */
	const struct rule *narrow;	      /* one of them */
	const struct rule *condition_example; /* one of them that is not of basic */
	bool asks;		   /* one with conditions intercepts, whatever else there is */
	const struct rule *permit; /* one that lets calls through, not of basic, no override */
};

#define ALL_ABIS ((uint8_t)((1u << STILE_ABI_COUNT) - 1))

/* Sums up the rules that hold on one of these ABIs (bit 1 << enum stile_abi). */
void summarise_rules(const struct stile *s, uint16_t syscall, uint8_t abis,
		     struct rule_summary *summary);

static inline bool is_basic_rule(const struct stile *s, const struct rule *rule)
{
	return s->origins[rule->origin].kind == ORIGIN_BASIC;
}

/* Adds a rule to the decision that is being made: the last one with rules so far. */
static inline void add_to_decision(struct policy *policy, struct decision *decision,
				   const struct rule *rule)
{
	policy->rules[policy->rule_count++] = *rule;
	decision->rule_count++;
}

#endif
