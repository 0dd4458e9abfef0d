/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a policy of Kafel's: read, or refused with a sentence. What is read can be written,
 * and what was written is read as the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

#define RULES_MAX 16 /* to be compared: more take long */

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
	struct stile_policy *policy = format_kafel.read(&source, &options, &said);

	check_said(&said, policy == NULL);
	(void)format_kafel.is_likely(&source);
	return policy;
}

static bool is_small(const struct stile_policy *policy, enum stile_abi abi)
{
	struct stile_policy_call call;
	size_t rules = 0;

	for (size_t i = 0; stile_policy_get_call(policy, abi, i, &call); i++)
		rules += call.rule_count;
	return rules <= RULES_MAX;
}

/* Whatever is read from Kafel's words can be said in them. */
static void write_again(const struct stile_policy *policy, enum stile_abi abi)
{
	const struct write_options options = { .name = NULL };
	struct diagnostics said = { 0 };
	struct stile_difference *differences;
	struct stile_policy *again;
	char *text = NULL;
	size_t size = 0, count;
	FILE *stream = open_memstream(&text, &size);

	check(stream != NULL);
	check(format_kafel.write(stream, policy, &options, &said) == 0);
	check(fclose(stream) == 0);
	check_said(&said, false);
	again = read_text(text, size, abi);
	check(again != NULL);
	if (stile_policy_compare(policy, again, &differences, &count) == 0) {
		check(count == 0);
		free(differences);
	}
	stile_policy_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum stile_abi abis[] = { STILE_ABI_X86_64, STILE_ABI_I386,
					       STILE_ABI_AARCH64 };
	const enum stile_abi abi = abis[size % 3];
	struct stile_policy *policy;
	char *text = malloc(size + 1);

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	policy = read_text(text, size, abi);
	if (policy && is_small(policy, abi))
		write_again(policy, abi);
	stile_policy_free(policy);
	free(text);
	return 0;
}
