/* SPDX-License-Identifier: MIT */
#include "trace_options.h"

#include <getopt.h>
#include <stddef.h>

#include "commands.h"
#include "say.h"

#define VERB "trace"

enum { OPTION_JSON = 256, OPTION_VDSO };

static const struct option long_options[] = { { "follow", no_argument, NULL, 'f' },
					      { "output", required_argument, NULL, 'o' },
					      { "calls", required_argument, NULL, 'e' },
					      { "count", no_argument, NULL, 'c' },
					      { "paths", no_argument, NULL, 'y' },
					      { "json", no_argument, NULL, OPTION_JSON },
					      { "vdso", no_argument, NULL, OPTION_VDSO },
					      { "help", no_argument, NULL, 'h' },
					      { NULL, 0, NULL, 0 } };

static int take_option(struct trace_options *options, int option, char **argv)
{
	switch (option) {
	case 'f':
		options->follows = true;
		return 0;
	case 'o':
		options->output = optarg;
		return 0;
	case 'e':
		return trace_choice_add(&options->choice, optarg);
	case 'c':
		options->counts = true;
		return 0;
	case 'y':
		options->shows_paths = true;
		return 0;
	case OPTION_JSON:
		options->is_json = true;
		return 0;
	case OPTION_VDSO:
		options->hides_vdso = true;
		return 0;
	case 'h':
		options->is_help = true;
		return 0;
	default:
		say_bad_option(VERB, option, argv, long_options);
		return STATUS_RUN_FAILED;
	}
}

int trace_options_read(struct trace_options *options, int argc, char **argv)
{
	int option, status = 0;

	*options = (struct trace_options){ 0 };
	opterr = 0;
	while (status == 0 && !options->is_help &&
	       (option = getopt_long(argc, argv, "+:fo:e:cyh", long_options, NULL)) != -1)
		status = take_option(options, option, argv);
	return status;
}

void trace_options_end(struct trace_options *options)
{
	trace_choice_end(&options->choice);
}
