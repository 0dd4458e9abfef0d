/* SPDX-License-Identifier: MIT */
#ifndef CLI_POLICY_FILE_H
#define CLI_POLICY_FILE_H

/* Policies in files of any format, and the options that say how they are to be read. */

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include <stile.h>

#include "context_options.h"
#include "formats.h"
#include "input_file.h"

enum policy_file_option {
	OPTION_FROM = 512,
	OPTION_SECTION,
	OPTION_KERNEL_WIDTHS,
	OPTION_CAP,
	OPTION_KERNEL,
	OPTION_SYSTEMD_GROUPS
};

/* For getopt_long(), which has no letters for them. */
#define POLICY_FILE_OPTIONS                                                      \
	{ "from", required_argument, NULL, OPTION_FROM },                        \
		{ "section", required_argument, NULL, OPTION_SECTION },          \
		{ "kernel-widths", no_argument, NULL, OPTION_KERNEL_WIDTHS },    \
		{ "cap", required_argument, NULL, OPTION_CAP },                  \
		{ "kernel", required_argument, NULL, OPTION_KERNEL },            \
	{                                                                        \
		"systemd-groups", required_argument, NULL, OPTION_SYSTEMD_GROUPS \
	}

/* Their lines in --help. */
#define POLICY_FILE_HELP                                                                          \
	"      --from FORMAT       what the files are, where that cannot be seen\n"               \
	"      --section NAME      which policy of a file that has several (Firecracker)\n"       \
	"      --cap CAPABILITY    that the container has, for moby's profiles\n"                 \
	"      --kernel VERSION    that it will run on, for moby's profiles; if not said, this\n" \
	"                          machine's own\n"                                               \
	"      --systemd-groups FILE  what 'systemd-analyze syscall-filter' printed\n"            \
	"      --kernel-widths     compare arguments with the bits that the kernel uses of\n"     \
	"                          them, where the file's own tool compares more\n"

struct policy_file_options {
	const char *verb;
	const struct format *format; /* NULL: what the file looks like */
	struct read_options read;
	char **capabilities; /* NULL-ended; of read */
	size_t capability_count;
	bool use_kernel_widths;
	bool is_brief; /* nothing but the faults themselves is said */
};

/* options->read.abi and the others may be set afterwards. */
void policy_file_options_start(struct policy_file_options *options, const char *verb);
void policy_file_options_end(struct policy_file_options *options);

/* Keeps an option that getopt_long() returned. */
enum option_result policy_file_options_take(struct policy_file_options *options, int option,
					    const char *value);

struct policy_file {
	struct input input;
	struct source source;	     /* its bytes belong to input */
	const struct format *format; /* that it was read as */
	struct diagnostics diagnostics;
	struct stile_policy *policy; /* NULL: the diagnostics have errors */
};

/*
 * Reads a file; "-" is standard input. False: the file could not be read, or its format is not
 * known, and it was said; nothing is to be closed. True: all that there is to say of it is in
 * file->diagnostics, and nothing of that was printed.
 */
bool policy_file_open(struct policy_file *file, const struct policy_file_options *options,
		      const char *path);
void policy_file_close(struct policy_file *file);

/* Prints "FILE:LINE:COLUMN: error: SENTENCE" for each on standard error. */
void print_diagnostics(const struct diagnostics *diagnostics);

/* All in one: the policy, which the caller frees; NULL: it was said why there is none. */
struct stile_policy *policy_file_read(const struct policy_file_options *options, const char *path);

#endif
