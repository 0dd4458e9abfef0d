/* SPDX-License-Identifier: MIT */
#include "abi_option.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

#define NAME_SHOWN 64

bool parse_abi_option(const char *verb, const char *text, enum stile_abi *abi)
{
	char names[128] = "";
	size_t length = 0;

	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		const char *name = stile_abi_name(i);

		if (strcmp(name, text) == 0) {
			*abi = i;
			return true;
		}
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   i ? ", " : "", name);
	}
	say(verb, NULL, "there is no ABI '%.*s': give one of %s", NAME_SHOWN, text, names);
	return false;
}
