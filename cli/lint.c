/* SPDX-License-Identifier: MIT */
/* stile lint: what is probably not meant in policies. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "commands.h"
#include "lint_fix.h"
#include "lint_output.h"
#include "policy_verb.h"
#include "say.h"

static const char help[] =
	"usage: stile lint [OPTION...] POLICY...\n"
	"       stile lint --list\n"
	"\n"
	"Looks for what is probably not meant: holes, traps, rules that say nothing. A line for\n"
	"each, with its severity and, in brackets, its name; --list says what there is.\n"
	"\n"
	"    stile lint --threshold warning profile.json\n"
	"\n" POLICY_SOURCE_TEXT "\n"
	"      --threshold SEVERITY  note, warning or error: exit 1 if there is a finding as "
	"grave\n"
	"                          as this; if not said, error. All are printed in any case\n"
	"      --disable ID        do not look for this; may be given many times\n"
	"      --list              what is looked for\n"
	"  -j, --json              findings as JSON\n"
	"      --sarif             findings as SARIF 2.1.0\n"
	"      --fix               write the one FILE with what can be mended for certain: rules\n"
	"                          that decide nothing go, clone3 and openat2 fail with ENOSYS;\n"
	"                          with --kernel-widths also the widths. What is left is printed\n"
	"  -o, --output FILE       where --fix writes; if not said, in place\n" POLICY_SOURCE_HELP
	"  -h, --help              this text\n"
	"\n"
	"Exit status: 0; 1 if there is a finding at the threshold, or --fix could not write; 2 "
	"for\n"
	"wrong usage, or if --fix would lose what else a file holds; 4 if a policy cannot be read, "
	"or memory is out.\n";

#define VERB "lint"
#define DISABLED_MAX 64

enum { OPTION_THRESHOLD = 256, OPTION_DISABLE, OPTION_LIST, OPTION_SARIF, OPTION_FIX };

static const struct option options[] = { POLICY_SOURCE_OPTIONS,
					 { "threshold", required_argument, NULL, OPTION_THRESHOLD },
					 { "disable", required_argument, NULL, OPTION_DISABLE },
					 { "list", no_argument, NULL, OPTION_LIST },
					 { "json", no_argument, NULL, 'j' },
					 { "sarif", no_argument, NULL, OPTION_SARIF },
					 { "fix", no_argument, NULL, OPTION_FIX },
					 { "output", required_argument, NULL, 'o' },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct wanted {
	bool is_list, is_json, is_sarif, is_fix;
	enum lint_severity threshold;
	const char *disabled[DISABLED_MAX + 1];
	size_t disabled_count;
	const char *output; /* NULL: in place */
	struct policy_source_options source;
	struct lint_result *results;
	size_t count;
};

static enum option_result take_threshold(struct wanted *wanted, const char *value)
{
	for (int i = LINT_NOTE; i <= LINT_ERROR; i++) {
		wanted->threshold = (enum lint_severity)i;
		if (strcmp(value, lint_severity_name(wanted->threshold)) == 0)
			return OPTION_TAKEN;
	}
	say(VERB, NULL, "--threshold: '%.64s': give note, warning or error", value);
	return OPTION_WRONG;
}

static enum option_result take_disabled(struct wanted *wanted, const char *value)
{
	if (!lint_find_check(value)) {
		say(VERB, NULL, "--disable: nothing is called '%.64s': see 'stile lint --list'",
		    value);
		return OPTION_WRONG;
	}
	for (size_t i = 0; i < wanted->disabled_count; i++)
		if (strcmp(wanted->disabled[i], value) == 0)
			return OPTION_TAKEN;
	wanted->disabled[wanted->disabled_count++] = value; /* there are fewer checks than room */
	return OPTION_TAKEN;
}

static enum option_result take(void *to, int option, const char *value)
{
	struct wanted *wanted = to;

	switch (option) {
	case OPTION_THRESHOLD:
		return take_threshold(wanted, value);
	case OPTION_DISABLE:
		return take_disabled(wanted, value);
	case OPTION_LIST:
		wanted->is_list = true;
		return OPTION_TAKEN;
	case 'j':
		wanted->is_json = true;
		return OPTION_TAKEN;
	case OPTION_SARIF:
		wanted->is_sarif = true;
		return OPTION_TAKEN;
	case OPTION_FIX:
		wanted->is_fix = true;
		return OPTION_TAKEN;
	case 'o':
		wanted->output = value;
		return OPTION_TAKEN;
	default:
		return OPTION_OTHER;
	}
}

static const char *fault_of_fix(const struct wanted *wanted, int count, char *const *words)
{
	const bool is_given = policy_source_is_given(&wanted->source);

	if (!wanted->is_fix)
		return wanted->output ? "--output is for --fix" : NULL;
	if (count != 1 || is_given)
		return "--fix is for one file";
	if (strncmp(*words, "grants:", 7) == 0 || strncmp(*words, "pledge:", 7) == 0 ||
	    strncmp(*words, "pid:", 4) == 0)
		return "--fix is for files: grants and processes have nothing to be written to";
	if (!wanted->output && strcmp(*words, "-") == 0)
		return "--fix: give --output FILE for what is read from standard input";
	return NULL;
}

static int check_options(const struct wanted *wanted, int count, char *const *words)
{
	const char *fault = fault_of_fix(wanted, count, words);

	if (count == 0 && !policy_source_is_given(&wanted->source))
		fault = "no policy is given: see 'stile lint --help'";
	else if (wanted->is_json && wanted->is_sarif)
		fault = "--json and --sarif are two forms of the same: give one of them";
	if (!fault)
		return 0;
	say(VERB, NULL, "%s", fault);
	return STATUS_USAGE;
}

static bool is_file(const char *word)
{
	return word && strncmp(word, "grants:", 7) != 0 && strncmp(word, "pledge:", 7) != 0 &&
	       strncmp(word, "pid:", 4) != 0;
}

static int lint(struct wanted *wanted, const struct stile_policy *policy, const char *word)
{
	struct lint_result *result = &wanted->results[wanted->count++];
	const struct lint_options how = { .disabled = wanted->disabled,
					  .kernel = wanted->source.file.read.kernel };
	const int error = lint_policy(policy, &how, &result->findings);

	result->name = policy_source_name(&wanted->source, word);
	result->is_file = is_file(word);
	if (result->findings.is_cut)
		say(VERB, result->name, "more than %d findings: the rest is not shown",
		    LINT_FINDINGS_MAX);
	if (!error)
		return result->findings.is_cut ? STATUS_FAILED : STATUS_OK;
	if (error == -ENOMEM)
		say(VERB, NULL, "out of memory");
	else
		say(VERB, result->name, "%s", stile_policy_message(policy));
	return STATUS_NO_VERDICT;
}

static int lint_word(struct wanted *wanted, const char *word)
{
	struct stile_policy *policy = policy_source_read(&wanted->source, word);
	const int status = policy ? lint(wanted, policy, word) : STATUS_NO_VERDICT;

	stile_policy_free(policy);
	return status;
}

/* Reads the file as it is, mends it, and looks at what is left. */
static int fix(struct wanted *wanted, const char *path)
{
	struct policy_file_options *how = &wanted->source.file;
	const bool use_widths = how->use_kernel_widths;
	struct policy_output output;
	struct policy_file file;
	int status = STATUS_NO_VERDICT, lint_status;

	how->use_kernel_widths = false;
	if (!policy_file_open(&file, how, path))
		return STATUS_NO_VERDICT;
	print_diagnostics(&file.diagnostics);
	if (file.policy) {
		policy_output_start(&output, VERB);
		output.format = file.format;
		output.path = wanted->output ? wanted->output : path;
		status = policy_output_check(&output);
		if (!status)
			status = fix_policy(&output, &file, path, use_widths, &how->read);
		lint_status = lint(wanted, file.policy, path);
		status = lint_status ? lint_status : status;
	}
	policy_file_close(&file);
	return status;
}

static int lint_all(struct wanted *wanted, int count, char **words)
{
	int worst = STATUS_OK;

	if (wanted->is_fix)
		return fix(wanted, *words);
	if (policy_source_is_given(&wanted->source))
		worst = lint_word(wanted, NULL);
	for (int i = 0; i < count; i++) {
		const int status = lint_word(wanted, words[i]);

		worst = status > worst ? status : worst;
	}
	return worst;
}

/* Prints what was found; 1 if some is as grave as the threshold. */
static int tell(const struct wanted *wanted)
{
	bool is_printed = true;

	if (wanted->is_json)
		is_printed = print_findings_json(wanted->results, wanted->count);
	else if (wanted->is_sarif)
		is_printed = print_findings_sarif(wanted->results, wanted->count);
	else
		print_findings(wanted->results, wanted->count);
	if (!is_printed) {
		say(VERB, NULL, "out of memory");
		return STATUS_NO_VERDICT;
	}
	for (size_t i = 0; i < wanted->count; i++)
		for (size_t k = 0; k < wanted->results[i].findings.count; k++)
			if (wanted->results[i].findings.items[k].severity >= wanted->threshold)
				return STATUS_FAILED;
	return STATUS_OK;
}

static int lint_and_tell(struct wanted *wanted, int count, char **words)
{
	int status, told;

	wanted->results = calloc((size_t)count + 1, sizeof(*wanted->results));
	if (!wanted->results) {
		say(VERB, NULL, "out of memory");
		return STATUS_NO_VERDICT;
	}
	status = lint_all(wanted, count, words);
	told = tell(wanted);
	for (size_t i = 0; i < wanted->count; i++)
		lint_findings_free(&wanted->results[i].findings);
	free(wanted->results);
	return told > status ? told : status;
}

static int run(void *to, int count, char **words)
{
	struct wanted *wanted = to;
	int status;

	if (wanted->is_list) {
		print_checks();
		return STATUS_OK;
	}
	status = check_options(wanted, count, words);
	return status ? status : lint_and_tell(wanted, count, words);
}

int command_lint(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		.letters = ":jo:" POLICY_SOURCE_LETTERS "h",
		.options = options,
		.is_verdict = true,
		.take = take,
		.run = run,
	};
	struct wanted wanted = { .threshold = LINT_ERROR };

	return policy_verb_run(&verb, &wanted, &wanted.source, argc, argv);
}
