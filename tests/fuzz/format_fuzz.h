/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FORMAT_FUZZ_H
#define TESTS_FUZZ_FORMAT_FUZZ_H

/* Any bytes as a policy of a format: a policy or errors; what is written means what was read. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

static inline void check(int condition)
{
	if (!condition)
		abort();
}

/* What is written is read as a policy that means the same, or with less let through. */
static inline void check_written(const struct format *format, const struct stile_policy *policy,
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
	check((result != 0) == has_errors(&said));
	check(fclose(stream) == 0);
	source.bytes = text;
	again_options.section = NULL;
	if (result == 0 && source.length <= SOURCE_BYTES_MAX) {
		again = format->read(&source, &again_options, &said);
		check(again != NULL);
		if (stile_policy_compare(policy, again, &differences, &count) == 0)
			for (size_t i = 0; i < count; i++)
				check(is_lossy && differences[i].change != STILE_CHANGE_WIDER);
		free(differences);
		stile_policy_free(again);
	}
	diagnostics_free(&said);
	free(text);
}

static inline void check_format(const struct format *format, const struct read_options *options,
				const uint8_t *data, size_t size)
{
	struct source source = { "fuzz", NULL, size, -1 };
	struct diagnostics said = { 0 };
	struct stile_policy *policy;
	char *text = malloc(size + 1);

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	source.bytes = text;
	(void)format->is_likely(&source);
	policy = format->read(&source, options, &said);
	check(!policy == has_errors(&said));
	if (policy) {
		check_written(format, policy, options, false);
		check_written(format, policy, options, true);
	}
	stile_policy_free(policy);
	diagnostics_free(&said);
	free(text);
}

#endif
