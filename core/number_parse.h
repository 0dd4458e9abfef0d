/* SPDX-License-Identifier: MIT */
#ifndef CORE_NUMBER_PARSE_H
#define CORE_NUMBER_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A whole number as C writes it (12, 0x1f, 017), up to 64 bits, the whole of the text; -1 is all
 * 64 bits. False: it is none, or too large; *is_too_large says which, and may be NULL.
 */
bool number_parse(const char *text, uint64_t *number, bool *is_too_large);

/* The same for what 32 bits can hold, signed or unsigned. */
bool number_parse_32(const char *text, uint32_t *number);

#endif
