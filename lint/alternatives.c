/* SPDX-License-Identifier: MIT */
/* One spelling of an operation is limited and another is not; and doors beside all calls. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checker.h"
#include "tables.h"

#define NAMES_MAX 256

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
	if (answers->passes)
		return false;
	return (answers->refusal.kind == STILE_ACTION_ERRNO &&
		answers->refusal.errno_value == ENOSYS) ||
	       limited->is_hidden || strcmp(limited->syscall, "execveat") == 0;
}

/* The calls of a family that do what one of them is limited in. */
struct siblings {
	char names[NAMES_MAX];	  /* "open, openat"; of all ABIs */
	struct seccomp_data data; /* one of them */
	unsigned int abis;
	bool are_cut; /* there are more */
};

static bool is_listed(const char *names, const char *name)
{
	const size_t length = strlen(name);

	for (const char *next = names; (next = strstr(next, name)); next += length)
		if ((next == names || next[-1] == ' ') &&
		    (next[length] == '\0' || next[length] == ','))
			return true;
	return false;
}

static void add_sibling(struct siblings *siblings, const struct lint_member *member,
			const struct lint_answers *open)
{
	const size_t length = strlen(siblings->names);

	if (!siblings->abis)
		siblings->data = open->data;
	siblings->abis |= 1u << member->abi;
	if (is_listed(siblings->names, member->syscall))
		return;
	if (length + strlen(member->syscall) + 3 > sizeof(siblings->names))
		siblings->are_cut = true;
	else
		(void)snprintf(siblings->names + length, sizeof(siblings->names) - length, "%s%s",
			       length ? ", " : "", member->syscall);
}

/* Whether one call is limited, and what the other does, which passes, is what it is limited in. */
static bool is_open_pair(const struct lint *lint, const struct lint_member *limited,
			 const struct lint_answers *answers, const struct lint_member *other,
			 struct lint_answers *open)
{
	return limited->abi == other->abi && strcmp(limited->syscall, other->syscall) != 0 &&
	       !are_apart(limited, other) && lint_answer(lint, other->abi, other->syscall, open) &&
	       !open->refuses && is_refused_as(lint, limited, answers, other);
}

/* Whether a call is limited by what the policy says of it. */
static bool is_limited(const struct lint *lint, const struct lint_member *member,
		       struct lint_answers *answers)
{
	return lint_answer(lint, member->abi, member->syscall, answers) && answers->refuses &&
	       answers->is_listed && !is_meant_otherwise(member, answers);
}

static void tell(struct lint *lint, const char *syscall, const struct lint_answers *answers,
		 const struct siblings *siblings)
{
	for (int abi = 0; abi < STILE_ABI_COUNT; abi++) {
		const struct lint_place place = { (enum stile_abi)abi, answers->origin,
						  &siblings->data };

		if (siblings->abis & (1u << abi))
			lint_found_as(lint, "alternative-open",
				      answers->is_explicit ? LINT_ERROR : LINT_WARNING, place,
				      "%s is %s, and what it does passes without conditions by "
				      "%s%s: "
				      "refuse or limit all of them",
				      syscall, answers->passes ? "limited" : "refused",
				      siblings->names, siblings->are_cut ? " and others" : "");
	}
}

static bool has_abi(const struct lint *lint, enum stile_abi abi)
{
	for (size_t i = 0; i < lint->abi_count; i++)
		if (lint->abis[i] == abi)
			return true;
	return false;
}

/* A call on all ABIs where it is limited; its members follow one another in the family. */
static void judge_member(struct lint *lint, const struct lint_family *family, const char *syscall)
{
	const struct lint_member *members = &lint_members[family->first_member];
	struct lint_answers answers, first = { .origin = -1 }, open;
	struct siblings siblings = { .abis = 0 };

	for (unsigned int i = 0; i < family->member_count; i++) {
		const bool is_first = !siblings.abis;

		if (strcmp(members[i].syscall, syscall) != 0 || !has_abi(lint, members[i].abi) ||
		    !is_limited(lint, &members[i], &answers))
			continue;
		for (unsigned int k = 0; k < family->member_count; k++)
			if (is_open_pair(lint, &members[i], &answers, &members[k], &open))
				add_sibling(&siblings, &members[k], &open);
		if (is_first)
			first = answers;
	}
	if (siblings.abis)
		tell(lint, syscall, &first, &siblings);
}

static void judge_family(struct lint *lint, const struct lint_family *family)
{
	const struct lint_member *members = &lint_members[family->first_member];

	for (unsigned int i = 0; i < family->member_count; i++) {
		bool is_new = true;

		for (unsigned int k = 0; k < i && is_new; k++)
			is_new = strcmp(members[k].syscall, members[i].syscall) != 0;
		if (is_new)
			judge_member(lint, family, members[i].syscall);
	}
}

/* Whether one of the calls is limited that rings make in place of a program. */
static bool is_ring_wider(const struct lint *lint, enum stile_abi abi)
{
	static const char *const calls[] = { "openat",	  "socket",  "connect", "bind",
					     "unlinkat",  "mkdirat", "linkat",	"symlinkat",
					     "renameat2", "setxattr" };
	struct lint_answers answers;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (lint_answer(lint, abi, calls[i], &answers) && answers.refuses)
			return true;
	return false;
}

static void judge_io_uring(struct lint *lint, enum stile_abi abi)
{
	static const char *const calls[] = { "io_uring_setup", "io_uring_enter" };
	struct lint_answers answers;

	if (!is_ring_wider(lint, abi))
		return;
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
