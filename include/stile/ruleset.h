/* SPDX-License-Identifier: MIT */
#ifndef STILE_RULESET_H
#define STILE_RULESET_H

#include <stddef.h>
#include <stdint.h>

struct stile;

/*
 * Conditions on arguments, by their names in the manual page (or the kernel's names). An
 * argument counts with the bits that the kernel uses of it: an int is compared in 32
 * bits, whatever stands above them. Pointers can only be compared with NULL.
 */
enum stile_comparison {
	STILE_EQUAL,
	STILE_NOT_EQUAL,
	STILE_LESS, /* signed if the kernel's type of the argument is: read(2)'s fd is not */
	STILE_LESS_OR_EQUAL,
	STILE_GREATER,
	STILE_GREATER_OR_EQUAL,
	STILE_MASKED_EQUAL, /* (argument & mask) == value */
	STILE_IS_NULL	    /* for pointers */
};

struct stile_condition {
	const char *argument;
	enum stile_comparison comparison;
	uint64_t mask; /* for STILE_MASKED_EQUAL alone */
	uint64_t value;
};

/* Shorthands for an initialiser: { STILE_ARGUMENT_IS("fd", 3) } */
#define STILE_ARGUMENT_IS(argument, value)                             \
	{                                                              \
		(argument), STILE_EQUAL, 0, (uint64_t)(int64_t)(value) \
	}
#define STILE_ARGUMENT_MASKED(argument, mask, value)                       \
	{                                                                  \
		(argument), STILE_MASKED_EQUAL, (uint64_t)(int64_t)(mask), \
			(uint64_t)(int64_t)(value)                         \
	}

/*
 * A ruleset made at run time; it stands equal with the built-in ones. Freed by
 * stile_ruleset_free(), also after it was enabled (contexts copy). NULL: out of memory,
 * which the functions below and stile_enable() understand. The name is copied; it is
 * what messages call the ruleset: lower case letters, digits, '_'.
 */
struct stile_ruleset *stile_ruleset_new(const char *name);
void stile_ruleset_free(struct stile_ruleset *ruleset);

/* Allows a syscall. Errors stick to the ruleset, and stile_enable() returns them. */
int stile_ruleset_allow(struct stile_ruleset *ruleset, const char *syscall);

/*
 * Allows a syscall when all count conditions hold. Several rules of one syscall are
 * alternatives. The conditions are copied.
 */
int stile_ruleset_allow_if(struct stile_ruleset *ruleset, const char *syscall,
			   const struct stile_condition *conditions, size_t count);

/* The same in one line: STILE_ALLOW_IF(r, "read", STILE_ARGUMENT_IS("fd", 0)) */
#define STILE_ALLOW_IF(ruleset, syscall, ...)                                            \
	stile_ruleset_allow_if((ruleset), (syscall),                                     \
			       (const struct stile_condition[]){ __VA_ARGS__ },          \
			       sizeof((const struct stile_condition[]){ __VA_ARGS__ }) / \
				       sizeof(struct stile_condition))

/* The sentence for the ruleset's first error, "" while there was none. */
const char *stile_ruleset_message(const struct stile_ruleset *ruleset);

/*
 * Grants all rules of a ruleset, for each ABI of the context that has the call; values that mean
 * something else on one of them are an error. The ruleset is copied and may be freed.
 */
int stile_enable(struct stile *s, const struct stile_ruleset *ruleset);

#endif
