/* SPDX-License-Identifier: MIT */
/* Any bytes as a filter: its text is printable, has a line for each instruction and is read back to
 * the same bytes. Any bytes as text: the assembler takes or refuses them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
	if (!condition)
		abort();
}

static void check_text(const char *text, size_t count)
{
	size_t lines = 0;

	for (; *text; text++) {
		check((*text >= ' ' && *text <= '~') || *text == '\n');
		lines += *text == '\n';
	}
	check(lines == count);
}

static void fuzz_filter(const struct sock_filter *program, size_t count, enum stile_abi abi)
{
	char *text = stile_disassemble(program, count, abi), *pseudo_code, message[128];
	struct sock_filter *again;
	size_t count_again;

	check(text != NULL);
	check_text(text, count);
	check(stile_assemble(text, &again, &count_again, message, sizeof(message)) == 0);
	check(count_again == count && memcmp(again, program, count * sizeof(*program)) == 0);
	free(again);
	free(text);
	pseudo_code = stile_pseudo_code(program, count, abi);
	check((pseudo_code != NULL) == (stile_check_filter(program, count, NULL, NULL) == 0));
	free(pseudo_code);
}

static void fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), message[128];
	struct sock_filter *program;
	size_t count;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (stile_assemble(text, &program, &count, message, sizeof(message)) == 0) {
		fuzz_filter(program, count, STILE_ABI_NATIVE);
		free(program);
	} else {
		check(message[0] != '\0' && memchr(message, '\0', sizeof(message)) != NULL);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock_filter *program;
	size_t count;

	if (size == 0)
		return 0;
	if (data[0] == 't') {
		fuzz_text(data + 1, size - 1);
		return 0;
	}
	count = (size - 1) / sizeof(*program);
	program = malloc(count * sizeof(*program) + 1);
	check(program != NULL);
	memcpy(program, data + 1, count * sizeof(*program));
	fuzz_filter(program, count, data[0] % (STILE_ABI_COUNT + 1));
	free(program);
	return 0;
}
