/* SPDX-License-Identifier: MIT */
#include "action_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERRNO_MAX 4095 /* seccomp(2), SECCOMP_RET_ERRNO */

/* Second names, which strerrorname_np() does not give. */
static const struct {
	const char *name;
	int number;
} errno_aliases[] = {
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EWOULDBLOCK", EWOULDBLOCK },
};

int parse_errno(const char *text)
{
	char *end;
	long number;

	for (size_t i = 0; i < sizeof(errno_aliases) / sizeof(*errno_aliases); i++)
		if (strcmp(errno_aliases[i].name, text) == 0)
			return errno_aliases[i].number;
	for (int i = 1; i <= ERRNO_MAX; i++) {
		const char *name = strerrorname_np(i);

		if (name && strcmp(name, text) == 0)
			return i;
	}
	if (*text < '0' || *text > '9')
		return -1;
	number = strtol(text, &end, 10);
	return *end == '\0' && number >= 1 && number <= ERRNO_MAX ? (int)number : -1;
}

bool parse_action(const char *text, struct stile_action *action)
{
	static const struct {
		const char *name;
		enum stile_action_kind kind;
	} names[] = {
		{ "allow", STILE_ACTION_ALLOW },       { "log", STILE_ACTION_LOG },
		{ "trap", STILE_ACTION_TRAP },	       { "kill-thread", STILE_ACTION_KILL_THREAD },
		{ "kill", STILE_ACTION_KILL_PROCESS },
	};

	action->errno_value = 0;
	if (strncmp(text, "errno=", 6) == 0) {
		int number = parse_errno(text + 6);

		action->kind = STILE_ACTION_ERRNO;
		action->errno_value = number < 0 ? 0 : (unsigned int)number;
		return number > 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i].name) == 0) {
			action->kind = names[i].kind;
			return true;
		}
	}
	return false;
}
