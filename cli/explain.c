/* SPDX-License-Identifier: MIT */
/* stile explain: what a policy says, of one call or of all. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <stile.h>

#include "abi_option.h"
#include "commands.h"
#include "explain.h"
#include "policy_source.h"
#include "say.h"

static const char help[] =
	"usage: stile explain [OPTION...] [POLICY] [SYSCALL [ARGUMENT...]]\n"
	"\n"
	"Says what a policy does with a system call, and why: the rule, where it stands, and "
	"which\n"
	"grants hold the call if it is refused. Without SYSCALL: the whole policy in words.\n"
	"\n"
	"    stile explain --pledge 'stdio rpath' openat AT_FDCWD /etc/hostname O_RDWR\n"
	"    stile explain grants:random.read\n"
	"    stile compile --pledge stdio | stile explain - socket AF_INET SOCK_STREAM 0\n"
	"\n" POLICY_SOURCE_TEXT "An ARGUMENT is as for 'stile simulate'.\n"
	"\n" POLICY_SOURCE_HELP
	"  -c, --call-abi ABI      by whose system call; if not said, the first --abi\n"
	"  -j, --json              write JSON\n"
	"  -h, --help              this text\n"
	"\n"
	"Exit status: 0 whatever the answer is; 1 if the policy cannot be read or the call is not\n"
	"understood; 2 for wrong usage.\n";

#define VERB "explain"

static const struct option options[] = { POLICY_SOURCE_OPTIONS,
					 { "call-abi", required_argument, NULL, 'c' },
					 { "json", no_argument, NULL, 'j' },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct explain_options {
	bool is_help, is_json, has_abi;
	enum stile_abi abi; /* of the call, if it is given */
	struct policy_source_options source;
};

static enum option_result take_option(struct explain_options *wanted, int option)
{
	switch (option) {
	case 'c':
		wanted->has_abi = parse_abi_option(VERB, optarg, &wanted->abi);
		return wanted->has_abi ? OPTION_TAKEN : OPTION_WRONG;
	case 'j':
		wanted->is_json = true;
		return OPTION_TAKEN;
	default:
		return policy_source_take(&wanted->source, option, optarg);
	}
}

static int read_options(int argc, char **argv, struct explain_options *wanted)
{
	int option;

	/* "+": a negative argument is no option */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:" POLICY_SOURCE_LETTERS "c:jh", options,
				     NULL)) != -1) {
		enum option_result result;

		if (option == 'h') {
			wanted->is_help = true;
			return 0;
		}
		result = take_option(wanted, option);
		if (result == OPTION_OTHER)
			say_bad_option(VERB, option, argv, options);
		if (result != OPTION_TAKEN)
			return STATUS_USAGE;
	}
	if (optind < argc || policy_source_is_given(&wanted->source))
		return 0;
	say(VERB, NULL, "no policy is given: see 'stile explain --help'");
	return STATUS_USAGE;
}

static int fail(const struct stile_policy *policy)
{
	say_message(VERB, stile_policy_message(policy));
	return STATUS_FAILED;
}

/* words: NULL-ended, the call, or empty. */
static int explain(const struct explain_options *wanted, const struct stile_policy *policy,
		   const char *name, char **words, int count)
{
	struct seccomp_data data;
	char message[512];
	int error = 0;

	if (count == 0 && wanted->is_json)
		explain_policy_json(policy, name);
	else if (count == 0)
		error = explain_policy(policy, name);
	if (error)
		say(VERB, NULL, "out of memory");
	if (count == 0)
		return error ? STATUS_FAILED : STATUS_OK;
	if (stile_parse_call(wanted->has_abi ? wanted->abi : wanted->source.context.abis[0],
			     words[0], (const char *const *)words + 1, (size_t)count - 1, &data,
			     message, sizeof(message)) < 0) {
		say_message(VERB, message);
		return STATUS_FAILED;
	}
	error = wanted->is_json ? explain_call_json(policy, &data) : explain_call(policy, &data);
	return error ? fail(policy) : STATUS_OK;
}

static int read_and_explain(struct explain_options *wanted, int argc, char **argv)
{
	const char *word = policy_source_is_given(&wanted->source) ? NULL : argv[optind++];
	struct stile_policy *policy = policy_source_read(&wanted->source, word);
	int status;

	if (!policy)
		return STATUS_FAILED;
	if (optind < argc && strcmp(argv[optind], "--") == 0)
		optind++;
	status = explain(wanted, policy, policy_source_name(&wanted->source, word), argv + optind,
			 argc - optind);
	stile_policy_free(policy);
	return status;
}

int command_explain(int argc, char **argv)
{
	struct explain_options wanted = { 0 };
	int status;

	if (!policy_source_start(&wanted.source, VERB, argc))
		return STATUS_FAILED;
	status = read_options(argc, argv, &wanted);
	if (status == 0 && wanted.is_help)
		(void)fputs(help, stdout);
	else if (status == 0)
		status = read_and_explain(&wanted, argc, argv);
	policy_source_end(&wanted.source);
	return status;
}
