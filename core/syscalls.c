/* SPDX-License-Identifier: MIT */
#include "syscalls.h"

#include <string.h>

#include "public.h"
#include "suggest.h"

static const char *const abi_names[STILE_ABI_COUNT] = {
	[STILE_ABI_X86_64] = "x86_64",	 [STILE_ABI_I386] = "i386",	  [STILE_ABI_X32] = "x32",
	[STILE_ABI_AARCH64] = "aarch64", [STILE_ABI_RISCV64] = "riscv64",
};

STILE_PUBLIC const char *stile_abi_name(enum stile_abi abi)
{
	return (unsigned int)abi < STILE_ABI_COUNT ? abi_names[abi] : NULL;
}

#define SLOT_FACTOR 0x9e3779b1u /* 2^32 / the golden ratio: spreads the hash's bits upwards */

/* The generator lays syscall_slots out by the same hash: generator/syscall_tables.py. */
int syscall_find(const char *name)
{
	const uint32_t last = (1u << syscall_slot_bits) - 1;
	uint32_t hash = 0;

	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	for (uint32_t i = hash * SLOT_FACTOR >> (32 - syscall_slot_bits);; i = (i + 1) & last) {
		const struct syscall_slot *slot = &syscall_slots[i];

		if (slot->syscall_plus_one == 0)
			return -1;
		if (slot->hash == (uint16_t)hash &&
		    strcmp(name, syscall_table[slot->syscall_plus_one - 1].name) == 0)
			return slot->syscall_plus_one - 1;
	}
}

int syscall_find_number(enum stile_abi abi, int64_t number)
{
	const struct numbered_syscall *list = syscalls_by_number[abi];
	uint32_t low = 0, high = syscalls_by_number_count[abi];

	/* Without gaps before it a number stands at its own place. */
	if (number >= 0 && number < high && list[number].number == number)
		return list[number].syscall;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (list[middle].number == number)
			return list[middle].syscall;
		if (list[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

const struct syscall_argument *syscall_argument_list(uint16_t syscall, enum stile_abi abi,
						     unsigned int *count)
{
	struct syscall_signature signature = syscall_table[syscall].signatures[abi];

	*count = signature.count;
	return &syscall_arguments[signature.first];
}

const char *syscall_shown_name(uint16_t syscall)
{
	return syscall < syscall_table_count ? syscall_table[syscall].name :
					       "a number without a name";
}

int syscall_find_argument(uint16_t syscall, enum stile_abi abi, const char *name)
{
	unsigned int count;
	const struct syscall_argument *arguments = syscall_argument_list(syscall, abi, &count);

	for (unsigned int i = 0; i < count; i++)
		if (strcmp(arguments[i].name, name) == 0 ||
		    (arguments[i].kernel_name && strcmp(arguments[i].kernel_name, name) == 0))
			return (int)i;
	return -1;
}

const char *syscall_suggest(const char *name)
{
	struct suggestion suggestion;

	suggestion_start(&suggestion, name);
	for (uint32_t i = 0; i < syscall_table_count; i++)
		suggestion_offer(&suggestion, syscall_table[i].name);
	return suggestion.nearest;
}

STILE_PUBLIC long stile_syscall_number(enum stile_abi abi, const char *name)
{
	int syscall;

	if ((unsigned int)abi >= STILE_ABI_COUNT || !name)
		return -1;
	syscall = syscall_find(name);
	return syscall < 0 ? -1 : syscall_table[syscall].numbers[abi];
}

STILE_PUBLIC const char *stile_syscall_name(enum stile_abi abi, long number)
{
	int syscall;

	if ((unsigned int)abi >= STILE_ABI_COUNT)
		return NULL;
	syscall = syscall_find_number(abi, number);
	return syscall < 0 ? NULL : syscall_table[syscall].name;
}
