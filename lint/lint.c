/* SPDX-License-Identifier: MIT */
/* The list of checks, and all of them in a row. */
#include "lint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "danger.h"

const struct lint_check lint_checks[] = {
	{ "alternative-open", LINT_ERROR,
	  "a call is limited, and another that does the same is let through" },
	{ "always-matches", LINT_NOTE, "the conditions of a rule always hold" },
	{ "danger", LINT_WARNING, "a call that is a way round a sandbox is let through" },
	{ "danger-arguments", LINT_NOTE,
	  "a call is let through with arguments that are a way round a sandbox" },
	{ "enosys-wanted", LINT_WARNING,
	  "clone3 or openat2 fails, but not with the error on which libc takes the older call" },
	{ "enumeration-bits", LINT_ERROR,
	  "single bits are compared of an argument that holds one of several values" },
	{ "errno-cut", LINT_WARNING, "an errno above 4095" },
	{ "fake-success", LINT_NOTE, "calls seem to succeed and are not made" },
	{ "foreign-abi-open", LINT_ERROR, "calls by another ABI are let through" },
	{ "io-uring-open", LINT_ERROR, "io_uring does what is refused elsewhere" },
	{ "kill-thread", LINT_WARNING, "a refusal kills one thread and leaves the others" },
	{ "needs-supervisor", LINT_NOTE, "a tracer or supervisor is asked" },
	{ "never-matches", LINT_WARNING, "the conditions of a rule exclude one another" },
	{ "new-calls", LINT_NOTE, "calls that the policy does not know fail, but not with ENOSYS" },
	{ "newer-than-kernel", LINT_NOTE, "a call that the kernel does not have yet" },
	{ "no-exit", LINT_ERROR, "a thread or process cannot end" },
	{ "no-sigreturn", LINT_ERROR, "a program cannot come back from a signal handler" },
	{ "no-start", LINT_NOTE, "what every dynamically linked program needs is refused" },
	{ "not-judged", LINT_NOTE, "a call has too many rules to be looked at one by one" },
	{ "socketcall-open", LINT_WARNING,
	  "i386's socketcall or ipc does what is limited elsewhere" },
	{ "unknown-number", LINT_NOTE, "a number that no call is known to have" },
	{ "unknown-to-libseccomp", LINT_NOTE,
	  "a call that this machine's libseccomp does not know" },
	{ "unreachable", LINT_WARNING, "earlier rules leave nothing to a rule" },
	{ "upper-bits", LINT_ERROR, "more bits of an argument are compared than the kernel uses" },
	{ "x32-open", LINT_ERROR, "calls by x32 are let through" },
	{ NULL, LINT_NOTE, NULL },
};

const struct lint_check *lint_find_check(const char *id)
{
	for (const struct lint_check *check = lint_checks; check->id; check++)
		if (strcmp(check->id, id) == 0)
			return check;
	return NULL;
}

const char *lint_severity_name(enum lint_severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

static int compare_findings(const void *first, const void *second)
{
	const struct lint_finding *a = first, *b = second;
	int order = strcmp(a->file, b->file);

	if (!order && a->line != b->line)
		order = a->line < b->line ? -1 : 1;
	if (!order)
		order = strcmp(a->check->id, b->check->id);
	return order ? order : strcmp(a->text, b->text);
}

int lint_policy(const struct stile_policy *policy, const struct lint_options *options,
		struct lint_findings *findings)
{
	static void (*const checks[])(struct lint * lint) = {
		lint_rules,
		lint_widths,
		lint_needs,
		lint_abis,
		lint_alternatives,
		lint_danger,
		lint_danger_arguments,
		lint_names,
		lint_action_traps,
	};
	struct lint lint = { .policy = policy, .options = options, .findings = findings };

	lint.error = stile_policy_error(policy);
	lint.abi_count = stile_policy_abis(policy, lint.abis);
	lint.rules_max = lint_rules_max(policy);
	lint.known = calloc((size_t)STILE_ABI_COUNT * LINT_NUMBERS, sizeof(*lint.known));
	if (!lint.known && !lint.error)
		lint.error = -ENOMEM;
	if (!lint_reach_start(&lint) && !lint.error)
		lint.error = -ENOMEM;
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks) && !lint.error; i++)
		checks[i](&lint);
	lint_reach_end(&lint);
	free(lint.known);
	if (findings->count > 0)
		qsort(findings->items, findings->count, sizeof(*findings->items), compare_findings);
	return lint.error;
}
