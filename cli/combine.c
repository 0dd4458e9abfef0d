/* SPDX-License-Identifier: MIT */
/* stile merge, stile intersect, stile minus: one policy of several. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "commands.h"
#include "difference_text.h"
#include "policy_output.h"
#include "policy_verb.h"
#include "say.h"

/* What the verbs do not share. */
struct verb {
	const char *name;
	enum stile_combination combination;
	const char *help;
	const char *result; /* in messages */
};

static const char common_help[] =
	"\n" POLICY_SOURCE_TEXT "What options stand for comes first. The result is proved: against "
	"its filter, and against\n"
	"each policy, before it is written.\n"
	"\n"
	"  -t, --to FORMAT         what to write; if not said, OCI's JSON\n" POLICY_OUTPUT_HELP
		POLICY_SOURCE_HELP "  -h, --help              this text\n"
	"\n"
	"Exit status: 0; 1 if a policy cannot be read, or the result cannot be made, proved or\n"
	"written (then FILE is as it was); 2 for wrong usage.\n";

static const struct verb merge = {
	"merge", STILE_MERGE,
	"usage: stile merge [OPTION...] POLICY POLICY...\n"
	"\n"
	"Makes one policy of several, which lets through what any of them lets through; of two\n"
	"answers the weaker one. For example:\n"
	"\n"
	"    stile merge --to bpf pledge:stdio grants:random.read | stile explain - getrandom\n",
	"the merged policy"
};

static const struct verb intersect = {
	"intersect", STILE_INTERSECT,
	"usage: stile intersect [OPTION...] POLICY POLICY...\n"
	"\n"
	"Makes one policy of several, which lets through what all of them let through; of two\n"
	"answers the stronger one, of equally strong ones the first. It is what the kernel makes\n"
	"of several filters. For example:\n"
	"\n"
	"    stile intersect --to bpf pledge:stdio grants:random.read | stile explain - read\n",
	"the intersection"
};

static const struct verb minus = {
	"minus", STILE_MINUS,
	"usage: stile minus [OPTION...] POLICY POLICY...\n"
	"\n"
	"Makes a policy that lets through what the first lets through and none of the others: "
	"what\n"
	"both let through gets the first one's default, or EPERM if that is no refusal. For\n"
	"example:\n"
	"\n"
	"    stile minus --to bpf pledge:'stdio rpath' pledge:stdio | stile explain - read\n"
	"\n"
	"What every process needs (exit, the return from signals) is in all lists of grants, and "
	"so\n"
	"is in no difference of two: such a policy is to be looked at, not to be enforced.\n",
	"the difference"
};

static const struct option options[] = { POLICY_SOURCE_OPTIONS,
					 POLICY_OUTPUT_OPTIONS,
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct combine_options {
	const struct verb *verb;
	struct policy_output output;
	struct policy_source_options source;
};

static enum option_result take(void *to, int option, const char *value)
{
	return policy_output_take(&((struct combine_options *)to)->output, option, value);
}

/* Whether nothing changed in this way from one policy to the other. */
static bool has_no_change(const struct verb *verb, const struct stile_policy *from,
			  const struct stile_policy *to, enum stile_change change)
{
	struct comparison comparison = {
		.from = from, .to = to, .from_name = "", .to_name = verb->result
	};
	bool is_none = true;

	if (compare_policies(verb->name, &comparison) < 0)
		return false;
	for (size_t i = 0; i < comparison.count; i++) {
		if (comparison.differences[i].change != change)
			continue;
		say_difference(verb->name, verb->result, &comparison, &comparison.differences[i]);
		is_none = false;
	}
	free(comparison.differences);
	return is_none;
}

/* NULL: it was said. */
static struct stile_policy *combine(const struct verb *verb, enum stile_combination combination,
				    const struct stile_policy *a, const struct stile_policy *b)
{
	struct stile_policy *policy = stile_policy_combine(combination, a, b);

	if (policy && stile_policy_error(policy) == 0)
		return policy;
	say(verb->name, verb->result, "%s", stile_policy_message(policy));
	stile_policy_free(policy);
	return NULL;
}

/* Whether no call is let through by both: what both let through is not more than nothing. */
static bool is_disjoint(const struct verb *verb, const struct stile_policy *a,
			const struct stile_policy *b)
{
	struct stile_policy *both = combine(verb, STILE_INTERSECT, a, b);
	struct stile_policy *nothing = stile_policy_new(); /* kills for every call */
	bool is_nothing = false;

	if (both && stile_policy_add_abi(nothing, STILE_ABI_NATIVE) == 0)
		is_nothing = has_no_change(verb, nothing, both, STILE_CHANGE_WIDER);
	stile_policy_free(nothing);
	stile_policy_free(both);
	return is_nothing;
}

/* Whether the result is to each policy what it must be. */
static bool is_right(const struct verb *verb, const struct policy_list *list,
		     const struct stile_policy *result)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct stile_policy *policy = list->policies[i];

		if (verb->combination == STILE_MINUS && i > 0) {
			if (!is_disjoint(verb, result, policy))
				return false;
		} else if (!has_no_change(verb, policy, result,
					  verb->combination == STILE_MERGE ? STILE_CHANGE_NARROWER :
									     STILE_CHANGE_WIDER)) {
			return false;
		}
	}
	return true;
}

static bool is_proved(const struct verb *verb, struct stile_policy *policy)
{
	struct sock_filter *instructions;
	size_t count;

	if (stile_policy_compile(policy, &instructions, &count) == 0) {
		free(instructions);
		return true;
	}
	say(verb->name, verb->result, "%s", stile_policy_message(policy));
	return false;
}

/* NULL: it was said. */
static struct stile_policy *combine_all(const struct verb *verb, const struct policy_list *list)
{
	struct stile_policy *all = combine(verb, verb->combination, list->policies[0],
					   list->policies[1]);

	for (size_t i = 2; all && i < list->count; i++) {
		struct stile_policy *next = combine(verb, verb->combination, all,
						    list->policies[i]);

		stile_policy_free(all);
		all = next;
	}
	return all;
}

static int combine_and_write(const struct verb *verb, const struct combine_options *wanted,
			     const struct policy_list *list)
{
	struct stile_policy *result = combine_all(verb, list);
	int status = STATUS_FAILED;

	if (!result)
		return status;
	if (!is_right(verb, list, result))
		say(verb->name, verb->result, "is wrong, and not written: that is our fault");
	else if (is_proved(verb, result))
		status = policy_output_write(&wanted->output, result, verb->result,
					     &wanted->source.file.read);
	stile_policy_free(result);
	return status;
}

static int run(void *to, int count, char **words)
{
	struct combine_options *wanted = to;
	const struct verb *verb = wanted->verb;
	struct policy_list list;
	int status;

	if (count + policy_source_is_given(&wanted->source) < 2) {
		say(verb->name, NULL, "give two policies or more: see 'stile %s --help'",
		    verb->name);
		return STATUS_USAGE;
	}
	status = policy_output_check(&wanted->output);
	if (status)
		return status;
	if (!policy_list_read(&list, &wanted->source, words, (size_t)count))
		return STATUS_FAILED;
	status = combine_and_write(verb, wanted, &list);
	policy_list_free(&list);
	return status;
}

static int command_combine(const struct verb *verb, int argc, char **argv)
{
	const struct policy_verb frame = {
		.name = verb->name,
		.help = verb->help,
		.more_help = common_help,
		.letters = ":" POLICY_SOURCE_LETTERS POLICY_OUTPUT_LETTERS "h",
		.options = options,
		.take = take,
		.run = run,
	};
	struct combine_options wanted = { .verb = verb };

	policy_output_start(&wanted.output, verb->name);
	return policy_verb_run(&frame, &wanted, &wanted.source, argc, argv);
}

int command_merge(int argc, char **argv)
{
	return command_combine(&merge, argc, argv);
}

int command_intersect(int argc, char **argv)
{
	return command_combine(&intersect, argc, argv);
}

int command_minus(int argc, char **argv)
{
	return command_combine(&minus, argc, argv);
}
