/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a policy of minijail's: read, or refused with a sentence. What is read can be
 * written, or it is said why not; and what was written exactly is read as the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

#define PROVED_MAX 300 /* bytes: proofs of more take long */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void check_said(struct diagnostics *said, bool has_failed)
{
	check(has_errors(said) == has_failed);
	for (size_t i = 0; i < said->count; i++) {
		check(said->items[i].text[0] != '\0');
		for (const char *c = said->items[i].text; *c; c++)
			check(*c >= ' ' && *c <= '~');
	}
	diagnostics_free(said);
}

static struct stile_policy *read_text(const char *text, size_t size, enum stile_abi abi)
{
	const struct source source = { "x", text, size, -1 };
	const struct read_options options = { .abi = abi };
	struct diagnostics said = { 0 };
	struct stile_policy *policy = format_minijail.read(&source, &options, &said);

	check_said(&said, policy == NULL);
	(void)format_minijail.is_likely(&source);
	return policy;
}

/* The same is read from what was written. */
static void check_again(struct stile_policy *policy, const char *text, size_t size,
			enum stile_abi abi)
{
	struct stile_policy *again = read_text(text, size, abi);
	struct sock_filter *instructions;
	struct stile_proof proof;
	size_t count;

	check(again != NULL);
	if (stile_policy_compile(policy, &instructions, &count) == 0) {
		check(stile_policy_prove(again, instructions, count, &proof) == 0);
		check(proof.verdict != STILE_VERDICT_DIFFERENT);
		free(instructions);
	}
	stile_policy_free(again);
}

static void write_policy(struct stile_policy *policy, bool is_lossy, bool is_proved,
			 enum stile_abi abi)
{
	const struct write_options options = { .is_lossy = is_lossy };
	struct diagnostics said = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int result;

	check(stream != NULL);
	result = format_minijail.write(stream, policy, &options, &said);
	check(fclose(stream) == 0);
	check_said(&said, result != 0);
	if (result == 0 && !is_lossy && is_proved)
		check_again(policy, text, size, abi);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const enum stile_abi abi = size ? data[0] % STILE_ABI_COUNT : 0;
	struct stile_policy *policy;
	char *text;

	if (size == 0 || size > SOURCE_BYTES_MAX)
		return 0;
	text = malloc(size);
	check(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	policy = read_text(text, size - 1, abi);
	if (policy) {
		write_policy(policy, false, size < PROVED_MAX, abi);
		write_policy(policy, true, false, abi);
	}
	stile_policy_free(policy);
	free(text);
	return 0;
}
