/* SPDX-License-Identifier: MIT */
/* stile convert: a policy in another format. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <stile.h>

#include "commands.h"
#include "policy_output.h"
#include "policy_verb.h"
#include "say.h"

static const char help[] =
	"usage: stile convert [OPTION...] --to FORMAT [POLICY]\n"
	"\n"
	"Writes a policy in another format. What is written is read again, as the format's own\n"
	"project reads it, and compared with the policy: a call that would be answered "
	"differently\n"
	"is an error, and nothing is written. For example:\n"
	"\n"
	"    stile convert pledge:stdio --to bpf | stile explain - openat\n"
	"\n" POLICY_SOURCE_TEXT "\n"
	"  -t, --to FORMAT         what to write\n" POLICY_OUTPUT_HELP
	"      --lossy             refuse what the format cannot say, or refuse it in another "
	"way;\n"
	"                          each call is said. Nothing more is ever let "
	"through\n" POLICY_SOURCE_HELP "  -h, --help              this text\n"
	"\n"
	"How calls by other ABIs are refused is fixed in some formats (OCI's runtimes kill the\n"
	"thread, and not the process): a difference of that alone is said, and is no error.\n"
	"\n"
	"Exit status: 0; 1 if the policy cannot be read, would mean something else, or cannot be\n"
	"written (then FILE is as it was); 2 for wrong usage.\n";

#define VERB "convert"

enum { OPTION_LOSSY = 256 };

static const struct option options[] = { POLICY_SOURCE_OPTIONS,
					 POLICY_OUTPUT_OPTIONS,
					 { "lossy", no_argument, NULL, OPTION_LOSSY },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct convert_options {
	struct policy_output output;
	struct policy_source_options source;
};

static enum option_result take(void *to, int option, const char *value)
{
	struct convert_options *wanted = to;

	if (option != OPTION_LOSSY)
		return policy_output_take(&wanted->output, option, value);
	wanted->output.is_lossy = true;
	return OPTION_TAKEN;
}

static int check_options(const struct convert_options *wanted, int count)
{
	char names[FORMAT_NAMES_MAX];

	if (count != 1) {
		say(VERB, NULL,
		    count ? "only one policy can be given: 'stile merge' makes one of "
			    "several" :
			    "no policy is given: see 'stile convert --help'");
		return STATUS_USAGE;
	}
	if (!wanted->output.format) {
		format_names(true, names);
		say(VERB, NULL, "give --to, one of %s", names);
		return STATUS_USAGE;
	}
	return policy_output_check(&wanted->output);
}

static int convert(struct convert_options *wanted, const char *word)
{
	struct stile_policy *policy = policy_source_read(&wanted->source, word);
	int status;

	if (!policy)
		return STATUS_FAILED;
	status = policy_output_write(&wanted->output, policy,
				     policy_source_name(&wanted->source, word),
				     &wanted->source.file.read);
	stile_policy_free(policy);
	return status;
}

static int run(void *to, int count, char **words)
{
	struct convert_options *wanted = to;
	const bool is_given = policy_source_is_given(&wanted->source);
	const int status = check_options(wanted, count + is_given);

	return status ? status : convert(wanted, is_given ? NULL : *words);
}

int command_convert(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		.letters = ":" POLICY_SOURCE_LETTERS POLICY_OUTPUT_LETTERS "h",
		.options = options,
		.take = take,
		.run = run,
	};
	struct convert_options wanted = { .output = { .verb = VERB } };

	return policy_verb_run(&verb, &wanted, &wanted.source, argc, argv);
}
