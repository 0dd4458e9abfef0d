/* SPDX-License-Identifier: MIT */
/* stile run: a program under grants. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "action_option.h"
#include "commands.h"
#include "find_program.h"
#include "run_program.h"

static const char help[] =
	"usage: stile run [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Runs PROGRAM so that it can make the system calls that are granted and no others, for\n"
	"itself and all it starts. No grant is needed for the start: exec and the loader's\n"
	"calls are done before the filter is final, and are not permitted afterwards.\n"
	"\n"
	"  -g, --grant GRANT       grant a capability, e.g. system_io.open_readonly or\n"
	"                          'system_io.read_fd(3)'; see 'stile rulesets'\n"
	"  -p, --pledge WORDS      grant OpenBSD's words, e.g. 'stdio rpath'; see\n"
	"                          'stile rulesets pledge'\n"
	"  -d, --default ACTION    what the rest gets: errno=NAME (EPERM if not said), trap,\n"
	"                          kill-thread or kill\n"
	"  -b, --baseline KERNEL   calls newer than this kernel, e.g. 6.1, fail with ENOSYS\n"
	"  -l, --log               let the kernel log what it refuses\n"
	"      --print             print the rule list and run nothing\n"
	"  -h, --help              this text\n"
	"\n"
	"Exit status: the program's own; 128 + the number of the signal that ended it; 125 if\n"
	"stile failed and nothing was run; 126 if PROGRAM cannot be executed; 127 if there is\n"
	"no such program.\n";

enum { OPTION_PRINT = 256 };

static const struct option options[] = { { "grant", required_argument, NULL, 'g' },
					 { "pledge", required_argument, NULL, 'p' },
					 { "default", required_argument, NULL, 'd' },
					 { "baseline", required_argument, NULL, 'b' },
					 { "log", no_argument, NULL, 'l' },
					 { "print", no_argument, NULL, OPTION_PRINT },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct run_options {
	bool is_print, is_help;
};

static int fail(struct stile *s)
{
	(void)fprintf(stderr, "stile run: %s\n", stile_message(s));
	return STATUS_RUN_FAILED;
}

static int set_default(struct stile *s, const char *text)
{
	struct stile_action action;

	if (!parse_action(text, &action)) {
		(void)fputs("stile run: --default takes errno=NAME, trap, kill-thread or kill\n",
			    stderr);
		return STATUS_RUN_FAILED;
	}
	return stile_set_default(s, action) < 0 ? fail(s) : 0;
}

/* Fills the context from the command line; 0 or the exit status. */
static int read_options(int argc, char **argv, struct stile *s, struct run_options *wanted)
{
	int option;

	/* "+": options of the program are its own */
	while ((option = getopt_long(argc, argv, "+g:p:d:b:lh", options, NULL)) != -1) {
		int error = 0, status = 0;

		switch (option) {
		case 'g':
			error = stile_grant(s, optarg);
			break;
		case 'p':
			error = stile_pledge(s, optarg);
			break;
		case 'd':
			status = set_default(s, optarg);
			break;
		case 'b':
			error = stile_set_baseline(s, optarg);
			break;
		case 'l':
			error = stile_set_flags(s, STILE_APPLY_LOG);
			break;
		case OPTION_PRINT:
			wanted->is_print = true;
			break;
		case 'h':
			wanted->is_help = true;
			return 0;
		default:
			(void)fputs("stile run: see 'stile run --help'\n", stderr);
			return STATUS_RUN_FAILED;
		}
		if (error)
			return fail(s);
		if (status)
			return status;
	}
	return 0;
}

static int print_rules(struct stile *s)
{
	char *text = stile_print(s);

	if (!text)
		return fail(s);
	(void)fputs(text, stdout);
	free(text);
	return STATUS_OK;
}

/* What shells say: 127 for a program that does not exist, 126 for one that cannot be executed. */
static int exec_status(const char *program, int error)
{
	(void)fprintf(stderr, "stile run: %s: %s\n", program, strerror(error));
	return error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static uint64_t signal_bits(const sigset_t *set)
{
	uint64_t bits = 0;

	for (int number = 1; number <= 64; number++)
		if (sigismember(set, number) == 1)
			bits |= UINT64_C(1) << (number - 1);
	return bits;
}

static int start(struct stile *s, char **argv)
{
	struct run_signals signals;
	struct stile_spawn_signals spawn_signals;
	char *path = find_program(argv[0]);
	int error, status;
	pid_t pid;

	if (!path)
		return exec_status(argv[0], errno);
	if (run_signals_block(&signals) < 0) {
		(void)fprintf(stderr, "stile run: cannot block signals: %s\n", strerror(errno));
		free(path);
		return STATUS_RUN_FAILED;
	}
	spawn_signals = (struct stile_spawn_signals){ signal_bits(&signals.blocked),
						      signal_bits(&signals.ignored) };
	error = stile_spawn(s, path, argv, NULL, &spawn_signals, &pid);
	if (error == -ENOEXEC && stile_exec_errno(s) != 0)
		status = exec_status(argv[0], stile_exec_errno(s));
	else if (error)
		status = fail(s);
	else
		status = run_program(pid, argv[0]);
	free(path);
	return status;
}

int command_run(int argc, char **argv)
{
	struct run_options wanted = { false, false };
	struct stile *s = stile_new();
	int status = read_options(argc, argv, s, &wanted);

	if (status == 0) {
		if (wanted.is_help) {
			(void)fputs(help, stdout);
		} else if (wanted.is_print) {
			status = print_rules(s);
		} else if (optind == argc) {
			(void)fputs("stile run: no program given: see 'stile run --help'\n",
				    stderr);
			status = STATUS_RUN_FAILED;
		} else {
			status = start(s, argv + optind);
		}
	}
	stile_free(s);
	return status;
}
