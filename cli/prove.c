/* SPDX-License-Identifier: MIT */
/* stile prove: whether a filter does what grants say. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
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
	"usage: stile prove [OPTION...] FILTER\n"
	"\n"
	"Holds a filter, in a file of raw instructions ('-': standard input), against grants or a\n"
	"policy: for every architecture, number and argument, whoever made it. If they differ it\n"
	"shows a call on which they do. For example:\n"
	"\n"
	"    stile compile --pledge 'stdio rpath' | stile prove --pledge 'rpath stdio' -\n"
	"\n" POLICY_INSTEAD_HELP
	"  -q, --quiet             print nothing, the exit status says it\n"
	"  -h, --help              this text\n"
	"\n"
	"Exit status: 0 if they are equal; 1 if they are different; 3 if that is not decided: the\n"
	"filter does what the proof has no model of; 2 for wrong usage; 4 if the filter\n"
	"or the policy cannot be read, the kernel would not load it, or something else failed.\n";

#define VERB "prove"

static const struct option options[] = { POLICY_INSTEAD_OPTIONS,
					 { "quiet", no_argument, NULL, 'q' },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct prove_options {
	bool is_quiet;
	struct policy_source_options source;
};

/* 0, or the exit status. */
static int check_options(const struct prove_options *wanted, int count, char **words)
{
	if (count == 0)
		say(VERB, NULL, "no filter is given: see 'stile prove --help'");
	else if (count > 1)
		say(VERB, words[1], "only one filter can be given");
	else if (!wanted->source.context.is_granting && !wanted->source.policy)
		say(VERB, NULL,
		    "nothing is granted: say by --grant, --pledge or --policy what the filter "
		    "shall "
		    "do, e.g. --pledge 'stdio rpath'");
	else
		return 0;
	return STATUS_USAGE;
}

static enum option_result take(void *to, int option, const char *value)
{
	(void)value;
	if (option != 'q')
		return OPTION_OTHER;
	((struct prove_options *)to)->is_quiet = true;
	return OPTION_TAKEN;
}

static void print_errno(const char *who, unsigned int number)
{
	const char *name = strerrorname_np((int)number);

	if (number == 0)
		(void)printf("  %s lets it seem to succeed\n", who);
	else if (name)
		(void)printf("  %s fails it with %s\n", who, name);
	else
		(void)printf("  %s fails it with errno %u\n", who, number);
}

static void print_answer(const char *who, uint32_t answer)
{
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		(void)printf("  %s allows it\n", who);
		break;
	case SECCOMP_RET_LOG:
		(void)printf("  %s allows and logs it\n", who);
		break;
	case SECCOMP_RET_TRACE:
		(void)printf("  %s gives it to a tracer (%u)\n", who, answer & SECCOMP_RET_DATA);
		break;
	case SECCOMP_RET_USER_NOTIF:
		(void)printf("  %s asks a supervisor\n", who);
		break;
	case SECCOMP_RET_ERRNO:
		print_errno(who, answer & SECCOMP_RET_DATA);
		break;
	case SECCOMP_RET_TRAP:
		(void)printf("  %s traps it (%u)\n", who, answer & SECCOMP_RET_DATA);
		break;
	case SECCOMP_RET_KILL_THREAD:
		(void)printf("  %s kills the thread\n", who);
		break;
	default: /* what the kernel does not know kills as well */
		(void)printf("  %s kills the process\n", who);
	}
}

static void print_difference(const struct stile_proof *proof)
{
	char *call = stile_call_text(&proof->witness);

	(void)printf("different: %s\n", call ? call : "out of memory");
	free(call);
	print_answer("the filter", proof->filter_answer);
	print_answer("the policy", proof->policy_answer);
}

static int tell(const struct stile_proof *proof, bool is_quiet)
{
	switch (proof->verdict) {
	case STILE_VERDICT_EQUAL:
		if (!is_quiet)
			(void)printf("equal: on %" PRIu64 " paths\n", proof->paths);
		return STATUS_OK;
	case STILE_VERDICT_DIFFERENT:
		if (!is_quiet)
			print_difference(proof);
		return STATUS_DIFFERENT;
	default:
		if (!is_quiet)
			(void)printf("undecided: instruction %zu: %s\n", proof->where, proof->why);
		return STATUS_UNDECIDED;
	}
}

static int prove(struct stile *s, const char *path, bool is_quiet)
{
	struct sock_filter *instructions;
	struct stile_proof proof;
	size_t count;
	int status = STATUS_NO_VERDICT;

	if (read_filter_file(VERB, path, &instructions, &count))
		return STATUS_NO_VERDICT;
	if (refuse_bad_filter(VERB, path, instructions, count)) {
		free(instructions);
		return STATUS_NO_VERDICT;
	}
	if (stile_prove(s, instructions, count, &proof) < 0)
		say_message(VERB, stile_message(s));
	else
		status = tell(&proof, is_quiet);
	free(instructions);
	return status;
}

static int run(void *to, int count, char **words)
{
	struct prove_options *wanted = to;
	int status = check_options(wanted, count, words);

	if (status)
		return status;
	if (strcmp(*words, "-") == 0)
		wanted->source.is_input_read = true; /* it is the filter's */
	status = policy_source_fill(&wanted->source);
	if (status == 0)
		return prove(wanted->source.context.s, *words, wanted->is_quiet);
	return status == STATUS_USAGE ? status : STATUS_NO_VERDICT;
}

int command_prove(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		.letters = ":" FILTER_CONTEXT_LETTERS "qh",
		.options = options,
		.is_verdict = true,
		.take = take,
		.run = run,
	};
	struct prove_options wanted = { 0 };

	return policy_verb_run(&verb, &wanted, &wanted.source, argc, argv);
}
