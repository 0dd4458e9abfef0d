/* SPDX-License-Identifier: MIT */
#ifndef CORE_SYSCALLS_H
#define CORE_SYSCALLS_H

/* Looking things up in the syscall table. */

#include <stddef.h>
#include <stdint.h>

#include "syscall_table.h"

/* The index of a syscall by name, or -1. */
int syscall_find(const char *name);

/* The index of a syscall by its number on an ABI, or -1. */
int syscall_find_number(enum stile_abi abi, int64_t number);

/* A syscall's name, or words for one that the table does not have. Static memory. */
const char *syscall_shown_name(uint16_t syscall);

/* An argument's index by its manual or kernel name, or -1. */
int syscall_find_argument(uint16_t syscall, enum stile_abi abi, const char *name);

/* The arguments of a call on an ABI; *count of them. */
const struct syscall_argument *syscall_argument_list(uint16_t syscall, enum stile_abi abi,
						     unsigned int *count);

/* The known name that is nearest to a misspelt one, NULL if none is near. Static memory. */
const char *syscall_suggest(const char *name);

#endif
