/* SPDX-License-Identifier: MIT */
/* stile run: a program under grants. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <stile.h>

#include "commands.h"
#include "context_options.h"
#include "find_program.h"
#include "run_program.h"
#include "say.h"

static const char help[] =
	"usage: stile run [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Runs PROGRAM so that it can make the system calls that are granted and no others, for\n"
	"itself and all that it starts. For example: cat may read files and write to its\n"
	"standard output, and do nothing else:\n"
	"\n"
	"    stile run --pledge 'stdio rpath' -- cat /etc/hostname\n"
	"    stile run -g system_io.open_readonly -g system_io.read -g system_io.close \\\n"
	"        -g system_io.metadata -g system_io.advice -g system_io.stdout \\\n"
	"        -- cat /etc/hostname\n"
	"\n" CONTEXT_HELP "  -l, --log               let the kernel log what it refuses\n"
	"      --print             print the rules and run nothing\n"
	"  -h, --help              this text\n"
	"\n"
	"'stile rulesets' lists what there is to grant, 'stile rulesets pledge' the words. Which\n"
	"calls does a program make? strace(1) shows them, and 'stile rulesets --syscall NAME' the\n"
	"grants that hold a call. The start of PROGRAM needs no grant: exec and what the loader\n"
	"does are over when the filter is complete, and are not permitted afterwards.\n"
	"\n"
	"Exit status: PROGRAM's own; 128 + the number of the signal that ended it; 125 if stile\n"
	"failed or was used wrongly, and PROGRAM was not run; 126 if PROGRAM cannot be executed;\n"
	"127 if there is no such program.\n";

enum { OPTION_PRINT = 256 };

static const struct option options[] = { CONTEXT_OPTIONS,
					 { "log", no_argument, NULL, 'l' },
					 { "print", no_argument, NULL, OPTION_PRINT },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct run_options {
	bool is_print, is_help, is_granting;
};

static int fail(struct stile *s)
{
	say_message("run", stile_message(s));
	return STATUS_RUN_FAILED;
}

/* Fills the context from the command line; 0 or the exit status. */
static int read_options(int argc, char **argv, struct stile *s, struct run_options *wanted)
{
	int option;

	/* "+": options of the program are its own; ":" and opterr: the sentences are ours */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:" CONTEXT_LETTERS "lh", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			if (stile_set_flags(s, STILE_APPLY_LOG) < 0)
				return fail(s);
			break;
		case OPTION_PRINT:
			wanted->is_print = true;
			break;
		case 'h':
			wanted->is_help = true;
			return 0;
		default:
			switch (take_context_option("run", option, optarg, s)) {
			case OPTION_OTHER:
				say_bad_option("run", option, argv, options);
				return STATUS_RUN_FAILED;
			case OPTION_WRONG:
				return STATUS_RUN_FAILED;
			case OPTION_TAKEN:
				break;
			}
			wanted->is_granting |= is_granting_option(option);
		}
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
static int not_found(const char *name, int error, bool has_skipped)
{
	if (error == EACCES) {
		say("run", name, "found in PATH, but it cannot be executed: %s", strerror(error));
		return STATUS_NOT_EXECUTABLE;
	}
	if (error != ENOENT) {
		say("run", name, "%s", strerror(error));
		return STATUS_RUN_FAILED;
	}
	if (*name == '\0')
		say("run", NULL, "the program's name is empty");
	else
		say("run", name, "there is no such program in PATH%s",
		    has_skipped ? " (its empty and relative entries are skipped)" : "");
	return STATUS_NOT_FOUND;
}

static bool is_elf(const char *path)
{
	char magic[4] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	(void)!fread(magic, 1, sizeof(magic), file);
	(void)fclose(file);
	return memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

static int not_executed(struct stile *s, const char *name, const char *path)
{
	int error = stile_exec_errno(s);
	struct stat status;
	bool exists = stat(path, &status) == 0;

	if (error == ENOENT && exists)
		say("run", name, "the interpreter that it names does not exist");
	else if (error == ENOEXEC && is_elf(path))
		say_message("run", stile_message(s)); /* of another machine or ABI */
	else if (error == ENOEXEC)
		say("run", name, "%s (a script needs #! and its interpreter in the first line)",
		    strerror(error));
	else if (exists && S_ISDIR(status.st_mode))
		say("run", name, "%s", strerror(EISDIR));
	else
		say("run", name, "%s", strerror(error));
	return error == ENOENT && !exists ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static uint64_t signal_bits(const sigset_t *set)
{
	uint64_t bits = 0;

	for (int number = 1; number <= 64; number++)
		if (sigismember(set, number) == 1)
			bits |= UINT64_C(1) << (number - 1);
	return bits;
}

static void be_traceable(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
}

/*
 * Nobody of the same user may write into this process, or a program that may open files for
 * writing would open our /proc/PID/mem and leave its sandbox that way. The child that becomes the
 * program has to be traced for its start; it is no copy of a secret.
 */
static int shut_off(void)
{
	int error = pthread_atfork(NULL, NULL, be_traceable);

	if (error == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		error = errno;
	if (error)
		say("run", NULL, "cannot shut tracers off: %s", strerror(error));
	return error;
}

/* The library takes for the reason that we are not dumpable, but the child is. */
static int not_started(struct stile *s, const char *name)
{
	if (stile_error(s) != -EPERM || !strstr(stile_message(s), "the caller is not dumpable"))
		return fail(s);
	say("run", name,
	    "ptrace is not permitted: a seccomp filter that is on already, a security module or "
	    "the "
	    "container's profile must allow it");
	return STATUS_RUN_FAILED;
}

static int start(struct stile *s, char **argv)
{
	struct run_signals signals;
	struct stile_spawn_signals spawn_signals;
	bool has_skipped;
	char *path = find_program(argv[0], &has_skipped);
	int error, status;
	pid_t pid;

	if (!path)
		return not_found(argv[0], errno, has_skipped);
	if (shut_off()) {
		free(path);
		return STATUS_RUN_FAILED;
	}
	if (run_signals_block(&signals) < 0) {
		say("run", NULL, "cannot block signals: %s", strerror(errno));
		free(path);
		return STATUS_RUN_FAILED;
	}
	spawn_signals = (struct stile_spawn_signals){ signal_bits(&signals.blocked),
						      signal_bits(&signals.ignored) };
	run_signals_start(&signals);
	error = stile_spawn(s, path, argv, NULL, &spawn_signals, &pid);
	run_signals_started(&signals);
	if (error == -ENOEXEC && stile_exec_errno(s) != 0)
		status = not_executed(s, argv[0], path);
	else if (error)
		status = not_started(s, argv[0]);
	else
		status = run_program(pid, argv[0]);
	free(path);
	return status;
}

int command_run(int argc, char **argv)
{
	struct run_options wanted = { false, false, false };
	struct stile *s = stile_new();
	int status = read_options(argc, argv, s, &wanted);

	if (status == 0) {
		if (wanted.is_help) {
			(void)fputs(help, stdout);
		} else if (wanted.is_print) {
			status = print_rules(s);
		} else if (optind == argc) {
			say("run", NULL, "no program is given: see 'stile run --help'");
			status = STATUS_RUN_FAILED;
		} else if (!wanted.is_granting) {
			say("run", NULL,
			    "nothing is granted: give --grant or --pledge before the program, e.g. "
			    "--pledge 'stdio rpath' ('stile rulesets' lists what there is to "
			    "grant)");
			status = STATUS_RUN_FAILED;
		} else {
			status = start(s, argv + optind);
		}
	}
	stile_free(s);
	return status;
}
