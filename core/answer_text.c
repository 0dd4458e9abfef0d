/* SPDX-License-Identifier: MIT */
#include "answer_text.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <stile/filter.h>

#include "number_parse.h"
#include "public.h"
#include "suggest.h"

#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO: what an answer can make a call fail with */

static const struct {
	const char *name;
	uint32_t action;
	bool has_data; /* that somebody sees: it is always shown */
} answers[] = {
	{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false },
	{ "KILL_THREAD", SECCOMP_RET_KILL_THREAD, false },
	{ "TRAP", SECCOMP_RET_TRAP, false },
	{ "ERRNO", SECCOMP_RET_ERRNO, true },
	{ "USER_NOTIF", SECCOMP_RET_USER_NOTIF, false },
	{ "TRACE", SECCOMP_RET_TRACE, true },
	{ "LOG", SECCOMP_RET_LOG, false },
	{ "ALLOW", SECCOMP_RET_ALLOW, false },
};
#define ANSWER_COUNT (sizeof(answers) / sizeof(*answers))

/* Second names, which strerrorname_np() does not give. */
static const struct {
	const char *name;
	uint16_t value;
} errno_aliases[] = {
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EWOULDBLOCK", EWOULDBLOCK },
};

void answer_text(char text[ANSWER_TEXT_MAX], uint32_t answer)
{
	const uint32_t action = answer & SECCOMP_RET_ACTION_FULL, data = answer & SECCOMP_RET_DATA;
	const char *name = NULL;

	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		if (answers[i].action != action)
			continue;
		if (action == SECCOMP_RET_ERRNO && data > 0 && data <= ERRNO_MAX)
			name = strerrorname_np((int)data);
		if (name)
			(void)snprintf(text, ANSWER_TEXT_MAX, "ERRNO(%s)", name);
		else if (data || answers[i].has_data)
			(void)snprintf(text, ANSWER_TEXT_MAX, "%s(%u)", answers[i].name, data);
		else
			(void)snprintf(text, ANSWER_TEXT_MAX, "%s", answers[i].name);
		return;
	}
	(void)snprintf(text, ANSWER_TEXT_MAX, "#0x%08x", answer);
}

static bool parse_errno(const char *text, uint32_t *data)
{
	for (size_t i = 0; i < sizeof(errno_aliases) / sizeof(*errno_aliases); i++)
		if (strcmp(errno_aliases[i].name, text) == 0) {
			*data = errno_aliases[i].value;
			return true;
		}
	for (int i = 1; i <= ERRNO_MAX; i++) {
		const char *name = strerrorname_np(i);

		if (name && strcmp(name, text) == 0) {
			*data = (uint32_t)i;
			return true;
		}
	}
	return false;
}

bool answer_parse(const char *text, uint32_t *answer)
{
	size_t length = strcspn(text, "("), inner;
	uint32_t data = 0;
	char word[16];

	if (number_parse_32(text + (*text == '#'), answer))
		return true;
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		if (strlen(answers[i].name) != length || memcmp(text, answers[i].name, length) != 0)
			continue;
		*answer = answers[i].action;
		if (text[length] == '\0')
			return true;
		inner = strcspn(text + length + 1, ")");
		if (inner >= sizeof(word) || strcmp(text + length + 1 + inner, ")") != 0)
			return false;
		memcpy(word, text + length + 1, inner);
		word[inner] = '\0';
		if (!number_parse_32(word, &data) &&
		    (*answer != SECCOMP_RET_ERRNO || !parse_errno(word, &data)))
			return false;
		*answer |= data;
		return data <= SECCOMP_RET_DATA;
	}
	return false;
}

const char *answer_suggest(const char *text)
{
	struct suggestion suggestion;

	suggestion_start(&suggestion, text);
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		suggestion_offer(&suggestion, answers[i].name);
	return suggestion.nearest;
}

STILE_PUBLIC void stile_format_answer(uint32_t answer, char *text, size_t size)
{
	char whole[ANSWER_TEXT_MAX];

	answer_text(whole, answer);
	if (text && size)
		(void)snprintf(text, size, "%s", whole);
}
