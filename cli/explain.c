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
#include "policy_verb.h"
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
	bool is_json, has_abi;
	enum stile_abi abi; /* of the call, if it is given */
	struct policy_source_options source;
};

static enum option_result take(void *to, int option, const char *value)
{
	struct explain_options *wanted = to;

	switch (option) {
	case 'c':
		wanted->has_abi = parse_abi_option(VERB, value, &wanted->abi);
		return wanted->has_abi ? OPTION_TAKEN : OPTION_WRONG;
	case 'j':
		wanted->is_json = true;
		return OPTION_TAKEN;
	default:
		return OPTION_OTHER;
	}
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

static int run(void *to, int count, char **words)
{
	struct explain_options *wanted = to;
	const bool is_given = policy_source_is_given(&wanted->source);
	const char *word = is_given || count == 0 ? NULL : *words;
	struct stile_policy *policy;
	int status;

	if (!word && !is_given) {
		say(VERB, NULL, "no policy is given: see 'stile explain --help'");
		return STATUS_USAGE;
	}
	policy = policy_source_read(&wanted->source, word);
	if (!policy)
		return STATUS_FAILED;
	words += word != NULL;
	count -= word != NULL;
	if (count > 0 && strcmp(*words, "--") == 0) {
		words++;
		count--;
	}
	status = explain(wanted, policy, policy_source_name(&wanted->source, word), words, count);
	stile_policy_free(policy);
	return status;
}

int command_explain(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		/* "+": a negative argument is no option */
		.letters = "+:" POLICY_SOURCE_LETTERS "c:jh",
		.options = options,
		.take = take,
		.run = run,
	};
	struct explain_options wanted = { 0 };

	return policy_verb_run(&verb, &wanted, &wanted.source, argc, argv);
}
