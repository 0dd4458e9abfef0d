/* SPDX-License-Identifier: MIT */
#include "replaced_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define VERB "run"

struct line {
	const char *text;
	unsigned int abis; /* bits */
};

/* Cuts " on x86_64" off; the bit of the ABI, 0 if none is named. */
static unsigned int cut_abi(char *line)
{
	const size_t length = strlen(line);

	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++) {
		char end[32];
		const size_t size = (size_t)snprintf(end, sizeof(end), " on %s",
						     stile_abi_name((enum stile_abi)abi));

		if (length > size && strcmp(line + length - size, end) == 0) {
			line[length - size] = '\0';
			return 1u << abi;
		}
	}
	return 0;
}

/* Adds a line, or its ABI to one that says the same; the count of lines then. */
static size_t add_line(struct line *lines, size_t count, char *text)
{
	const unsigned int abi = cut_abi(text);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(lines[i].text, text) == 0 && !(lines[i].abis & abi)) {
			lines[i].abis |= abi;
			return count;
		}
	}
	lines[count] = (struct line){ text, abi };
	return count + 1;
}

/* The policy's ABIs by which a call can be made at all; of a grant all are. */
static unsigned int abis_of(const struct stile_policy *policy, const char *what)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, abis);
	unsigned int bits = 0;

	for (size_t i = 0; i < count; i++)
		if (strchr(what, '.') || stile_syscall_number(abis[i], what) >= 0)
			bits |= 1u << abis[i];
	return bits;
}

/* " on x86_64 and i386"; nothing if it is so by all. */
static void name_abis(char *to, size_t size, unsigned int abis, unsigned int all)
{
	size_t length = 0;

	*to = '\0';
	if (abis == all)
		return;
	for (unsigned int abi = 0; abi < STILE_ABI_COUNT && length < size; abi++)
		if (abis & 1u << abi)
			length += (size_t)snprintf(to + length, size - length, "%s%s",
						   length ? ", " : " on ",
						   stile_abi_name((enum stile_abi)abi));
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

bool say_replaced(const struct stile_policy *policy, const char *option, const char *what,
		  char *replaced)
{
	const unsigned int all = abis_of(policy, what);
	struct line *lines = calloc(count_lines(replaced) + 1, sizeof(*lines));
	size_t count = 0;
	char abis[128];

	if (!lines) {
		say(VERB, NULL, "out of memory");
		return false;
	}
	for (char *text = replaced, *end; *text; text = end + 1) {
		end = strchr(text, '\n');
		*end = '\0';
		count = add_line(lines, count, text);
	}
	for (size_t i = 0; i < count; i++) {
		name_abis(abis, sizeof(abis), lines[i].abis, lines[i].abis ? all : 0);
		say(VERB, NULL, "--%s %s replaces: %s%s", option, what, lines[i].text, abis);
	}
	free(lines);
	return true;
}
