/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_MEANING_H
#define FORMATS_KAFEL_MEANING_H

/* From what a Kafel file says to a policy. */

#include "format.h"
#include "kafel_decisions.h"
#include "kafel_syscalls.h"
#include "kafel_tree.h"

#define KAFEL_ENTRIES_MAX 4096 /* that decide, with all policies that are used */
#define KAFEL_RULES_MAX 65536  /* that they come to */

/* What an entry's names stand for. */
struct kafel_call {
	const struct kafel_entry *entry;
	uint32_t number;
	struct stile_action action;
	struct kafel_syscall syscall; /* its arguments; as declared, if they are */
};

/* Looks up an entry's call and its arguments' names; false: errors were said. */
bool kafel_resolve(const struct kafel_entry *entry, enum stile_abi abi,
		   struct diagnostics *diagnostics, struct kafel_call *call);

/* A call's condition as a list of cases; its why_not says if that could not be made. */
void kafel_decide(const struct kafel_call *call, struct kafel_decisions *list);

/*
 * Adds to a policy what calls, all with one number and in their order, come to, and to *total how
 * many rules that is. -1: an error was said.
 */
int kafel_add_rules(struct stile_policy *policy, enum stile_abi abi, const struct kafel_call *calls,
		    size_t count, struct stile_action rest, size_t *total,
		    struct diagnostics *diagnostics);

/* The whole policy; NULL: errors were said. */
struct stile_policy *kafel_make_policy(struct kafel_tree *tree, const struct source *source,
				       enum stile_abi abi, struct diagnostics *diagnostics);

#endif
