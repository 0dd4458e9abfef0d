/* SPDX-License-Identifier: MIT */
/* What was written is read again, and held against the policy. */
#include <stdio.h>
#include <stdlib.h>

#include "oci_export.h"

/* What calls by other ABIs get was said before. */
static bool is_foreign(const struct stile_difference *difference)
{
	return difference->from.reason == STILE_REASON_FOREIGN ||
	       difference->to.reason == STILE_REASON_FOREIGN;
}

static int say_difference(const struct oci_writer *writer,
			  const struct stile_difference *difference)
{
	char from[64], to[64], *call = stile_call_text(&difference->witness), *text = NULL;
	int result = -1;

	stile_format_action(difference->from.action, from, sizeof(from));
	stile_format_action(difference->to.action, to, sizeof(to));
	if (asprintf(&text,
		     "%s would get \"%s\" where the policy has \"%s\": the format has the same "
		     "entries for all architectures",
		     call ? call : "a call", to, from) < 0)
		diagnose_error(writer->diagnostics, writer->format, 0, 0, "out of memory");
	else if (difference->change == STILE_CHANGE_WIDER)
		diagnose_error(writer->diagnostics, writer->format, 0, 0, "%s", text);
	else
		result = oci_cannot_say(writer, "%s", text);
	free(text);
	free(call);
	return result;
}

static int compare(const struct oci_writer *writer, const struct stile_policy *policy,
		   const struct stile_policy *written)
{
	struct stile_difference *differences = NULL;
	size_t count = 0;
	int result = 0;

	if (stile_policy_compare(policy, written, &differences, &count))
		return diagnose_error(writer->diagnostics, writer->format, 0, 0,
				      "it cannot be said whether what was written means the same "
				      "as the policy");
	for (size_t i = 0; i < count; i++)
		if (!(is_foreign(&differences[i]) && differences[i].change != STILE_CHANGE_WIDER) &&
		    say_difference(writer, &differences[i]))
			result = -1;
	free(differences);
	return result;
}

int oci_check_written(const struct oci_writer *writer, const struct format *format,
		      const struct stile_policy *policy, const char *text, size_t length)
{
	const struct source source = { writer->format, text, length, -1 };
	struct read_options options = { .abi = STILE_ABI_NATIVE };
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, abis);
	struct diagnostics said = { 0 };
	struct stile_policy *written;
	bool has_native = false;
	int result = -1;

	for (size_t i = 0; i < count; i++)
		has_native = has_native || abis[i] == STILE_ABI_NATIVE;
	if (!has_native && count)
		options.abi = abis[0];
	if (length > SOURCE_BYTES_MAX)
		return diagnose_error(writer->diagnostics, writer->format, 0, 0,
				      "the file would have more than %u bytes", SOURCE_BYTES_MAX);
	written = format->read(&source, &options, &said);
	if (written)
		result = compare(writer, policy, written);
	for (size_t i = 0; !written && i < said.count; i++)
		if (said.items[i].severity == SEVERITY_ERROR)
			diagnose_error(writer->diagnostics, writer->format, said.items[i].line,
				       said.items[i].column, "%s", said.items[i].text);
	if (!written && !has_errors(writer->diagnostics))
		diagnose_error(writer->diagnostics, writer->format, 0, 0, "out of memory");
	stile_policy_free(written);
	diagnostics_free(&said);
	return result;
}
