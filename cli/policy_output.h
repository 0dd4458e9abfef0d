/* SPDX-License-Identifier: MIT */
#ifndef CLI_POLICY_OUTPUT_H
#define CLI_POLICY_OUTPUT_H

/*
 * Policies as files of any format. What is written is read again as its own project reads it, and
 * compared with the policy, before it is put anywhere.
 */

#include <stdbool.h>

#include <stile.h>

#include "context_options.h"
#include "policy_source.h"

/* The same two for all verbs that write. */
#define POLICY_OUTPUT_LETTERS "t:o:n:"
#define POLICY_OUTPUT_OPTIONS                                                               \
	{ "to", required_argument, NULL, 't' }, { "output", required_argument, NULL, 'o' }, \
	{                                                                                   \
		"name", required_argument, NULL, 'n'                                        \
	}
#define POLICY_OUTPUT_HELP                                                            \
	"  -o, --output FILE       where to write; if not said, to standard output\n" \
	"  -n, --name NAME         what the policy is called, where the format has a place\n"

struct policy_output {
	const char *verb;
	const struct format *format;
	const char *path; /* NULL: standard output */
	const char *name; /* or NULL */
	bool is_lossy;
};

/* For verbs that need not be told a format: OCI's. */
void policy_output_start(struct policy_output *output, const char *verb);

/* Keeps an option that getopt_long() returned. */
enum option_result policy_output_take(struct policy_output *output, int option, const char *value);

/* Mistakes that options show together: 0, or a status, and it was said. */
int policy_output_check(const struct policy_output *output);

/*
 * Writes a policy, or nothing: the exit status, and it was said what would be answered differently.
 * subject: what the policy is called in messages.
 */
int policy_output_write(const struct policy_output *output, struct stile_policy *policy,
			const char *subject, const struct read_options *read);

#endif
