/* SPDX-License-Identifier: MIT */
/*
 * The tables that the generator writes, for the library's own rulesets and for those
 * that users write in .rules files. Programs do not use this header themselves: the
 * generated functions do.
 */
#ifndef STILE_TABLE_H
#define STILE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <stile/ruleset.h>

#define STILE_TABLE_VERSION 1

struct stile;

struct stile_table_condition {
	uint8_t argument;   /* index, 0 to 5 */
	uint8_t bits;	    /* that the kernel uses of it: 16, 32 or 64 */
	uint8_t comparison; /* enum stile_comparison, never STILE_IS_NULL */
	uint8_t is_signed;  /* for the order comparisons */
	int8_t parameter;   /* of the grant, whose value is or'ed into value; -1: none */
	uint64_t mask;	    /* within bits; for STILE_MASKED_EQUAL */
	uint64_t value;	    /* within bits */
};

struct stile_table_rule {
	uint16_t syscall; /* index in syscalls */
	uint8_t abis;	  /* bit 1 << enum stile_abi for each ABI where it holds */
	uint8_t condition_count;
	uint32_t conditions; /* index of the first */
	const char *reason;  /* from the .rules file; NULL if it gives none */
};

struct stile_table_parameter {
	const char *name;
	int32_t lowest, highest;
};

struct stile_table_grant {
	const char *name, *summary;
	const char *notes;	    /* lines, "" if none */
	const char *const *sources; /* its allow and include lines as written, NULL-ended */
	uint32_t rules, rule_count; /* index of the first, number; includes resolved */
	uint16_t parameters, parameter_count;
	uint8_t danger;
};

struct stile_table_ruleset {
	const char *name, *summary, *notes;
	uint32_t grants, grant_count; /* index of the first, number */
};

struct stile_table {
	uint32_t version; /* STILE_TABLE_VERSION */
	uint32_t syscall_count, ruleset_count, grant_count;
	const char *const *syscalls;		    /* sorted names */
	const struct stile_table_ruleset *rulesets; /* sorted by name */
	const struct stile_table_grant *grants;
	const struct stile_table_rule *rules;
	const struct stile_table_condition *conditions;
	const struct stile_table_parameter *parameters;
};

/* The library's own rulesets. Static memory. */
const struct stile_table *stile_builtin_table(void);

/*
 * Grants the grant at this index of a table, with the values of its parameters in their
 * order. The table must outlive the context.
 */
int stile_allow_table_grant(struct stile *s, const struct stile_table *table, uint32_t ruleset,
			    uint32_t grant, const int32_t *values, size_t value_count);

#endif
