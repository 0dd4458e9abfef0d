/* SPDX-License-Identifier: MIT */
/* Any words as a call, separated by newlines: it is understood, or there is a sentence. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#define WORDS_MAX 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *words[WORDS_MAX];
	struct seccomp_data call;
	char *text, *rest, message[200];
	size_t count = 0;

	if (size == 0)
		return 0;
	text = malloc(size);
	check(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	rest = text;
	while (rest && count < WORDS_MAX)
		words[count++] = strsep(&rest, "\n");
	memset(message, 'x', sizeof(message));
	if (stile_parse_call(data[0] % (STILE_ABI_COUNT + 1), words[0], words + 1, count - 1, &call,
			     message, sizeof(message)) == 0) {
		check(message[0] == '\0' && call.arch != 0);
	} else {
		check(message[0] != '\0' && memchr(message, '\0', sizeof(message)) != NULL);
		for (const char *c = message; *c; c++)
			check((unsigned char)*c >= ' ' && *c != 0x7f);
	}
	free(text);
	return 0;
}
