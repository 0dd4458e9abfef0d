/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "audit_arch.h"
#include "call_text.h"
#include "interpreter.h"
#include "overlap.h"
#include "prologue.h"

struct trial {
	const struct policy *policy;
	const struct filter *filter;
	struct seccomp_data data; /* of the call that was tried last */
};

static bool agrees(struct trial *trial, uint32_t arch, uint32_t number, const uint64_t words[6])
{
	trial->data = (struct seccomp_data){ .nr = (int)number, .arch = arch };
	memcpy(trial->data.args, words, sizeof(trial->data.args));
	return filter_run(trial->filter->instructions, &trial->data) ==
	       action_answer(policy_decide(trial->policy, arch, number, words));
}

/* The call as it is, and with upper halves that no int argument may look at. */
static bool agrees_dirty(struct trial *trial, uint32_t number, const uint64_t words[6])
{
	const uint32_t arch = audit_arch(trial->policy->abis[0].abi);
	uint64_t dirty[6];

	for (unsigned int i = 0; i < 6; i++)
		dirty[i] = words[i] | UINT64_C(0xa5a5a5a500000000);
	return agrees(trial, arch, number, words) && agrees(trial, arch, number, dirty);
}

static bool try_decision(struct trial *trial, const struct decision *decision)
{
	const uint32_t number = (uint32_t)decision->number;
	uint64_t words[6] = { 0 };

	if (!agrees_dirty(trial, number, words))
		return false;
	for (uint32_t i = 0; i < decision->rule_count; i++) {
		const struct rule *rule = &trial->policy->rules[decision->first_rule + i];

		(void)rules_overlap(rule, rule, trial->policy->abis[0].abi, words);
		if (!agrees_dirty(trial, number, words))
			return false;
		call_outside(rule, trial->policy->abis[0].abi, words);
		if (!agrees_dirty(trial, number, words))
			return false;
	}
	return true;
}

static bool try_all(struct trial *trial)
{
	static const uint32_t odd_numbers[] = { 0x3fffffff, 0x40000000, 0x40000001, 0x7fffffff,
						0x80000000, 0xfffffffe, 0xffffffff };
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64,  AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_RISCV64, AUDIT_ARCH_ARM,  0 };
	const struct policy *policy = trial->policy;
	const uint32_t arch = audit_arch(policy->abis[0].abi);
	const uint64_t none[6] = { 0 };
	uint32_t last = 0;

	for (uint32_t i = 0; i < policy->abis[0].decision_count; i++) {
		last = (uint32_t)policy->abis[0].decisions[i].number;
		if (!try_decision(trial, &policy->abis[0].decisions[i]))
			return false;
	}
	for (uint32_t number = 0; number < last + 2; number++) /* the gaps */
		if (!agrees(trial, arch, number, none))
			return false;
	for (size_t i = 0; i < sizeof(odd_numbers) / sizeof(*odd_numbers); i++)
		if (!agrees(trial, arch, odd_numbers[i], none))
			return false;
	for (size_t i = 0; i < sizeof(archs) / sizeof(*archs); i++)
		if (!agrees(trial, archs[i], 1, none) || !agrees(trial, archs[i], last, none))
			return false;
	return true;
}

int filter_try(const struct policy *policy, const struct filter *filter, struct message *message)
{
	struct trial trial = { .policy = policy, .filter = filter };
	const char *why = "";
	size_t where = 0;

	if (filter_check(filter->instructions, filter->count, &where, &why) < 0)
		return message_set(message, -EIO,
				   "the compiled filter is not one that the kernel takes: "
				   "instruction %zu: %s; nothing is loaded: please report this",
				   where, why);
	if (try_all(&trial))
		return 0;
	return message_set(message, -EIO,
			   "the compiled filter does not do what the policy says, e.g. for number "
			   "%d "
			   "of architecture 0x%" PRIx32 " with arguments 0x%llx, 0x%llx, 0x%llx; "
			   "nothing is loaded: was memory short? Otherwise please report this",
			   trial.data.nr, trial.data.arch, trial.data.args[0], trial.data.args[1],
			   trial.data.args[2]);
}
