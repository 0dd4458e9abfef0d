/* SPDX-License-Identifier: MIT */
#include "find_call.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "policy.h"
#include "proof.h"

int find_call(struct rule *rules, size_t count, bool is_rest_wanted, uint64_t words[6])
{
	/* Everything else, and all that a filter of one instruction says, is unwanted: is all? */
	const struct stile_action wanted = { STILE_ACTION_ALLOW, 0 };
	const struct stile_action unwanted = { STILE_ACTION_KILL_PROCESS, 0 };
	struct decision decision = { .rule_count = (uint32_t)count,
				     .rest = is_rest_wanted ? wanted : unwanted };
	const struct policy policy = { .abis = { { .abi = STILE_ABI_NATIVE,
						   .decision_count = 1,
						   .decisions = &decision } },
				       .abi_count = 1,
				       .rules = rules,
				       .rule_count = (uint32_t)count,
				       .is_ordered = true,
				       .default_action = unwanted,
				       .foreign_action = unwanted,
				       .unknown_action = unwanted };
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	const struct filter nothing = { &code, 1 };
	struct stile_proof proof;
	int error;

	if (count > UINT32_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++)
		if (rules[i].action.kind != STILE_ACTION_ALLOW)
			rules[i].action = unwanted;
	error = filter_prove(&policy, &nothing, &proof);
	if (error)
		return error;
	if (proof.verdict == STILE_VERDICT_UNDECIDED)
		return -E2BIG;
	if (proof.verdict == STILE_VERDICT_EQUAL)
		return 0;
	for (unsigned int i = 0; i < 6; i++)
		words[i] = proof.witness.args[i];
	return 1;
}
