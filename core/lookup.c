/* SPDX-License-Identifier: MIT */
/* Names and widths of the table, for those who read other people's policies. */
#include <errno.h>
#include <string.h>

#include <stile/policy.h>

#include "public.h"
#include "syscalls.h"

STILE_PUBLIC int stile_constant(enum stile_abi abi, const char *name, uint64_t *value)
{
	if ((unsigned int)abi >= STILE_ABI_COUNT || !name || !value)
		return -ENOENT;
	for (uint32_t i = 0; i < constant_count; i++)
		if (constants[i].abis & 1u << abi && strcmp(constants[i].name, name) == 0) {
			*value = constants[i].value;
			return 0;
		}
	return -ENOENT;
}

STILE_PUBLIC const char *stile_nearest_syscall(const char *name)
{
	return name ? syscall_suggest(name) : NULL;
}

/* A call that an ABI has, or -1. */
static int find_on(enum stile_abi abi, const char *name)
{
	const int syscall = (unsigned int)abi < STILE_ABI_COUNT && name ? syscall_find(name) : -1;

	return syscall >= 0 && syscall_table[syscall].numbers[abi] >= 0 ? syscall : -1;
}

STILE_PUBLIC int stile_argument(enum stile_abi abi, const char *syscall, const char *argument)
{
	const int found = find_on(abi, syscall);

	return found < 0 || !argument ? -1 : syscall_find_argument((uint16_t)found, abi, argument);
}

STILE_PUBLIC unsigned int stile_argument_bits(enum stile_abi abi, const char *syscall,
					      unsigned int index)
{
	const int found = find_on(abi, syscall);
	const struct syscall_argument *arguments;
	unsigned int count;

	if (found < 0)
		return 0;
	arguments = syscall_argument_list((uint16_t)found, abi, &count);
	return index < count ? arguments[index].bits : 0;
}

STILE_PUBLIC uint32_t stile_syscall_since(const char *name)
{
	const int syscall = name ? syscall_find(name) : -1;

	return syscall < 0 ? 0 : syscall_table[syscall].since;
}
