/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FORMAT_FUZZ_H
#define TESTS_FUZZ_FORMAT_FUZZ_H

/*
 * Any bytes as a policy of a format: a policy or errors, in sentences that a terminal can show;
 * what is written means what was read.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

static inline void check(int condition)
{
	if (!condition)
		abort();
}

#define RULES_MAX 32 /* to be compared: more take long */

static inline bool is_small(const struct stile_policy *policy)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t abi_count = stile_policy_abis(policy, abis);
	struct stile_policy_call call;
	size_t rules = 0;

	for (size_t a = 0; a < abi_count; a++)
		for (size_t i = 0; stile_policy_get_call(policy, abis[a], i, &call); i++)
			rules += call.rule_count;
	return rules <= RULES_MAX;
}

/* Errors were said, or none, and all in printable characters. */
static inline void check_said(struct diagnostics *said, bool has_failed)
{
	check(has_errors(said) == has_failed);
	for (size_t i = 0; i < said->count; i++) {
		check(said->items[i].text[0] != '\0');
		for (const char *c = said->items[i].text; *c; c++)
			check(*c >= ' ' && *c <= '~');
	}
	diagnostics_free(said);
}

/* What is written is read as a policy that means the same, or with less let through. Whether
 * it is written. */
static inline bool check_written(const struct format *format, const struct stile_policy *policy,
				 const struct read_options *options, bool is_lossy)
{
	const struct write_options how = { .is_lossy = is_lossy };
	struct source source = { "written", NULL, 0, -1 };
	struct read_options again_options = *options;
	struct stile_difference *differences = NULL;
	struct diagnostics said = { 0 };
	struct stile_policy *again;
	size_t count = 0;
	char *text;
	FILE *stream = open_memstream(&text, &source.length);
	int result;

	check(stream != NULL);
	result = format->write(stream, policy, &how, &said);
	check_said(&said, result != 0);
	check(fclose(stream) == 0);
	source.bytes = text;
	again_options.section = NULL;
	if (result == 0 && source.length <= SOURCE_BYTES_MAX) {
		again = format->read(&source, &again_options, &said);
		check_said(&said, again == NULL);
		check(again != NULL);
		if (is_small(policy) && is_small(again) &&
		    stile_policy_compare(policy, again, &differences, &count) == 0)
			for (size_t i = 0; i < count; i++)
				check(is_lossy && differences[i].change != STILE_CHANGE_WIDER);
		free(differences);
		stile_policy_free(again);
	}
	free(text);
	return result == 0;
}

/* Whether what is read is written without a loss, too, unless it is large. */
static inline bool check_format(const struct format *format, const struct read_options *options,
				const uint8_t *data, size_t size)
{
	struct source source = { "fuzz", NULL, size, -1 };
	struct diagnostics said = { 0 };
	struct stile_policy *policy;
	char *text = malloc(size + 1);
	bool is_written = true;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	source.bytes = text;
	(void)format->is_likely(&source);
	policy = format->read(&source, options, &said);
	check_said(&said, policy == NULL);
	if (policy) {
		is_written = check_written(format, policy, options, false) || !is_small(policy);
		(void)check_written(format, policy, options, true);
	}
	stile_policy_free(policy);
	free(text);
	return is_written;
}

#endif
