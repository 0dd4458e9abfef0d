/* SPDX-License-Identifier: MIT */
/* stile check: whether policies can be used, and lie within another. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <stile.h>

#include "commands.h"
#include "difference_text.h"
#include "policy_verb.h"
#include "say.h"

static const char help[] =
	"usage: stile check [OPTION...] POLICY...\n"
	"\n"
	"Reads each policy, compiles it to a filter and proves the filter. Nothing is printed if\n"
	"all is well; else a line for each fault, on standard error. With --within each policy\n"
	"must let nothing through that BASE does not: a line for each call that it does.\n"
	"\n"
	"    stile check --within pledge:'stdio rpath' grants:system_io.read,random.read && echo "
	"ok\n"
	"\n" POLICY_SOURCE_TEXT "\n"
	"  -w, --within BASE       a policy, in which each must lie\n" POLICY_SOURCE_HELP
	"  -h, --help              this text\n"
	"\n"
	"Exit status: 0; 1 if a policy has a fault, cannot be read, or is not within BASE; 2 for\n"
	"wrong usage; 3 if it is not decided whether it is within BASE; 4 if something else "
	"failed:\n"
	"BASE cannot be read, memory is out.\n";

#define VERB "check"

static const struct option options[] = { { "within", required_argument, NULL, 'w' },
					 POLICY_SOURCE_OPTIONS,
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct check_options {
	const char *within; /* NULL: nothing */
	struct policy_source_options source;
};

static enum option_result take(void *to, int option, const char *value)
{
	struct check_options *wanted = to;

	if (option != 'w')
		return OPTION_OTHER;
	wanted->within = value;
	return OPTION_TAKEN;
}

/* Whether it lets nothing through that base does not. */
static int check_within(const struct stile_policy *base, const char *base_name,
			const struct stile_policy *policy, const char *name)
{
	struct comparison comparison = {
		.from = base, .to = policy, .from_name = base_name, .to_name = name
	};
	const int error = compare_policies(VERB, &comparison);
	int status = STATUS_OK;

	if (error)
		return error == -E2BIG ? STATUS_UNDECIDED : STATUS_NO_VERDICT;
	for (size_t i = 0; i < comparison.count; i++) {
		if (comparison.differences[i].change != STILE_CHANGE_WIDER)
			continue;
		say_difference(VERB, name, &comparison, &comparison.differences[i]);
		status = STATUS_DIFFERENT;
	}
	free(comparison.differences);
	return status;
}

/* Compiling includes the proof. */
static int check_filter(struct stile_policy *policy, const char *name)
{
	struct sock_filter *instructions;
	size_t count;
	const int error = stile_policy_compile(policy, &instructions, &count);

	if (!error) {
		free(instructions);
		return STATUS_OK;
	}
	say(VERB, name, "%s", stile_policy_message(policy));
	return error == -ENOMEM ? STATUS_NO_VERDICT : STATUS_FAILED;
}

static int check(struct check_options *wanted, const struct stile_policy *base, const char *word)
{
	const char *name = policy_source_name(&wanted->source, word);
	struct stile_policy *policy = policy_source_read(&wanted->source, word);
	int status;

	if (!policy)
		return STATUS_FAILED;
	status = check_filter(policy, name);
	if (status == STATUS_OK && base)
		status = check_within(base, policy_source_name(&wanted->source, wanted->within),
				      policy, name);
	stile_policy_free(policy);
	return status;
}

/* The worst of all. */
static int run(void *to, int count, char **words)
{
	struct check_options *wanted = to;
	const bool is_given = policy_source_is_given(&wanted->source);
	struct stile_policy *base = NULL;
	int worst = STATUS_OK;

	if (count == 0 && !is_given) {
		say(VERB, NULL, "no policy is given: see 'stile check --help'");
		return STATUS_USAGE;
	}
	wanted->source.file.is_brief = true;
	if (wanted->within) {
		base = policy_source_read(&wanted->source, wanted->within);
		if (!base)
			return STATUS_NO_VERDICT;
	}
	if (is_given)
		worst = check(wanted, base, NULL);
	for (int i = 0; i < count; i++) {
		const int status = check(wanted, base, words[i]);

		if (status > worst)
			worst = status;
	}
	stile_policy_free(base);
	return worst;
}

int command_check(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		.letters = ":w:" POLICY_SOURCE_LETTERS "h",
		.options = options,
		.is_verdict = true,
		.take = take,
		.run = run,
	};
	struct check_options wanted = { 0 };

	return policy_verb_run(&verb, &wanted, &wanted.source, argc, argv);
}
