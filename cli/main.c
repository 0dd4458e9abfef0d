/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "say.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", command_run, "run a program that may do only what is granted" },
	{ "trace", command_trace, "show the system calls that a program makes" },
	{ "rulesets", command_rulesets, "list rulesets, show their grants, find a syscall's" },
	{ "explain", command_explain, "what a policy does with a call, and why" },
	{ "check", command_check, "whether policies can be used, and lie within another" },
	{ "lint", command_lint, "what is probably not meant in policies" },
	{ "diff", command_diff, "how two policies differ, by what they mean" },
	{ "merge", command_merge, "a policy that lets through what any of several does" },
	{ "intersect", command_intersect, "a policy that lets through what all of several do" },
	{ "minus", command_minus, "a policy without what others let through" },
	{ "convert", command_convert, "write a policy in another format" },
	{ "compile", command_compile, "make a filter ahead of time" },
	{ "prove", command_prove, "whether a filter does what grants say" },
	{ "simulate", command_simulate, "what a filter answers to a system call" },
	{ "disasm", command_disasm, "show a filter as assembly or pseudo code" },
	{ "asm", command_asm, "make a filter of assembly" },
};

#define NAME_SHOWN 64
#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static void print_help(FILE *out)
{
	(void)fputs("usage: stile COMMAND [OPTION...]\n"
		    "       stile --help | --version\n"
		    "\n"
		    "Runs programs so that the kernel refuses what they were not granted.\n"
		    "\n",
		    out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(out, "  %-10s  %s\n", commands[i].name, commands[i].summary);
	(void)fputs("\n"
		    "For example:\n"
		    "\n"
		    "    stile run --pledge 'stdio rpath' -- ls -l\n"
		    "    stile rulesets\n"
		    "\n"
		    "'stile COMMAND --help' tells more; so do the manual pages stile(1),\n"
		    "stile-rulesets(7) and stile(3).\n",
		    out);
}

/* Output that could not be written is a failure: a full disk must not look like success. */
static int finish(int status)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == STATUS_OK) {
		say(NULL, NULL, "cannot write the output: %s", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return finish(STATUS_OK);
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("stile " STILE_VERSION);
		return finish(STATUS_OK);
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return finish(commands[i].run(argc - 1, argv + 1));
	say(NULL, NULL, "there is no %s '%.*s': see 'stile --help'",
	    argv[1][0] == '-' ? "option" : "command", NAME_SHOWN, argv[1]);
	return STATUS_USAGE;
}
