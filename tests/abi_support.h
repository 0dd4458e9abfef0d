/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ABI_SUPPORT_H
#define TESTS_ABI_SUPPORT_H

/* What a context says of calls by any of its ABIs, without a filter. */

#include "audit_arch.h"
#include "policy_build.h"
#include "prologue.h"
#include "test_support.h"

#define ALLOWED SECCOMP_RET_ALLOW
#define FAILS(error) (SECCOMP_RET_ERRNO | (error))

static const enum stile_abi every_abi[STILE_ABI_COUNT] = {
	STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_X32, STILE_ABI_AARCH64, STILE_ABI_RISCV64,
};

/* The answer of the policy of a phase to a call by its name. */
static inline uint32_t phase_says(struct stile *s, enum policy_phase phase, enum stile_abi abi,
				  const char *syscall, const uint64_t words[6])
{
	const long number = stile_syscall_number(abi, syscall);
	struct policy policy;
	struct stile_action action;

	ck_assert_msg(number >= 0, "no syscall %s on %s", syscall, stile_abi_name(abi));
	ck_assert_msg(policy_build(s, phase, &policy) == 0, "%s", stile_message(s));
	action = policy_decide(&policy, audit_arch(abi), (uint32_t)number, words);
	policy_free(&policy);
	return action_answer(action);
}

#define policy_says(s, abi, syscall, ...) \
	phase_says((s), POLICY_FINAL, (abi), (syscall), (const uint64_t[6]){ __VA_ARGS__ })

#endif
