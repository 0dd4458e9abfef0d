/* SPDX-License-Identifier: MIT */
#include "policy_verb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "say.h"

static int read_options(const struct policy_verb *verb, void *wanted,
			struct policy_source_options *source, int argc, char **argv, bool *is_help)
{
	int option;

	opterr = 0; /* the sentences are ours */
	while ((option = getopt_long(argc, argv, verb->letters, verb->options, NULL)) != -1) {
		enum option_result result = OPTION_OTHER;

		if (option == 'h') {
			*is_help = true;
			return 0;
		}
		if (verb->take)
			result = verb->take(wanted, option, optarg);
		if (result == OPTION_OTHER)
			result = policy_source_take(source, option, optarg);
		if (result == OPTION_OTHER)
			say_bad_option(verb->name, option, argv, verb->options);
		if (result != OPTION_TAKEN)
			return STATUS_USAGE;
	}
	return 0;
}

static void print_help(const struct policy_verb *verb)
{
	(void)fputs(verb->help, stdout);
	if (verb->more_help)
		(void)fputs(verb->more_help, stdout);
}

/* What could not be printed must not be taken for a verdict. */
static int finish(const struct policy_verb *verb, int status)
{
	if (!verb->is_verdict || (fflush(stdout) == 0 && !ferror(stdout)))
		return status;
	say(verb->name, NULL, "cannot write the output: %s", strerror(errno));
	return STATUS_NO_VERDICT;
}

int policy_verb_run(const struct policy_verb *verb, void *wanted,
		    struct policy_source_options *source, int argc, char **argv)
{
	bool is_help = false;
	int status;

	if (!policy_source_start(source, verb->name, argc))
		return verb->is_verdict ? STATUS_NO_VERDICT : STATUS_FAILED;
	status = read_options(verb, wanted, source, argc, argv, &is_help);
	if (is_help)
		print_help(verb);
	else if (status == 0)
		status = finish(verb, verb->run(wanted, argc - optind, argv + optind));
	policy_source_end(source);
	return status;
}
