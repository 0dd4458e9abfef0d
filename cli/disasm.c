/* SPDX-License-Identifier: MIT */
/* stile disasm: a filter as text. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <stile.h>

#include "abi_option.h"
#include "commands.h"
#include "filter_file.h"
#include "say.h"

static const char help[] =
	"usage: stile disasm [OPTION...] FILTER\n"
	"\n"
	"Prints a filter as assembly, with the names of calls, arguments and constants in\n"
	"comments, or as pseudo code. FILTER has raw instructions as seccomp(2) takes them; - is\n"
	"standard input. 'stile asm' makes the same bytes of the assembly. For example:\n"
	"\n"
	"    stile compile --pledge stdio | stile disasm -\n"
	"    stile compile --pledge stdio | stile disasm --pseudo -\n"
	"\n"
	"  -a, --abi ABI  whose numbers they are where the filter does not look at the\n"
	"                 architecture: x86_64, i386, x32, aarch64 or riscv64; this machine's\n"
	"                 if not said\n"
	"      --pseudo   print what is asked and answered, as pseudo code\n"
	"  -h, --help     this text\n"
	"\n"
	"Exit status: 0; 1 if the filter cannot be read or the kernel would refuse it (assembly\n"
	"is printed all the same, with a mark where); 2 for wrong usage.\n";

enum { OPTION_PSEUDO = 256 };

static const struct option options[] = { { "abi", required_argument, NULL, 'a' },
					 { "pseudo", no_argument, NULL, OPTION_PSEUDO },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

static int disassemble(const char *path, enum stile_abi abi, bool is_pseudo)
{
	struct sock_filter *instructions;
	char *text = NULL;
	size_t count;
	int status = read_filter_file("disasm", path, &instructions, &count);

	if (status)
		return status;
	status = refuse_bad_filter("disasm", path, instructions, count);
	if (!is_pseudo)
		text = stile_disassemble(instructions, count, abi);
	else if (status == 0)
		text = stile_pseudo_code(instructions, count, abi);
	if (text) {
		(void)fputs(text, stdout);
	} else if (!is_pseudo || status == 0) {
		say("disasm", NULL, "out of memory");
		status = STATUS_FAILED;
	}
	free(text);
	free(instructions);
	return status;
}

int command_disasm(int argc, char **argv)
{
	enum stile_abi abi = STILE_ABI_NATIVE;
	bool is_pseudo = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":a:h", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			if (!parse_abi_option("disasm", optarg, &abi))
				return STATUS_USAGE;
			break;
		case OPTION_PSEUDO:
			is_pseudo = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return STATUS_OK;
		default:
			say_bad_option("disasm", option, argv, options);
			return STATUS_USAGE;
		}
	}
	if (optind + 1 != argc) {
		say("disasm", NULL, "give one filter: see 'stile disasm --help'");
		return STATUS_USAGE;
	}
	return disassemble(argv[optind], abi, is_pseudo);
}
