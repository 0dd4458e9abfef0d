/* SPDX-License-Identifier: MIT */
/* stile simulate: what a filter answers to a call. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "abi_option.h"
#include "commands.h"
#include "filter_file.h"
#include "say.h"

static const char help[] =
	"usage: stile simulate [OPTION...] FILTER SYSCALL [ARGUMENT...]\n"
	"\n"
	"Prints what the kernel would answer to a system call by a filter, and the raw value:\n"
	"\n"
	"    stile compile --pledge 'stdio rpath' | \\\n"
	"        stile simulate - openat AT_FDCWD /etc/hostname 'O_RDONLY|O_CLOEXEC'\n"
	"    stile compile --pledge 'stdio rpath' | stile simulate - 41 AF_INET SOCK_STREAM 0\n"
	"\n"
	"FILTER has raw instructions as seccomp(2) takes them; - is standard input. SYSCALL is a\n"
	"name or a number. An ARGUMENT is a number, names of constants joined by |, or for a\n"
	"pointer NULL, an address or any text: filters see no more of it than that it is not\n"
	"NULL. A negative number is passed as a C compiler passes it. Arguments that are left\n"
	"out are 0.\n"
	"\n"
	"  -a, --abi ABI  by whose system call: x86_64, i386, x32, aarch64 or riscv64; this\n"
	"                 machine's own if not said\n"
	"  -h, --help     this text\n"
	"\n"
	"Exit status: 0 whatever the answer is; 1 if the filter cannot be read, the kernel would\n"
	"refuse it, or the call is not understood; 2 for wrong usage.\n";

static const struct option options[] = { { "abi", required_argument, NULL, 'a' },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

/* x86's uretprobe and uprobe, which the kernel makes whatever filters say. */
static bool is_unfiltered(enum stile_abi abi, int number)
{
	return abi == STILE_ABI_X86_64 && (number == 335 || number == 336);
}

static int simulate(const char *path, enum stile_abi abi, const struct seccomp_data *data)
{
	struct sock_filter *instructions;
	uint32_t answer;
	size_t count;
	char text[64];
	int status = read_filter_file("simulate", path, &instructions, &count);

	if (status)
		return status;
	status = refuse_bad_filter("simulate", path, instructions, count);
	if (!status && stile_simulate(instructions, count, data, &answer) == 0) {
		stile_format_answer(answer, text, sizeof(text));
		(void)printf("%s 0x%08x\n", text, answer);
		if (is_unfiltered(abi, data->nr))
			say("simulate", NULL,
			    "newer kernels make call %d of x86_64 without asking any filter",
			    data->nr);
	}
	free(instructions);
	return status;
}

int command_simulate(int argc, char **argv)
{
	enum stile_abi abi = STILE_ABI_NATIVE;
	struct seccomp_data data;
	char message[512];
	int call, option;

	/* "+": a negative argument is no option */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:a:h", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			if (!parse_abi_option("simulate", optarg, &abi))
				return STATUS_USAGE;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return STATUS_OK;
		default:
			say_bad_option("simulate", option, argv, options);
			return STATUS_USAGE;
		}
	}
	call = optind + 1;
	if (call < argc && strcmp(argv[call], "--") == 0)
		call++;
	if (call >= argc) {
		say("simulate", NULL, "give a filter and a syscall: see 'stile simulate --help'");
		return STATUS_USAGE;
	}
	if (stile_parse_call(abi, argv[call], (const char *const *)argv + call + 1,
			     (size_t)(argc - call - 1), &data, message, sizeof(message)) < 0) {
		say_message("simulate", message);
		return STATUS_FAILED;
	}
	return simulate(argv[optind], abi, &data);
}
