/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_OPTIONS_H
#define CLI_TRACE_OPTIONS_H

#include <stdbool.h>

#include "trace_choice.h"

/* What the command line of `stile trace` says. */
struct trace_options {
	bool follows, counts, shows_paths, is_json, hides_vdso, is_help;
	const char *output; /* NULL: standard error */
	struct trace_choice choice;
};

/* Reads it; optind is the program's index then. 0, or a status to exit with, and it was said why.
 * trace_options_end() in either case. */
int trace_options_read(struct trace_options *options, int argc, char **argv);
void trace_options_end(struct trace_options *options);

#endif
