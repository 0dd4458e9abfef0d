/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_CALL_MEMORY_H
#define SUPERVISE_CALL_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

#include "call.h"

/* The value of an argument that is a pointer, by its name. -ENOENT: there is none. */
int call_pointer(const struct stile_call *call, const char *name, uint64_t *value);

/*
 * At most size bytes of a string, up to its NUL if that is among them: how many there are before
 * the NUL, size if there is none. Or an error of stile_call_read_string().
 */
ssize_t call_read_string_part(struct stile_call *call, uint64_t address, char *buffer, size_t size);

/* Where a socket's address stands and how long it is said to be. -ENOENT: the call has none. */
int call_find_address(struct stile_call *call, uint64_t *address, uint64_t *length);

#endif
