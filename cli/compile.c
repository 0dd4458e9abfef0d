/* SPDX-License-Identifier: MIT */
/* stile compile: a filter ahead of time. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stile.h>

#include "commands.h"
#include "compiled_text.h"
#include "identifier.h"
#include "output_file.h"
#include "policy_verb.h"
#include "profile.h"
#include "say.h"

static const char help[] =
	"usage: stile compile [OPTION...]\n"
	"\n"
	"Compiles grants, or a policy, to a seccomp filter, proves it, and writes it. For\n"
	"example:\n"
	"\n"
	"    stile compile --pledge 'stdio rpath' --format pfc\n"
	"    stile compile --pledge 'stdio rpath' --format c --name reader\n"
	"\n" POLICY_INSTEAD_HELP
	"  -B, --backend NAME      what makes the filter: own (if not said) or libseccomp\n"
	"  -P, --profile FILE      how often calls are made, a count and a call on each line, or\n"
	"                          what strace -c prints: frequent ones are found sooner\n"
	"  -f, --format FORMAT     bpf: raw instructions, as bwrap --seccomp takes them (if not\n"
	"                          said); c: a header for stile_load_compiled(); pfc: pseudo\n"
	"                          code, to be read; json\n"
	"  -n, --name IDENTIFIER   what the filter is called in C (stile_filter)\n"
	"  -o, --output FILE       where to write; if not said, to standard output\n"
	"  -h, --help              this text\n"
	"\n"
	"Whoever loads the filter before a program is executed, as bwrap does, grants that as\n"
	"well: --pledge exec. ('stile run' needs no such grant.)\n"
	"\n"
	"Exit status: 0; 1 if there is no such filter, a file cannot be read, or it cannot be\n"
	"written; 2 for wrong usage.\n";

#define VERB "compile"
#define VALUE_SHOWN 64

enum compiled_form { FORM_BPF, FORM_C, FORM_PFC, FORM_JSON, FORM_COUNT };

static const char *const form_names[FORM_COUNT] = { "bpf", "c", "pfc", "json" };

static const struct option options[] = { POLICY_INSTEAD_OPTIONS,
					 { "backend", required_argument, NULL, 'B' },
					 { "profile", required_argument, NULL, 'P' },
					 { "format", required_argument, NULL, 'f' },
					 { "name", required_argument, NULL, 'n' },
					 { "output", required_argument, NULL, 'o' },
					 { "help", no_argument, NULL, 'h' },
					 { NULL, 0, NULL, 0 } };

struct compile_options {
	enum compiled_form format;
	enum stile_backend backend;
	const char *name, *output, *profile;
	struct policy_source_options source;
};

static int fail(struct stile *s)
{
	say_message(VERB, stile_message(s));
	return STATUS_FAILED;
}

static enum option_result set_backend(const char *name, enum stile_backend *backend)
{
	*backend = strcmp(name, "own") == 0 ? STILE_BACKEND_OWN : STILE_BACKEND_LIBSECCOMP;
	if (*backend == STILE_BACKEND_OWN || strcmp(name, "libseccomp") == 0)
		return OPTION_TAKEN;
	say(VERB, NULL, "--backend '%.*s': give own or libseccomp", VALUE_SHOWN, name);
	return OPTION_WRONG;
}

static enum option_result set_format(const char *name, enum compiled_form *format)
{
	for (*format = 0; *format < FORM_COUNT; ++*format)
		if (strcmp(form_names[*format], name) == 0)
			return OPTION_TAKEN;
	say(VERB, NULL, "--format '%.*s': give bpf, c, pfc or json", VALUE_SHOWN, name);
	return OPTION_WRONG;
}

static enum option_result set_name(const char *name, const char **wanted)
{
	*wanted = name;
	if (is_identifier(name))
		return OPTION_TAKEN;
	say(VERB, NULL,
	    "--name '%.*s': give a name for C: up to 63 letters, digits and underscores, a letter "
	    "first; no keyword and nothing that headers may have (stile_..., ..._t, CAPITALS)",
	    VALUE_SHOWN, name);
	return OPTION_WRONG;
}

static enum option_result take(void *to, int option, const char *value)
{
	struct compile_options *wanted = to;

	switch (option) {
	case 'B':
		return set_backend(value, &wanted->backend);
	case 'P':
		wanted->profile = value;
		return OPTION_TAKEN;
	case 'f':
		return set_format(value, &wanted->format);
	case 'n':
		return set_name(value, &wanted->name);
	case 'o':
		wanted->output = value;
		return OPTION_TAKEN;
	default:
		return OPTION_OTHER;
	}
}

/* Options that are right one by one and wrong together. */
static int check_options(const struct compile_options *wanted, int count, char **words)
{
	const bool is_output = !wanted->output || strcmp(wanted->output, "-") == 0;

	if (count > 0)
		say(VERB, *words, "is no option: see 'stile compile --help'");
	else if (!wanted->source.context.is_granting && !wanted->source.policy)
		say(VERB, NULL,
		    "nothing is granted: give --grant or --pledge, e.g. --pledge 'stdio rpath' "
		    "('stile rulesets' lists what there is to grant), or --policy");
	else if (wanted->output && !*wanted->output)
		say(VERB, NULL, "the name of the output is empty");
	else if (wanted->name && wanted->format != FORM_C)
		say(VERB, NULL, "--name is for --format c alone");
	else if (wanted->format == FORM_BPF && is_output && isatty(STDOUT_FILENO))
		say(VERB, NULL,
		    "raw instructions are not for a terminal: give --output FILE, or --format pfc "
		    "to read them");
	else
		return 0;
	return STATUS_USAGE;
}

static int write_pseudo_code(FILE *stream, const struct compiled_filter *compiled)
{
	char *text = stile_pseudo_code(compiled->instructions, compiled->count,
				       compiled->context->abis[0]);

	if (!text) {
		say(VERB, NULL, "out of memory");
		return STATUS_FAILED;
	}
	(void)fputs(text, stream);
	free(text);
	return 0;
}

static int write_filter(const struct compile_options *wanted,
			const struct compiled_filter *compiled)
{
	struct output_file output;
	int status = 0;

	if (output_open(&output, VERB, wanted->output) < 0)
		return STATUS_FAILED;
	switch (wanted->format) {
	case FORM_C:
		write_c(output.stream, compiled, wanted->name ? wanted->name : "stile_filter");
		break;
	case FORM_PFC:
		status = write_pseudo_code(output.stream, compiled);
		break;
	case FORM_JSON:
		write_json(output.stream, compiled);
		break;
	default:
		(void)fwrite(compiled->instructions, sizeof(*compiled->instructions),
			     compiled->count, output.stream);
	}
	if (status) {
		output_abandon(&output);
		return status;
	}
	return output_finish(&output, VERB) < 0 ? STATUS_FAILED : STATUS_OK;
}

static int compile(struct stile *s, const struct compile_options *wanted)
{
	struct compiled_filter compiled = { .context = &wanted->source.context,
					    .is_policy = wanted->source.policy != NULL,
					    .has_profile = wanted->profile != NULL,
					    .backend = wanted->backend };
	struct sock_filter *instructions;
	int status;

	if (stile_set_backend(s, wanted->backend) < 0 ||
	    stile_compile(s, &instructions, &compiled.count) < 0)
		return fail(s);
	compiled.instructions = instructions;
	if (stile_policy_hash(s, &compiled.policy_hash) < 0 ||
	    stile_prove(s, instructions, compiled.count, &compiled.proof) < 0) {
		status = fail(s);
	} else if (compiled.proof.verdict != STILE_VERDICT_EQUAL) {
		say(VERB, NULL, "the filter cannot be proved, so it is not written");
		status = STATUS_FAILED;
	} else {
		status = write_filter(wanted, &compiled);
	}
	free(instructions);
	return status;
}

static int run(void *to, int count, char **words)
{
	struct compile_options *wanted = to;
	struct stile *s = wanted->source.context.s;
	int status = check_options(wanted, count, words);

	if (status == 0)
		status = policy_source_fill(&wanted->source);
	if (status == 0 && wanted->profile)
		status = read_profile(VERB, wanted->profile, s);
	return status ? status : compile(s, wanted);
}

int command_compile(int argc, char **argv)
{
	static const struct policy_verb verb = {
		.name = VERB,
		.help = help,
		.letters = ":" FILTER_CONTEXT_LETTERS "B:P:f:n:o:h",
		.options = options,
		.take = take,
		.run = run,
	};
	struct compile_options wanted = { .backend = STILE_BACKEND_OWN };

	return policy_verb_run(&verb, &wanted, &wanted.source, argc, argv);
}
