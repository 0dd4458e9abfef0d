/* SPDX-License-Identifier: MIT */
#include "run_options.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "say.h"

#define VERB "run"
#define VALUE_SHOWN 64

static const struct option long_options[] = {
	CONTEXT_OPTIONS,
	POLICY_FILE_OPTIONS,
	{ "log-refused", no_argument, NULL, 'l' },
	{ "print", no_argument, NULL, OPTION_PRINT },
	{ "policy", required_argument, NULL, OPTION_POLICY },
	{ "policy-fd", required_argument, NULL, OPTION_POLICY_FD },
	{ "bpf-fd", required_argument, NULL, OPTION_BPF_FD },
	{ "status-fd", required_argument, NULL, OPTION_STATUS_FD },
	{ "allow", required_argument, NULL, OPTION_ALLOW },
	{ "deny", required_argument, NULL, OPTION_DENY },
	{ "errno", required_argument, NULL, OPTION_ERRNO },
	{ "kill", required_argument, NULL, OPTION_KILL },
	{ "log", required_argument, NULL, OPTION_LOG },
	{ "permissive", no_argument, NULL, OPTION_PERMISSIVE },
	{ "violation-exit", required_argument, NULL, OPTION_VIOLATION_EXIT },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* A number of so many digits at most; -1: it is none, or over most. */
static int parse_number(const char *text, int most)
{
	char *end;
	long number;

	if (*text < '0' || *text > '9')
		return -1;
	number = strtol(text, &end, 10);
	return *end == '\0' && number <= most ? (int)number : -1;
}

/* A descriptor that is open; -1, and it was said: it is none. */
static int take_descriptor(const char *name, const char *text)
{
	const int fd = parse_number(text, INT_MAX);

	if (fd >= 0 && fcntl(fd, F_GETFD) >= 0)
		return fd;
	say(VERB, NULL, "--%s '%.*s': give the number of a descriptor that is open", name,
	    VALUE_SHOWN, text);
	return -1;
}

/* Two places for one policy make none of them the policy. */
static int set_policy(struct run_options *options, const char *path)
{
	if (options->policy) {
		say(VERB, NULL,
		    "more than one policy is given: 'stile intersect' or 'stile merge' makes one "
		    "of them");
		return STATUS_RUN_FAILED;
	}
	options->policy = path;
	return 0;
}

static int set_policy_fd(struct run_options *options, const char *name, const char *text)
{
	static char path[64];
	const int fd = take_descriptor(name, text);
	int status;

	if (fd < 0)
		return STATUS_RUN_FAILED;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = set_policy(options, path);
	if (status == 0)
		options->policy_fd = fd;
	if (status == 0 && strcmp(name, "bpf-fd") == 0)
		options->source.file.format = &format_bpf;
	return status;
}

static int set_status_fd(struct run_options *options, const char *text)
{
	int mode;

	options->status_fd = take_descriptor("status-fd", text);
	if (options->status_fd < 0)
		return STATUS_RUN_FAILED;
	mode = fcntl(options->status_fd, F_GETFL);
	if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY) {
		say(VERB, NULL, "--status-fd %d: the descriptor is not open for writing",
		    options->status_fd);
		return STATUS_RUN_FAILED;
	}
	/* It is not the program's. */
	if (fcntl(options->status_fd, F_SETFD, FD_CLOEXEC) == 0)
		return 0;
	say(VERB, NULL, "--status-fd %d: cannot be kept from the program", options->status_fd);
	return STATUS_RUN_FAILED;
}

static int set_violation_exit(struct run_options *options, const char *text)
{
	options->violation_exit = parse_number(text, 255);
	if (options->violation_exit >= 0)
		return 0;
	say(VERB, NULL, "--violation-exit '%.*s': give an exit status, 0 to 255", VALUE_SHOWN,
	    text);
	return STATUS_RUN_FAILED;
}

static int take_file_option(struct run_options *options, int option, char **argv)
{
	switch (policy_file_options_take(&options->source.file, option, optarg)) {
	case OPTION_TAKEN:
		return 0;
	case OPTION_OTHER:
		say_bad_option(VERB, option, argv, long_options);
		return STATUS_RUN_FAILED;
	case OPTION_WRONG:
		break;
	}
	return STATUS_RUN_FAILED;
}

static int take_option(struct run_options *options, int option, char **argv)
{
	switch (option) {
	case 'l':
		options->logs_refusals = true;
		return 0;
	case OPTION_PRINT:
		options->is_print = true;
		return 0;
	case 'h':
		options->is_help = true;
		return 0;
	case OPTION_POLICY:
		return set_policy(options, optarg);
	case OPTION_POLICY_FD:
		return set_policy_fd(options, "policy-fd", optarg);
	case OPTION_BPF_FD:
		return set_policy_fd(options, "bpf-fd", optarg);
	case OPTION_STATUS_FD:
		return set_status_fd(options, optarg);
	case OPTION_VIOLATION_EXIT:
		return set_violation_exit(options, optarg);
	case OPTION_PERMISSIVE:
		options->is_permissive = true;
		return 0;
	case 'g':
	case 'p':
	case 'd':
	case 'b':
	case OPTION_ALLOW:
	case OPTION_DENY:
	case OPTION_ERRNO:
	case OPTION_KILL:
	case OPTION_LOG:
		options->changes[options->change_count++] = (struct run_change){ option, optarg };
		return 0;
	default:
		return take_file_option(options, option, argv);
	}
}

int run_options_read(struct run_options *options, int argc, char **argv)
{
	int option, status = 0;

	*options = (struct run_options){ .policy_fd = -1, .status_fd = -1, .violation_exit = -1 };
	if (!policy_source_start(&options->source, VERB, argc)) {
		options->source = (struct policy_source_options){ 0 };
		return STATUS_RUN_FAILED;
	}
	options->changes = calloc((size_t)argc + 1, sizeof(*options->changes));
	if (!options->changes) {
		say(VERB, NULL, "out of memory");
		return STATUS_RUN_FAILED;
	}
	/* "+": options of the program are its own; ":" and opterr: the sentences are ours */
	opterr = 0;
	while (status == 0 && !options->is_help &&
	       (option = getopt_long(argc, argv, "+:" CONTEXT_LETTERS "lh", long_options, NULL)) !=
		       -1)
		status = take_option(options, option, argv);
	return status;
}

void run_options_end(struct run_options *options)
{
	policy_source_end(&options->source);
	free(options->changes);
}
