/* SPDX-License-Identifier: MIT */
/* Any bytes as a call and a filter: the check says where, and what it accepts runs to an end and
 * answers as the same program read back from its text. */
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

static void run(const struct sock_filter *program, size_t count, const struct seccomp_data *call)
{
	char *text = stile_disassemble(program, count, STILE_ABI_COUNT), message[128];
	uint32_t answer, answer_again;
	struct sock_filter *again;
	size_t count_again;

	check(text != NULL);
	check(stile_simulate(program, count, call, &answer) == 0);
	check(stile_assemble(text, &again, &count_again, message, sizeof(message)) == 0);
	check(stile_simulate(again, count_again, call, &answer_again) == 0);
	check(answer == answer_again);
	free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_data call;
	struct sock_filter *program;
	const char *why = NULL;
	size_t count, where = SIZE_MAX;
	uint32_t answer;

	if (size < sizeof(call))
		return 0;
	memcpy(&call, data, sizeof(call));
	count = (size - sizeof(call)) / sizeof(*program);
	/* exactly as large as it is, so that a read beyond it is seen */
	program = calloc(count, sizeof(*program));
	check(program != NULL || count == 0);
	if (count)
		memcpy(program, data + sizeof(call), count * sizeof(*program));
	if (program && stile_check_filter(program, count, &where, &why) == 0) {
		run(program, count, &call);
	} else if (program) {
		check(where <= count && why != NULL);
		check(stile_simulate(program, count, &call, &answer) < 0);
	}
	free(program);
	return 0;
}
