/* SPDX-License-Identifier: MIT */
#ifndef CLI_ABI_OPTION_H
#define CLI_ABI_OPTION_H

#include <stdbool.h>

#include <stile/abi.h>

/* "x86_64" to an ABI; false, and it was said: there is none such. */
bool parse_abi_option(const char *verb, const char *text, enum stile_abi *abi);

#endif
