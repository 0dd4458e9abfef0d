/* SPDX-License-Identifier: MIT */
/* stile trace: the calls that a program makes. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <stile.h>
#include <stile/intercept.h>

#include "commands.h"
#include "find_program.h"
#include "say.h"
#include "start_failure.h"
#include "trace_calls.h"
#include "trace_options.h"
#include "trace_output.h"
#include "trace_program.h"

#define VERB "trace"

static const char help[] =
	"usage: stile trace [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Runs PROGRAM and shows the system calls that it makes, with their arguments and results, "
	"a\n"
	"line for each, on standard error. Only calls that are shown are stopped; all others run\n"
	"at full speed. For example:\n"
	"\n"
	"    stile trace -e openat -- cat /etc/hostname\n"
	"    stile trace -f -o calls.txt -e '%system_io,!read' -- sh -c 'ls | wc -l'\n"
	"    stile trace -c -- ls -l\n"
	"\n"
	"  -e, --calls CALLS  which calls, divided by commas: names; %RULESET or %RULESET.GRANT "
	"for\n"
	"                     what a grant holds; !NAME to leave one out. At first all\n"
	"  -f, --follow       show the calls of the processes that it starts too\n"
	"  -o, --output FILE  write to FILE in place of standard error\n"
	"  -c, --count        show how often each call was made, and how long it took, at the end\n"
	"  -y, --paths        show what descriptors stand for\n"
	"      --json         write JSON, an object a line\n"
	"      --vdso         show the clock's calls too, which else are none: hide the vDSO\n"
	"  -h, --help         this text\n"
	"\n"
	"The program is not sandboxed: all calls are permitted, but that it cannot load filters "
	"of\n"
	"its own, trace, or gain privileges by exec. exit, exit_group and rt_sigreturn are not\n"
	"shown. What it has started is waited for, since it cannot live without the tracer.\n"
	"\n"
	"Exit status: PROGRAM's own; 128 + the number of the signal that ended it; 125 if stile\n"
	"failed, was used wrongly or could not write; 126 if PROGRAM cannot be executed; 127 if\n"
	"there is no such program.\n";

static int trace_under(struct trace *trace, struct stile *s, char **argv)
{
	const struct trace_handlers handlers = trace_handlers(trace);
	bool has_skipped;
	int error, status;
	char *path;

	error = trace_choice_apply(&trace->options->choice, s, &handlers);
	if (!error)
		error = stile_set_flags(s, STILE_SPAWN_UNASKED);
	if (!error && trace->options->hides_vdso)
		error = stile_hide_vdso(s);
	if (!error)
		error = stile_check(s);
	if (error) {
		say_message(VERB, stile_message(s));
		return STATUS_RUN_FAILED;
	}
	path = find_program(argv[0], &has_skipped);
	if (!path)
		return say_not_found(VERB, argv[0], errno, has_skipped);
	status = run_traced(trace, s, path, argv);
	free(path);
	return status;
}

static int trace(const struct trace_options *options, char **argv)
{
	/* Static: handlers may run still when we end before all that the program has started. */
	static struct trace_output output;
	static struct trace trace;
	struct stile *s;
	int status;

	if (!*argv) {
		say(VERB, NULL, "no program is given: see 'stile trace --help'");
		return STATUS_RUN_FAILED;
	}
	if (trace_output_open(&output, options->output) < 0)
		return STATUS_RUN_FAILED;
	trace_begin(&trace, options, &output);
	s = stile_new_allowing();
	status = trace_under(&trace, s, argv);
	stile_free(s);
	if (trace_output_close(&output) < 0)
		status = STATUS_RUN_FAILED;
	return status;
}

int command_trace(int argc, char **argv)
{
	struct trace_options options;
	int status;

	trace_become_program(argc, argv);
	status = trace_options_read(&options, argc, argv);
	if (status == 0 && options.is_help)
		(void)fputs(help, stdout);
	else if (status == 0)
		status = trace(&options, argv + optind);
	trace_options_end(&options);
	return status;
}
