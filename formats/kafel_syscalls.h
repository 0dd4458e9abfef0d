/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_SYSCALLS_H
#define FORMATS_KAFEL_SYSCALLS_H

/* The calls that Kafel knows: its names for them and their arguments, and how it compares these. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile.h>

#define KAFEL_ARGUMENTS_MAX 6

/* Neither name ends with a NUL. */
struct kafel_syscall {
	const char *name;
	int name_length;
	uint32_t number;
	unsigned int argument_count;
	struct {
		const char *name;
		int length;
		bool is_wide; /* compared in 64 bits, else in 32 */
	} arguments[KAFEL_ARGUMENTS_MAX];
};

/* Whether Kafel can make filters for an ABI. */
bool kafel_has_abi(enum stile_abi abi);

/* A call by Kafel's name for it; false: Kafel knows none on this ABI. */
bool kafel_find_name(enum stile_abi abi, const char *name, struct kafel_syscall *found);

/* A call by its number; false: Kafel has no name for it. */
bool kafel_find_number(enum stile_abi abi, uint32_t number, struct kafel_syscall *found);

/* The table; NULL-ended, sorted by name. */
extern const char *const kafel_syscalls[];

#endif
