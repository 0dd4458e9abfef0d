/* SPDX-License-Identifier: MIT */
/* stile asm: text to a filter. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stile.h>

#include "commands.h"
#include "filter_file.h"
#include "input_file.h"
#include "output_file.h"
#include "say.h"

static const char help[] =
	"usage: stile asm [OPTION...] TEXT\n"
	"\n"
	"Makes a filter of assembly as 'stile disasm' prints it, and writes its instructions raw,\n"
	"as seccomp(2) takes them. TEXT is a file; - is standard input. For example:\n"
	"\n"
	"    stile compile --pledge stdio | stile disasm - | stile asm - | stile disasm -\n"
	"\n"
	"  -o, --output FILE  write to FILE, not to standard output\n"
	"      --unchecked    write it also if the kernel would refuse it\n"
	"  -h, --help         this text\n"
	"\n"
	"A line is [LABEL:] INSTRUCTION [; COMMENT]. stile(1) has the list of instructions.\n"
	"\n"
	"Exit status: 0; 1 if the text cannot be read or has a mistake, the kernel would refuse\n"
	"the filter, or it cannot be written (then FILE is as it was); 2 for wrong usage.\n";

enum { OPTION_UNCHECKED = 256 };

static const struct option options[] = { { "output", required_argument, NULL, 'o' },
					 { "unchecked", no_argument, NULL, OPTION_UNCHECKED },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

static int write_filter(const char *path, const struct sock_filter *instructions, size_t count)
{
	struct output_file output;

	if (output_open(&output, "asm", path) < 0)
		return STATUS_FAILED;
	(void)fwrite(instructions, sizeof(*instructions), count, output.stream);
	return output_finish(&output, "asm") < 0 ? STATUS_FAILED : STATUS_OK;
}

static int assemble(const char *path, const char *output, bool is_unchecked)
{
	const char *subject = input_name(path);
	struct sock_filter *instructions;
	char *text, message[512];
	size_t count, where;
	const char *why;
	int status = read_text_file("asm", path, "text", &text);

	if (status)
		return status;
	status = stile_assemble(text, &instructions, &count, message, sizeof(message));
	free(text);
	if (status < 0) {
		say("asm", subject, "%s", message);
		return STATUS_FAILED;
	}
	if (!is_unchecked && stile_check_filter(instructions, count, &where, &why) < 0) {
		say("asm", subject,
		    "the kernel would refuse the filter: instruction %zu: %s (--unchecked writes "
		    "it all the same)",
		    where, why);
		status = STATUS_FAILED;
	} else {
		status = write_filter(output, instructions, count);
	}
	free(instructions);
	return status;
}

int command_asm(int argc, char **argv)
{
	const char *output = NULL;
	bool is_unchecked = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			output = optarg;
			break;
		case OPTION_UNCHECKED:
			is_unchecked = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return STATUS_OK;
		default:
			say_bad_option("asm", option, argv, options);
			return STATUS_USAGE;
		}
	}
	if (optind + 1 != argc) {
		say("asm", NULL, "give one text: see 'stile asm --help'");
		return STATUS_USAGE;
	}
	if ((!output || strcmp(output, "-") == 0) && isatty(STDOUT_FILENO)) {
		say("asm", NULL,
		    "a filter is no text for a terminal: give --output FILE, or pipe it into "
		    "'stile disasm -'");
		return STATUS_USAGE;
	}
	return assemble(argv[optind], output, is_unchecked);
}
