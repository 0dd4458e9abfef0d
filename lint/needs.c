/* SPDX-License-Identifier: MIT */
/* Calls without which no program can end, come back from a signal, or start. */
#include <stdio.h>
#include <string.h>

#include "checker.h"

#define NAMES_MAX 128

static void judge(struct lint *lint, enum stile_abi abi, const char *syscall, const char *id,
		  const char *what)
{
	struct lint_answers answers;
	struct lint_place place = { .abi = abi };
	char action[64];

	if (!lint_answer(lint, abi, syscall, &answers) || !answers.refuses)
		return;
	stile_format_action(answers.refusal, action, sizeof(action));
	place.origin = answers.origin;
	if (!lint_lets_through(lint_decide(lint, &answers.data))) /* else it is undecided which */
		place.witness = &answers.data;
	lint_found(lint, id, place, "%s: the answer is to %s: without it %s: allow it", syscall,
		   action, what);
}

/* Of calls that do the same one is enough. */
static const char *const start[][2] = {
	{ "brk", NULL },     { "futex", "futex_time64" },
	{ "mmap", "mmap2" }, { "mprotect", "pkey_mprotect" },
	{ "munmap", NULL },
};

static bool passes(const struct lint *lint, enum stile_abi abi, const char *syscall)
{
	struct lint_answers answers;

	return syscall && lint_answer(lint, abi, syscall, &answers) && answers.passes;
}

static void judge_start(struct lint *lint, enum stile_abi abi)
{
	char names[NAMES_MAX] = "";
	size_t length = 0;

	for (size_t i = 0; i < sizeof(start) / sizeof(*start); i++)
		if (!passes(lint, abi, start[i][0]) && !passes(lint, abi, start[i][1]))
			length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
						   length ? ", " : "", start[i][0]);
	if (length > 0)
		lint_found(lint, "no-start", (struct lint_place){ abi, -1, NULL },
			   "%s: no call of these is let through: a program that is dynamically "
			   "linked cannot start under this policy",
			   names);
}

void lint_needs(struct lint *lint)
{
	for (size_t i = 0; i < lint->abi_count; i++) {
		const enum stile_abi abi = lint->abis[i];

		judge(lint, abi, "exit", "no-exit", "no thread can end by itself");
		judge(lint, abi, "exit_group", "no-exit", "no process can end by itself");
		judge(lint, abi, "rt_sigreturn", "no-sigreturn",
		      "no program can come back from a signal handler");
		judge(lint, abi, "sigreturn", "no-sigreturn",
		      "no program can come back from a signal handler without SA_SIGINFO");
		judge_start(lint, abi);
	}
}
