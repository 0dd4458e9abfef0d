/* SPDX-License-Identifier: MIT */
/* stile diff: how two policies differ, by what they mean. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "commands.h"
#include "difference_text.h"
#include "policy_verb.h"
#include "say.h"

static const char help[] =
	"usage: stile diff [OPTION...] POLICY POLICY\n"
	"\n"
	"Compares two policies by what they mean, for every ABI, number and argument. Each\n"
	"difference is shown by a call: + the second lets it through and the first does not,\n"
	"- the reverse, ~ both refuse it or both let it through, but not in the same way. For\n"
	"example (they are equal):\n"
	"\n"
	"    stile compile --pledge stdio | stile diff --json pledge:stdio -\n"
	"\n" POLICY_SOURCE_TEXT "\n" POLICY_SOURCE_HELP "  -j, --json              write JSON\n"
	"  -q, --quiet             print nothing, the exit status says it\n"
	"  -h, --help              this text\n"
	"\n"
	"Exit status: 0 if they mean the same; 1 if they differ; 3 if that is not decided; 2 for\n"
	"wrong usage; 4 if a policy cannot be read, or something else failed.\n";

#define VERB "diff"

static const struct option options[] = { POLICY_SOURCE_OPTIONS,
					 { "json", no_argument, NULL, 'j' },
					 { "quiet", no_argument, NULL, 'q' },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct diff_options {
	bool is_json, is_quiet;
	struct policy_source_options source;
};

static enum option_result take(void *to, int option, const char *value)
{
	struct diff_options *wanted = to;

	(void)value;
	switch (option) {
	case 'j':
		wanted->is_json = true;
		return OPTION_TAKEN;
	case 'q':
		wanted->is_quiet = true;
		return OPTION_TAKEN;
	default:
		return OPTION_OTHER;
	}
}

static int diff(const struct diff_options *wanted, const struct policy_list *list)
{
	struct comparison comparison = { .from = list->policies[0],
					 .to = list->policies[1],
					 .from_name = list->names[0],
					 .to_name = list->names[1] };
	const int error = compare_policies(VERB, &comparison);
	int status;

	if (error)
		return error == -E2BIG ? STATUS_UNDECIDED : STATUS_NO_VERDICT;
	if (!wanted->is_quiet && wanted->is_json)
		print_differences_json(&comparison);
	else if (!wanted->is_quiet)
		print_differences(&comparison);
	status = comparison.count > 0 ? STATUS_DIFFERENT : STATUS_OK;
	free(comparison.differences);
	return status;
}

static int run(void *to, int count, char **words)
{
	struct diff_options *wanted = to;
	struct policy_list list;
	int status;

	if (count + policy_source_is_given(&wanted->source) != 2) {
		say(VERB, NULL, "give two policies: see 'stile diff --help'");
		return STATUS_USAGE;
	}
	if (!policy_list_read(&list, &wanted->source, words, (size_t)count))
		return STATUS_NO_VERDICT;
	status = diff(wanted, &list);
	policy_list_free(&list);
	return status;
}

int command_diff(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		.letters = ":" POLICY_SOURCE_LETTERS "jqh",
		.options = options,
		.is_verdict = true,
		.take = take,
		.run = run,
	};
	struct diff_options wanted = { 0 };

	return policy_verb_run(&verb, &wanted, &wanted.source, argc, argv);
}
