/* SPDX-License-Identifier: MIT */
/* One spelling of an operation is limited and another is not; and doors beside all calls. */
#include <errno.h>
#include <string.h>

#include "checker.h"
#include "tables.h"

/* The value for which a member stands; false: it has the argument, or hides it. */
static bool is_bound(const struct lint_member *member, const char *argument, uint64_t *value)
{
	for (unsigned int i = 0; i < member->binding_count; i++) {
		const struct lint_binding *binding = &lint_bindings[member->first_binding + i];

		if (strcmp(binding->argument, argument) != 0)
			continue;
		*value = binding->value;
		return true;
	}
	return false;
}

/* Both stand for one value of an argument, and these differ: unlink and rmdir. */
static bool are_apart(const struct lint_member *a, const struct lint_member *b)
{
	for (unsigned int i = 0; i < a->binding_count; i++) {
		const struct lint_binding *binding = &lint_bindings[a->first_binding + i];
		uint64_t value;

		if (is_bound(b, binding->argument, &value) && value != binding->value)
			return true;
	}
	return false;
}

/* Whether the limited call is refused with the arguments for which the other stands. */
static bool is_refused_as(const struct lint *lint, const struct lint_member *limited,
			  const struct lint_answers *answers, const struct lint_member *other)
{
	struct seccomp_data data = answers->data;

	for (unsigned int i = 0; i < other->binding_count; i++) {
		const struct lint_binding *binding = &lint_bindings[other->first_binding + i];
		const int index = stile_argument(limited->abi, limited->syscall, binding->argument);
		unsigned int bits;

		if (index < 0 || index > 5)
			continue;
		bits = stile_argument_bits(limited->abi, limited->syscall, (unsigned int)index);
		data.args[index] = binding->value;
		if (bits && bits < 64) /* as compilers pass it */
			data.args[index] &= (UINT64_C(1) << bits) - 1;
	}
	return !lint_lets_through(lint_decide(lint, &data));
}

/*
 * A refusal that is no limit of the operation: libc is told to take another call, or what cannot be
 * looked into is refused so that it need not be.
 */
static bool is_meant_otherwise(const struct lint_member *limited,
			       const struct lint_answers *answers)
{
	if (answers->refusal.kind == STILE_ACTION_ERRNO && answers->refusal.errno_value == ENOSYS)
		return true;
	return !answers->passes &&
	       (limited->is_hidden || strcmp(limited->syscall, "execveat") == 0);
}

static void judge_pair(struct lint *lint, const struct lint_member *limited,
		       const struct lint_member *other)
{
	struct lint_answers answers, open;
	const struct lint_place place = { limited->abi, 0, &open.data };
	struct lint_place where = place;

	if (limited->abi != other->abi || strcmp(limited->syscall, other->syscall) == 0 ||
	    are_apart(limited, other) || !lint_answer(lint, other->abi, other->syscall, &open) ||
	    open.refuses)
		return;
	if (!lint_answer(lint, limited->abi, limited->syscall, &answers) || !answers.refuses ||
	    !answers.is_listed || is_meant_otherwise(limited, &answers) ||
	    !is_refused_as(lint, limited, &answers, other))
		return;
	where.origin = answers.origin;
	if (answers.is_explicit)
		lint_found(lint, "alternative-open", where,
			   "%s is %s, and %s, which does the same, is let through: refuse or limit "
			   "both",
			   limited->syscall, answers.passes ? "limited" : "refused",
			   other->syscall);
	else
		lint_found_as(lint, "alternative-open", LINT_WARNING, where,
			      "%s is let through under conditions, and %s, which does the same, "
			      "without: limit both",
			      limited->syscall, other->syscall);
}

static bool has_abi(const struct lint *lint, enum stile_abi abi)
{
	for (size_t i = 0; i < lint->abi_count; i++)
		if (lint->abis[i] == abi)
			return true;
	return false;
}

static void judge_family(struct lint *lint, const struct lint_family *family)
{
	const struct lint_member *members = &lint_members[family->first_member];

	for (unsigned int i = 0; i < family->member_count; i++) {
		if (!has_abi(lint, members[i].abi))
			continue;
		for (unsigned int k = 0; k < family->member_count; k++)
			judge_pair(lint, &members[i], &members[k]);
	}
}

static void judge_io_uring(struct lint *lint, enum stile_abi abi)
{
	static const char *const calls[] = { "io_uring_setup", "io_uring_enter" };
	struct lint_answers answers;

	for (size_t i = 0; i < 2; i++)
		if (lint_answer(lint, abi, calls[i], &answers) && answers.passes)
			lint_found(lint, "io-uring-open",
				   (struct lint_place){ abi, answers.origin, &answers.data },
				   "%s is let through: by it files are opened and sockets "
				   "connected "
				   "without a system call that a filter sees: let it fail with "
				   "ENOSYS",
				   calls[i]);
}

/* libc takes the older call if the newer one is not there, and only then. */
static void judge_fallback(struct lint *lint, enum stile_abi abi, const char *newer,
			   const char *older)
{
	struct lint_answers answers, fallback;
	char action[64];

	if (!lint_answer(lint, abi, newer, &answers) || !lint_answer(lint, abi, older, &fallback) ||
	    answers.passes || !fallback.passes || answers.refusal.kind != STILE_ACTION_ERRNO ||
	    answers.refusal.errno_value == ENOSYS)
		return;
	stile_format_action(answers.refusal, action, sizeof(action));
	lint_found(lint, "enosys-wanted", (struct lint_place){ abi, answers.origin, &answers.data },
		   "%s: the answer is to %s, and programs try %s only after ENOSYS: let it fail "
		   "with ENOSYS",
		   newer, action, older);
}

void lint_alternatives(struct lint *lint)
{
	for (size_t i = 0; i < lint_family_count; i++)
		judge_family(lint, &lint_families[i]);
	for (size_t i = 0; i < lint->abi_count; i++) {
		judge_io_uring(lint, lint->abis[i]);
		judge_fallback(lint, lint->abis[i], "clone3", "clone");
		judge_fallback(lint, lint->abis[i], "openat2", "openat");
	}
}
