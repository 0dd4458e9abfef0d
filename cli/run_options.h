/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

/* What `stile run` was told on its command line. */

#include <stdbool.h>
#include <stddef.h>

#include "context_options.h"
#include "policy_source.h"

enum run_option {
	OPTION_PRINT = 1024,
	OPTION_POLICY_FD,
	OPTION_BPF_FD,
	OPTION_STATUS_FD,
	OPTION_ALLOW,
	OPTION_DENY,
	OPTION_ERRNO,
	OPTION_KILL,
	OPTION_LOG,
	OPTION_PERMISSIVE,
	OPTION_VIOLATION_EXIT
};

/* Something said of grants or calls, in the order of the command line. */
struct run_change {
	int option; /* 'g', 'p', 'd', 'b' or an OPTION_ALLOW and so on */
	const char *value;
};

struct run_options {
	bool is_print, is_help, logs_refusals, is_permissive;
	const char *policy; /* what stands for one, or "/proc/self/fd/N"; NULL: none */
	int policy_fd;	    /* to be closed when it was read; -1: none */
	int status_fd;	    /* -1: none */
	int violation_exit; /* -1: not said */
	struct policy_source_options source; /* how the policy is to be read */
	struct run_change *changes;
	size_t change_count;
};

/* For a command line of so many words. 0, and the program's first word is argv[optind]; or a status
 * to exit with, and it was said why. To be ended in any case. */
int run_options_read(struct run_options *options, int argc, char **argv);
void run_options_end(struct run_options *options);

#endif
