/* SPDX-License-Identifier: MIT */
/* Policies as files of minijail's: as its parser in C takes them, if they can be said so. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "minijail_output.h"

bool output_cannot(struct output *output, const char *instead, const char *format, ...)
{
	char text[500];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		text[0] = '\0';
	va_end(arguments);
	if (instead && output->options->is_lossy) {
		diagnose_warning(output->diagnostics, output->name, 0, 0, "%s; %s", text, instead);
		return true;
	}
	output->has_failed = true;
	diagnose_error(output->diagnostics, output->name, 0, 0, "%s", text);
	return false;
}

static bool choose_abi(struct output *output)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(output->policy, abis);
	char names[100] = "";

	for (size_t i = 0; i < count; i++) {
		(void)strcat(names, i > 0 ? ", " : "");
		(void)strcat(names, stile_abi_name(abis[i]));
	}
	if (count != 1)
		return output_cannot(output, NULL,
				     "a file of minijail's is for one ABI, the policy for %s",
				     count > 0 ? names : "none");
	if (abis[0] == STILE_ABI_X32)
		return output_cannot(output, NULL, "minijail makes no filters for x32");
	output->abi = abis[0];
	output->bits = abis[0] == STILE_ABI_I386 ? 32 : 64;
	return true;
}

/* What unlisted calls get, as far as there is a word for it. */
static void choose_unlisted(struct output *output)
{
	const struct stile_action wanted = stile_policy_unknown(output->policy, output->abi);
	char text[64];

	output->unlisted = wanted;
	output->is_denylist = wanted.kind == STILE_ACTION_ALLOW;
	if (output->is_denylist ||
	    (wanted.errno_value == 0 &&
	     (wanted.kind == STILE_ACTION_KILL_THREAD || wanted.kind == STILE_ACTION_KILL_PROCESS ||
	      wanted.kind == STILE_ACTION_TRAP || wanted.kind == STILE_ACTION_NOTIFY)))
		return;
	stile_format_action(wanted, text, sizeof(text));
	output->unlisted = (struct stile_action){ STILE_ACTION_KILL_THREAD, 0 };
	(void)output_cannot(output, "written as 'kill the thread'",
			    "what calls get that nobody knows, '%s', cannot be said", text);
}

/* minijail's filters do what they do to calls by other ABIs, whatever the file says. */
static void check_foreign(struct output *output)
{
	const struct stile_action wanted = stile_policy_foreign_abi(output->policy);
	const struct stile_action given =
		output->is_denylist ? (struct stile_action){ STILE_ACTION_ERRNO, EPERM } :
				      (struct stile_action){ STILE_ACTION_KILL_THREAD, 0 };
	const bool is_option = wanted.kind == STILE_ACTION_KILL_PROCESS && !output->is_denylist;
	char text[64], instead[100];

	stile_format_action(given, text, sizeof(text));
	(void)snprintf(instead, sizeof(instead), "minijail answers '%s'", text);
	stile_format_action(wanted, text, sizeof(text));
	if (!answers_are_equal(wanted, given))
		(void)output_cannot(output, instead,
				    "what calls by other ABIs get, '%s', cannot be said%s", text,
				    is_option ? " but by the option --use-kill-process of "
						"compile_seccomp_policy.py" :
						"");
}

/* They are calls with numbers that are not listed. */
static void check_x32(struct output *output)
{
	const struct stile_action wanted = stile_policy_foreign_abi(output->policy);
	char text[64], instead[100];

	if (output->abi != STILE_ABI_X86_64 || stile_policy_ignores_x32(output->policy) ||
	    answers_are_equal(wanted, output->unlisted))
		return;
	stile_format_action(output->unlisted, text, sizeof(text));
	(void)snprintf(instead, sizeof(instead), "they get '%s'", text);
	stile_format_action(wanted, text, sizeof(text));
	(void)output_cannot(output, answer_refuses(output->unlisted) ? instead : NULL,
			    "minijail does not look for calls by x32, which get '%s'", text);
}

static int compare_lines(const void *left, const void *right)
{
	const struct output_line *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static bool is_python(const struct output *output)
{
	if (output->is_denylist || output->unlisted.kind != STILE_ACTION_KILL_THREAD)
		return true;
	for (size_t i = 0; i < output->line_count; i++)
		if (output->lines[i].is_python)
			return true;
	return false;
}

/* "CALL: TEXT", or "{ CALL, CALL }: TEXT" for all later calls with the same text. */
static void print_line(const struct output *output, FILE *stream, size_t index)
{
	struct output_line *line = &output->lines[index];
	const char *separator = "{ ";

	for (size_t i = index + 1; i < output->line_count; i++) {
		struct output_line *other = &output->lines[i];

		if (!other->text || strcmp(line->text, "1") == 0 ||
		    strcmp(line->text, other->text) != 0)
			continue;
		if (*separator == '{')
			(void)fprintf(stream, "{ %s", line->name);
		separator = ", ";
		(void)fprintf(stream, ", %s", other->name);
		free(other->text);
		other->text = NULL;
	}
	if (*separator == '{')
		(void)fprintf(stream, "%s: %s\n", line->name, line->text);
	else
		(void)fprintf(stream, " }: %s\n", line->text);
}

static void print_file(const struct output *output, FILE *stream)
{
	const bool python = is_python(output);
	bool is_reversed = false;

	for (size_t i = 0; i < output->line_count; i++)
		is_reversed = is_reversed || output->lines[i].is_reversed;
	if (python)
		(void)fputs("# For minijail's compile_seccomp_policy.py.\n", stream);
	else if (output->line_count == 0) /* a file without bytes looks like a mistake */
		(void)fputs("# No call is listed.\n", stream);
	else if (is_reversed)
		(void)fputs("# For minijail itself; compile_seccomp_policy.py takes it "
			    "otherwise.\n",
			    stream);
	if (output->is_denylist)
		(void)fputs("@denylist\n", stream);
	else if (output->unlisted.kind == STILE_ACTION_KILL_PROCESS)
		(void)fputs("@default kill-process\n", stream);
	else if (output->unlisted.kind == STILE_ACTION_TRAP)
		(void)fputs("@default trap\n", stream);
	else if (output->unlisted.kind == STILE_ACTION_NOTIFY)
		(void)fputs("@default user-notify\n", stream);
	for (size_t i = 0; i < output->line_count; i++) {
		if (!output->lines[i].text)
			continue;
		if (python)
			print_line(output, stream, i);
		else
			(void)fprintf(stream, "%s: %s\n", output->lines[i].name,
				      output->lines[i].text);
	}
}

/* Whether the lines for the parser in C are to be said in the other one's way. */
static bool must_repeat(const struct output *output)
{
	bool is_reversed = false;

	for (size_t i = 0; i < output->line_count; i++)
		is_reversed = is_reversed || output->lines[i].is_reversed;
	return is_reversed && is_python(output);
}

static void drop_lines(struct output *output)
{
	for (size_t i = 0; i < output->line_count; i++)
		free(output->lines[i].text);
	free(output->lines);
	output->lines = NULL;
	output->line_count = output->line_capacity = output->atom_count = 0;
}

static void make_lines(struct output *output)
{
	struct stile_policy_call call;

	for (size_t i = 0; stile_policy_get_call(output->policy, output->abi, i, &call); i++)
		output_call(output, &call);
	if (output->line_count > 0)
		qsort(output->lines, output->line_count, sizeof(*output->lines), compare_lines);
	if (output->atom_count > OUTPUT_ATOMS_MAX)
		(void)output_cannot(output, NULL, "%zu comparisons are more than a filter can have",
				    output->atom_count);
}

int minijail_write(FILE *stream, const struct stile_policy *policy,
		   const struct write_options *options, struct diagnostics *diagnostics)
{
	struct output output = { .policy = policy,
				 .options = options,
				 .diagnostics = diagnostics,
				 .name = options->name ? options->name : "minijail" };

	if (stile_policy_error(policy) != 0)
		return diagnose_error(diagnostics, output.name, 0, 0, "%s",
				      stile_policy_message(policy));
	if (!choose_abi(&output))
		return -1;
	choose_unlisted(&output);
	check_foreign(&output);
	check_x32(&output);
	make_lines(&output);
	if (!output.has_failed && must_repeat(&output)) {
		const struct write_options quiet = *options;
		struct diagnostics said = { 0 };

		drop_lines(&output);
		output.options = &quiet;
		output.diagnostics = &said;
		output.is_for_python = true;
		make_lines(&output);
		diagnostics_free(&said);
	}
	if (!output.has_failed)
		print_file(&output, stream);
	drop_lines(&output);
	return output.has_failed ? -1 : 0;
}
