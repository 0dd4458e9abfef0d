/* SPDX-License-Identifier: MIT */
/* Calls without which no program can end, or come back from a signal. */
#include "checker.h"

static void judge(struct lint *lint, enum stile_abi abi, const char *syscall, const char *id,
		  const char *what)
{
	struct lint_answers answers;
	char action[64];

	if (!lint_answer(lint, abi, syscall, &answers) || !answers.refuses)
		return;
	stile_format_action(answers.refusal, action, sizeof(action));
	lint_found(lint, id, (struct lint_place){ abi, answers.origin, &answers.data },
		   "%s: the answer is to %s: without it %s: allow it", syscall, action, what);
}

void lint_needs(struct lint *lint)
{
	for (size_t i = 0; i < lint->abi_count; i++) {
		judge(lint, lint->abis[i], "exit", "no-exit", "no thread can end by itself");
		judge(lint, lint->abis[i], "exit_group", "no-exit", "no process can end by itself");
		judge(lint, lint->abis[i], "rt_sigreturn", "no-sigreturn",
		      "no program can come back from a signal handler");
	}
}
