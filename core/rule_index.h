/* SPDX-License-Identifier: MIT */
#ifndef CORE_RULE_INDEX_H
#define CORE_RULE_INDEX_H

/*
 * Which rules of a syscall a new one must be compared with. Two rules that want one argument to be
 * two different values have no call in common, so nothing can be wrong between them. Of each
 * syscall one argument is the key (of the first rule that compares one with a value): rules are
 * found by the value that they want of it, and those that want none are in a list.
 */

#include <stdbool.h>
#include <stdint.h>

#include "rule.h"

struct stile;

struct rule_index {
	struct indexed_syscall *syscalls; /* by syscall */
	uint32_t *buckets;		  /* by syscall and value: the newest rule */
	uint32_t bucket_count;		  /* a power of two, or 0 */
	uint32_t keyed_count;		  /* rules in them */
};

/* False: out of memory. */
bool rule_index_start(struct rule_index *index);
void rule_index_free(struct rule_index *index);

/* Enters the rule that comes next in s->rules and is not yet counted; false: out of memory. */
bool rule_index_add(struct stile *s, const struct rule *rule, uint32_t *next_alike);

/* Whether both want one argument to be a value, and not the same. */
bool rules_want_different_values(const struct rule *a, const struct rule *b);

/* The rules to compare with, the newest first, as in the list of all rules of the syscall. */
struct rule_candidates {
	const struct stile *s;
	uint16_t syscall;
	bool is_list_whole; /* every rule of the syscall is in the list */
	uint32_t listed, keyed;
};

struct rule_candidates rule_candidates(const struct stile *s, const struct rule *rule);

/* The index in s->rules; NO_RULE: there are no more. */
uint32_t rule_candidates_next(struct rule_candidates *candidates);

#endif
