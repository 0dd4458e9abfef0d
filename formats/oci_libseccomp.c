/* SPDX-License-Identifier: MIT */
#include "oci_libseccomp.h"

uint32_t oci_libseccomp_action(struct stile_action action)
{
	switch (action.kind) {
	case STILE_ACTION_ALLOW:
		return SCMP_ACT_ALLOW;
	case STILE_ACTION_LOG:
		return SCMP_ACT_LOG;
	case STILE_ACTION_TRACE:
		return SCMP_ACT_TRACE(action.errno_value);
	case STILE_ACTION_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case STILE_ACTION_ERRNO:
		return SCMP_ACT_ERRNO(action.errno_value);
	case STILE_ACTION_TRAP:
		return SCMP_ACT_TRAP;
	case STILE_ACTION_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case STILE_ACTION_KILL_PROCESS:
		break;
	}
	return SCMP_ACT_KILL_PROCESS;
}

uint32_t oci_libseccomp_arch(enum stile_abi abi)
{
	static const uint32_t archs[STILE_ABI_COUNT] = {
		[STILE_ABI_X86_64] = SCMP_ARCH_X86_64,	 [STILE_ABI_I386] = SCMP_ARCH_X86,
		[STILE_ABI_X32] = SCMP_ARCH_X32,	 [STILE_ABI_AARCH64] = SCMP_ARCH_AARCH64,
		[STILE_ABI_RISCV64] = SCMP_ARCH_RISCV64,
	};

	return archs[abi];
}

struct scmp_arg_cmp oci_libseccomp_comparison(const struct stile_table_condition *condition)
{
	static const enum scmp_compare operators[] = {
		[STILE_EQUAL] = SCMP_CMP_EQ,
		[STILE_NOT_EQUAL] = SCMP_CMP_NE,
		[STILE_LESS] = SCMP_CMP_LT,
		[STILE_LESS_OR_EQUAL] = SCMP_CMP_LE,
		[STILE_GREATER] = SCMP_CMP_GT,
		[STILE_GREATER_OR_EQUAL] = SCMP_CMP_GE,
		[STILE_MASKED_EQUAL] = SCMP_CMP_MASKED_EQ,
	};
	const bool is_masked = condition->comparison == STILE_MASKED_EQUAL;

	return (struct scmp_arg_cmp){ .arg = condition->argument,
				      .op = operators[condition->comparison],
				      .datum_a = is_masked ? condition->mask : condition->value,
				      .datum_b = is_masked ? condition->value : 0 };
}
