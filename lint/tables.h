/* SPDX-License-Identifier: MIT */
#ifndef LINT_TABLES_H
#define LINT_TABLES_H

/* Tables that the generator writes of generator/data (build/gen/lint_families.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/abi.h>

/* A call of a family stands for this value of the argument of others. */
struct lint_binding {
	const char *argument;
	uint64_t value;
};

/* A spelling of an operation on an ABI. */
struct lint_member {
	const char *syscall;
	enum stile_abi abi;
	bool is_hidden; /* it passes arguments behind a pointer */
	unsigned int first_binding, binding_count;
};

struct lint_family {
	const char *name;
	unsigned int first_member, member_count;
};

/* An argument that holds one of several values, and perhaps flags. */
struct lint_enumeration {
	const char *syscall, *argument;
	enum stile_abi abi;
	unsigned int index, bits;
	uint64_t flags;
};

extern const struct lint_binding lint_bindings[];
extern const struct lint_member lint_members[];
extern const struct lint_family lint_families[];
extern const size_t lint_family_count;
extern const struct lint_enumeration lint_enumerations[];
extern const size_t lint_enumeration_count;

#endif
