/* SPDX-License-Identifier: MIT */
#include "policy_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "difference_text.h"
#include "output_file.h"
#include "policy_words.h"
#include "say.h"

#define VALUE_SHOWN 64
#define WRITTEN "what would be written"

void policy_output_start(struct policy_output *output, const char *verb)
{
	*output = (struct policy_output){ .verb = verb, .format = format_find("oci") };
	if (!output->format)
		output->format = &format_bpf;
}

static enum option_result take_format(struct policy_output *output, const char *value)
{
	const struct format *format = format_find(value);
	char names[FORMAT_NAMES_MAX];

	output->format = format;
	if (format && format->write)
		return OPTION_TAKEN;
	format_names(true, names);
	say(output->verb, NULL, "--to: %s '%.*s': give one of %s",
	    format ? "nothing can be written in the format" : "there is no format", VALUE_SHOWN,
	    value, names);
	return OPTION_WRONG;
}

enum option_result policy_output_take(struct policy_output *output, int option, const char *value)
{
	switch (option) {
	case 't':
		return take_format(output, value);
	case 'o':
		output->path = value;
		return OPTION_TAKEN;
	case 'n':
		output->name = value;
		return OPTION_TAKEN;
	default:
		return OPTION_OTHER;
	}
}

int policy_output_check(const struct policy_output *output)
{
	const bool is_standard = !output->path || strcmp(output->path, "-") == 0;

	if (output->path && !*output->path)
		say(output->verb, NULL, "the name of the output is empty");
	else if (output->format == &format_bpf && is_standard && isatty(STDOUT_FILENO))
		say(output->verb, NULL,
		    "raw instructions are not for a terminal: give --output FILE");
	else
		return 0;
	return STATUS_USAGE;
}

/* Only how a call dies that is refused anyway, by an ABI that the policy is not for. */
static bool is_other_death(const struct stile_difference *d)
{
	return d->from.reason == STILE_REASON_FOREIGN && d->to.reason == STILE_REASON_FOREIGN &&
	       is_refusal(d->from.action) && is_refusal(d->to.action);
}

/* Is said once for each pair of answers, and is no error. */
static void say_other_death(const struct policy_output *output, const char *subject,
			    const struct comparison *comparison, size_t index)
{
	const struct stile_difference *d = &comparison->differences[index];
	char from[ACTION_WORDS_MAX], to[ACTION_WORDS_MAX];

	for (size_t i = 0; i < index; i++)
		if (is_other_death(&comparison->differences[i]) &&
		    is_same_action(comparison->differences[i].from.action, d->from.action) &&
		    is_same_action(comparison->differences[i].to.action, d->to.action))
			return;
	stile_format_action(d->from.action, from, sizeof(from));
	stile_format_action(d->to.action, to, sizeof(to));
	say(output->verb, subject, "warning: calls by other ABIs: %s became %s, as %s has it", from,
	    to, output->format->name);
}

/* What --lossy takes: less is let through, or what is refused is refused in another way. */
static bool is_loss(const struct stile_difference *d)
{
	return d->change == STILE_CHANGE_NARROWER ||
	       (is_refusal(d->from.action) && is_refusal(d->to.action));
}

static int judge(const struct policy_output *output, const char *subject,
		 const struct comparison *comparison)
{
	size_t refused = 0, lost = 0;

	for (size_t i = 0; i < comparison->count; i++) {
		const struct stile_difference *d = &comparison->differences[i];

		if (is_other_death(d)) {
			say_other_death(output, subject, comparison, i);
			continue;
		}
		say_difference(output->verb, subject, comparison, d);
		lost += is_loss(d);
		refused += !is_loss(d);
	}
	if (refused)
		say(output->verb, subject,
		    "nothing is written: as %s %zu of these would let through what the policy does "
		    "not, or not in the same way",
		    output->format->name, refused);
	else if (lost && !output->is_lossy)
		say(output->verb, subject,
		    "nothing is written: %s cannot say it all (--lossy takes what is refused "
		    "besides, or in another way: all of these)",
		    output->format->name);
	else
		return STATUS_OK;
	return STATUS_FAILED;
}

/* What was written means the policy. */
static int compare(const struct policy_output *output, const struct stile_policy *policy,
		   const struct stile_policy *written, const char *subject)
{
	struct comparison comparison = {
		.from = policy, .to = written, .from_name = subject, .to_name = WRITTEN
	};
	int status;

	if (compare_policies(output->verb, &comparison) < 0)
		return STATUS_FAILED;
	status = judge(output, subject, &comparison);
	free(comparison.differences);
	return status;
}

static bool is_proved(struct stile_policy *policy, const struct source *source)
{
	const size_t count = source->length / sizeof(struct sock_filter);
	struct sock_filter *instructions = calloc(count + 1, sizeof(*instructions));
	struct stile_proof proof;
	bool is_equal = false;

	if (instructions) {
		memcpy(instructions, source->bytes, count * sizeof(*instructions));
		is_equal = stile_policy_prove(policy, instructions, count, &proof) == 0 &&
			   proof.verdict == STILE_VERDICT_EQUAL;
	}
	free(instructions);
	return is_equal;
}

/* Reads the text again, as whoever uses it does. */
static int verify(const struct policy_output *output, struct stile_policy *policy,
		  const struct source *source, const char *subject, const struct read_options *read)
{
	struct diagnostics diagnostics = { 0 };
	struct read_options options = *read;
	enum stile_abi abis[STILE_ABI_COUNT];
	struct stile_policy *written;
	int status = STATUS_FAILED;

	/* A filter is held against the policy as it is: not all can be read as rules. */
	if (output->format == &format_bpf && is_proved(policy, source))
		return STATUS_OK;
	options.section = NULL;
	if (stile_policy_abis(policy, abis) > 0)
		options.abi = abis[0];
	written = output->format->read(source, &options, &diagnostics);
	if (written && !has_errors(&diagnostics)) {
		status = compare(output, policy, written, subject);
	} else {
		print_diagnostics(&diagnostics);
		say(output->verb, subject,
		    "nothing is written: it could not be read again as %s, which is our fault",
		    output->format->name);
	}
	stile_policy_free(written);
	diagnostics_free(&diagnostics);
	return status;
}

/* One try to write the policy; the text is allocated if it was written. */
static bool try_to_write(const struct policy_output *output, const struct stile_policy *policy,
			 struct source *source, struct diagnostics *diagnostics)
{
	const struct write_options options = { .is_lossy = output->is_lossy, .name = output->name };
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	bool is_written = stream != NULL;

	if (stream) {
		is_written = output->format->write(stream, policy, &options, diagnostics) == 0 &&
			     !has_errors(diagnostics);
		if (fclose(stream) != 0)
			is_written = false;
	}
	*source = (struct source){ WRITTEN, text, length, -1 };
	if (!is_written)
		free(text);
	return is_written;
}

/*
 * How calls by other ABIs are refused is fixed in some formats: if the policy cannot be written as
 * it is, perhaps it can with them killed. Of several tries the one with the fewest errors is told.
 */
static bool try_all(const struct policy_output *output, struct stile_policy *policy,
		    struct source *source, struct diagnostics *told)
{
	static const enum stile_action_kind kinds[] = { STILE_ACTION_KILL_THREAD,
							STILE_ACTION_KILL_PROCESS };
	const struct stile_action foreign = stile_policy_foreign_abi(policy);
	bool is_written = try_to_write(output, policy, source, told);

	for (size_t i = 0; !is_written && is_refusal(foreign) && i < 2; i++) {
		struct diagnostics diagnostics = { 0 };

		if (kinds[i] == foreign.kind ||
		    stile_policy_set_foreign_abi(policy, (struct stile_action){ kinds[i], 0 }) < 0)
			continue;
		is_written = try_to_write(output, policy, source, &diagnostics);
		if (is_written || diagnostics.error_count <= told->error_count) {
			const struct diagnostics worse = *told;

			*told = diagnostics;
			diagnostics = worse;
		}
		diagnostics_free(&diagnostics);
		(void)stile_policy_set_foreign_abi(policy, foreign); /* an error sticks */
	}
	return is_written;
}

/* The policy as text, whose bytes the caller frees; false: it was said. */
static bool format_text(const struct policy_output *output, struct stile_policy *policy,
			const char *subject, struct source *source)
{
	struct diagnostics diagnostics = { 0 };
	const bool is_written = try_all(output, policy, source, &diagnostics);

	print_diagnostics(&diagnostics);
	diagnostics_free(&diagnostics);
	if (!is_written) {
		say(output->verb, subject, "nothing is written: %s cannot say it",
		    output->format->name);
		return false;
	}
	if (source->length <= SOURCE_BYTES_MAX)
		return true;
	say(output->verb, subject, "nothing is written: it would be more than %u bytes",
	    SOURCE_BYTES_MAX);
	free((char *)source->bytes);
	return false;
}

static int put(const struct policy_output *output, const struct source *source)
{
	struct output_file file;

	if (output_open(&file, output->verb, output->path) < 0)
		return STATUS_FAILED;
	(void)fwrite(source->bytes, 1, source->length, file.stream);
	return output_finish(&file, output->verb) < 0 ? STATUS_FAILED : STATUS_OK;
}

int policy_output_write(const struct policy_output *output, struct stile_policy *policy,
			const char *subject, const struct read_options *read)
{
	struct source source;
	int status;

	if (!format_text(output, policy, subject, &source))
		return STATUS_FAILED;
	status = verify(output, policy, &source, subject, read);
	if (status == STATUS_OK)
		status = put(output, &source);
	free((char *)source.bytes);
	return status;
}
