/* SPDX-License-Identifier: MIT */
/* Calls by ABIs that a policy is not for, and i386's calls that stand for many. */
#include <linux/audit.h>

#include "checker.h"

#define X32_BIT 0x40000000u
#define GETPID_ARM 20
#define GETPID_RISCV32 172

static bool has_abi(const struct lint *lint, enum stile_abi abi)
{
	for (size_t i = 0; i < lint->abi_count; i++)
		if (lint->abis[i] == abi)
			return true;
	return false;
}

/* A call that a machine of the policy's takes, and that the policy is not for. */
static void judge_foreign(struct lint *lint, struct seccomp_data data, const char *whose)
{
	struct stile_decision decision;

	if (stile_policy_decide(lint->policy, &data, &decision) == 0 &&
	    decision.reason == STILE_REASON_FOREIGN && lint_lets_through(decision.action))
		lint_found(lint, "foreign-abi-open",
			   (struct lint_place){ STILE_ABI_COUNT, decision.origin, &data },
			   "calls by %s are let through, whatever is refused of the same machine's "
			   "others: let them kill the process, or add rules for them",
			   whose);
}

static void judge_machines(struct lint *lint)
{
	static const enum stile_abi x86[] = { STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_X32 };
	bool is_x86 = false;

	for (size_t i = 0; i < 3; i++)
		is_x86 = is_x86 || has_abi(lint, x86[i]);
	for (size_t i = 0; i < 3 && is_x86; i++)
		judge_foreign(lint,
			      lint_call(x86[i], (uint32_t)stile_syscall_number(x86[i], "getpid")),
			      stile_abi_name(x86[i]));
	if (has_abi(lint, STILE_ABI_AARCH64))
		judge_foreign(lint,
			      (struct seccomp_data){ .nr = GETPID_ARM, .arch = AUDIT_ARCH_ARM },
			      "32-bit ARM");
	if (has_abi(lint, STILE_ABI_RISCV64))
		judge_foreign(lint,
			      (struct seccomp_data){ .nr = GETPID_RISCV32,
						     .arch = AUDIT_ARCH_RISCV32 },
			      "32-bit RISC-V");
}

/* A call that is refused by x86_64 and made by x32, which has the same numbers with a bit. */
static void judge_x32(struct lint *lint)
{
	struct stile_policy_call call;

	if (!stile_policy_ignores_x32(lint->policy) || !has_abi(lint, STILE_ABI_X86_64))
		return;
	for (size_t i = 0; stile_policy_get_call(lint->policy, STILE_ABI_X86_64, i, &call); i++) {
		struct seccomp_data data = lint_call(STILE_ABI_X86_64, call.number);
		struct lint_answers answers;

		if (!call.name || !lint_answer(lint, STILE_ABI_X86_64, call.name, &answers) ||
		    !answers.refuses)
			continue;
		data = answers.data;
		data.nr = (int)(call.number | X32_BIT);
		if (!lint_lets_through(lint_decide(lint, &data)))
			continue;
		lint_found(lint, "x32-open", (struct lint_place){ STILE_ABI_COUNT, -1, &data },
			   "x32 is not looked for: each refused call gets through when 0x40000000 "
			   "is added to its number: refuse numbers from there on");
		return;
	}
}

/* What i386's multiplexers do by their first argument. */
static const struct {
	const char *multiplexer;
	unsigned int value;
	const char *direct;
} multiplexed[] = {
	{ "socketcall", 1, "socket" },	   { "socketcall", 2, "bind" },
	{ "socketcall", 3, "connect" },	   { "socketcall", 4, "listen" },
	{ "socketcall", 8, "socketpair" }, { "ipc", 2, "semget" },
	{ "ipc", 13, "msgget" },	   { "ipc", 21, "shmat" },
	{ "ipc", 23, "shmget" },
};

static void judge_multiplexers(struct lint *lint)
{
	struct lint_answers many, direct;

	for (size_t i = 0; i < sizeof(multiplexed) / sizeof(*multiplexed); i++) {
		struct seccomp_data data;

		if (!lint_answer(lint, STILE_ABI_I386, multiplexed[i].multiplexer, &many) ||
		    !lint_answer(lint, STILE_ABI_I386, multiplexed[i].direct, &direct))
			continue;
		data = lint_call(STILE_ABI_I386,
				 (uint32_t)stile_syscall_number(STILE_ABI_I386,
								multiplexed[i].multiplexer));
		data.args[0] = multiplexed[i].value;
		if (!direct.refuses || !lint_lets_through(lint_decide(lint, &data)))
			continue;
		lint_found(lint, "socketcall-open",
			   (struct lint_place){ STILE_ABI_I386, many.origin, &data },
			   "%s is limited, and %s makes the same call with arguments that no "
			   "filter "
			   "can see: refuse %s(%u)",
			   multiplexed[i].direct, multiplexed[i].multiplexer,
			   multiplexed[i].multiplexer, multiplexed[i].value);
	}
}

void lint_abis(struct lint *lint)
{
	judge_machines(lint);
	judge_x32(lint);
	if (has_abi(lint, STILE_ABI_I386))
		judge_multiplexers(lint);
}
