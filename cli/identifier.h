/* SPDX-License-Identifier: MIT */
#ifndef CLI_IDENTIFIER_H
#define CLI_IDENTIFIER_H

#include <stdbool.h>

/* Whether it can be the name of a variable, in C and in C++, beside whatever headers. */
bool is_identifier(const char *name);

#endif
