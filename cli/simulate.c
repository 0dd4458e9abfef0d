/* SPDX-License-Identifier: MIT */
/* stile simulate: what a filter answers to a call. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "commands.h"
#include "filter_file.h"
#include "policy_verb.h"
#include "say.h"

static const char help[] =
	"usage: stile simulate [OPTION...] FILTER SYSCALL [ARGUMENT...]\n"
	"       stile simulate [OPTION...] --policy POLICY SYSCALL [ARGUMENT...]\n"
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
	"      --policy POLICY  in place of a filter: a file of any format, or what else\n"
	"                 'stile explain' takes; the rest is for it:\n" POLICY_FILE_HELP
	"  -h, --help     this text\n"
	"\n"
	"Exit status: 0 whatever the answer is; 1 if the filter or policy cannot be read, the\n"
	"kernel would refuse it, or the call is not understood; 2 for wrong usage.\n";

#define VERB "simulate"

static const struct option options[] = { { "abi", required_argument, NULL, 'a' },
					 { "policy", required_argument, NULL, OPTION_POLICY },
					 POLICY_FILE_OPTIONS,
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

/* x86's uretprobe and uprobe, which the kernel makes whatever filters say. */
static bool is_unfiltered(enum stile_abi abi, int number)
{
	return abi == STILE_ABI_X86_64 && (number == 335 || number == 336);
}

/* The filter in a file that the kernel would load; a status, and it was said. */
static int read_filter(const char *path, struct sock_filter **instructions, size_t *count)
{
	int status = read_filter_file(VERB, path, instructions, count);

	if (status)
		return status;
	status = refuse_bad_filter(VERB, path, *instructions, *count);
	if (status)
		free(*instructions);
	return status;
}

/* The filter of a policy. */
static int compile_policy(struct policy_source_options *source, struct sock_filter **instructions,
			  size_t *count)
{
	struct stile_policy *policy = policy_source_read(source, source->policy);
	int status = STATUS_OK;

	if (!policy)
		return STATUS_FAILED;
	if (stile_policy_compile(policy, instructions, count) < 0) {
		say_message(VERB, stile_policy_message(policy));
		status = STATUS_FAILED;
	}
	stile_policy_free(policy);
	return status;
}

static int simulate(struct policy_source_options *source, const char *path,
		    const struct seccomp_data *data)
{
	struct sock_filter *instructions;
	uint32_t answer;
	size_t count;
	char text[64];
	int status = path ? read_filter(path, &instructions, &count) :
			    compile_policy(source, &instructions, &count);

	if (status)
		return status;
	if (stile_simulate(instructions, count, data, &answer) == 0) {
		stile_format_answer(answer, text, sizeof(text));
		(void)printf("%s 0x%08x\n", text, answer);
		if (is_unfiltered(source->context.abis[0], data->nr))
			say(VERB, NULL,
			    "newer kernels make call %d of x86_64 without asking any filter",
			    data->nr);
	}
	free(instructions);
	return status;
}

/* words: the syscall and its arguments. */
static int parse_and_simulate(struct policy_source_options *source, const char *path, char **words,
			      int count)
{
	struct seccomp_data data;
	char message[512];

	if (stile_parse_call(source->context.abis[0], words[0], (const char *const *)words + 1,
			     (size_t)count - 1, &data, message, sizeof(message)) < 0) {
		say_message(VERB, message);
		return STATUS_FAILED;
	}
	return simulate(source, path, &data);
}

static int run(void *to, int count, char **words)
{
	struct policy_source_options *source = to;
	const bool is_file = !source->policy && count > 0;
	const char *path = is_file ? *words : NULL;

	if (source->context.abi_count > 1) {
		say(VERB, NULL, "--abi: a call is made by one ABI");
		return STATUS_USAGE;
	}
	words += is_file;
	count -= is_file;
	if (count > 0 && strcmp(*words, "--") == 0) {
		words++;
		count--;
	}
	if (count > 0)
		return parse_and_simulate(source, path, words, count);
	say(VERB, NULL, "give a %s and a syscall: see 'stile simulate --help'",
	    source->policy ? "policy" : "filter");
	return STATUS_USAGE;
}

int command_simulate(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		.letters = "+:a:h", /* "+": a negative argument is no option */
		.options = options,
		.run = run,
	};
	struct policy_source_options source;

	return policy_verb_run(&verb, &source, &source, argc, argv);
}
