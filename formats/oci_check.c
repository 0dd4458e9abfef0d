/* SPDX-License-Identifier: MIT */
/* What was written is read again, and held against the policy. */
#include <stdio.h>
#include <stdlib.h>

#include "answers.h"
#include "oci_export.h"

#define X32_BIT 0x40000000u

/* What calls by other ABIs get was said before. */
static bool is_foreign(const struct stile_difference *difference)
{
	return difference->from.reason == STILE_REASON_FOREIGN ||
	       difference->to.reason == STILE_REASON_FOREIGN;
}

/* The ABI of a call, STILE_ABI_COUNT: none that is known. */
static enum stile_abi abi_of(const struct seccomp_data *call)
{
	const bool is_x32 = call->arch == stile_audit_arch(STILE_ABI_X32) && call->nr != -1 &&
			    ((uint32_t)call->nr & X32_BIT);

	for (int i = 0; i < STILE_ABI_COUNT; i++)
		if (stile_audit_arch((enum stile_abi)i) == call->arch &&
		    (i == STILE_ABI_X32) == is_x32)
			return (enum stile_abi)i;
	return STILE_ABI_COUNT;
}

/* What is refused otherwise, or besides, for each ABI. */
struct losses {
	size_t counts[STILE_ABI_COUNT + 1];
	struct seccomp_data calls[STILE_ABI_COUNT + 1]; /* the first of them */
};

static bool is_narrow(enum stile_abi abi)
{
	return abi == STILE_ABI_I386 || abi == STILE_ABI_X32;
}

static int say_difference(const struct oci_writer *writer,
			  const struct stile_difference *difference, enum stile_abi abi)
{
	char from[64], to[64], *call = stile_call_text(&difference->witness);
	int result;

	stile_format_action(difference->from.action, from, sizeof(from));
	stile_format_action(difference->to.action, to, sizeof(to));
	result =
		oci_write_error(writer,
				"%s would get \"%s\" where the policy has \"%s\": entries hold for "
				"all architectures%s",
				call ? call : "a call", to, from,
				is_narrow(abi) ? ", and compare 32 bits of arguments on this one" :
						 "");
	free(call);
	return result;
}

/* In --lossy's place whoever called the writer says each of them; here they are counted. */
static void say_losses(const struct oci_writer *writer, const struct losses *losses)
{
	for (size_t i = 0; i <= STILE_ABI_COUNT; i++) {
		char *call;

		if (losses->counts[i] == 0)
			continue;
		call = stile_call_text(&losses->calls[i]);
		(void)oci_cannot_say(writer,
				     "%zu kind%s of calls are refused that the policy lets "
				     "through, or refused in another way, such as %s",
				     losses->counts[i], losses->counts[i] == 1 ? "" : "s",
				     call ? call : "one");
		free(call);
	}
}

static int judge(const struct oci_writer *writer, const struct stile_difference *difference,
		 struct losses *losses)
{
	const enum stile_abi abi = abi_of(&difference->witness);
	const bool is_wider = difference->change == STILE_CHANGE_WIDER;

	if (is_foreign(difference) && !is_wider)
		return 0;
	if (!is_wider && writer->options->is_lossy && answer_refuses(difference->to.action)) {
		if (losses->counts[abi]++ == 0)
			losses->calls[abi] = difference->witness;
		return 0;
	}
	if (abi < STILE_ABI_COUNT)
		*writer->in_the_way |= 1u << abi;
	return say_difference(writer, difference, abi);
}

static int compare(const struct oci_writer *writer, const struct stile_policy *policy,
		   const struct stile_policy *written)
{
	struct stile_difference *differences = NULL;
	struct losses losses = { 0 };
	size_t count = 0;
	int result = 0;

	if (stile_policy_compare(policy, written, &differences, &count))
		return oci_write_error(writer,
				       "it cannot be said whether what was written means the same "
				       "as the policy");
	for (size_t i = 0; i < count; i++)
		if (judge(writer, &differences[i], &losses))
			result = -1;
	say_losses(writer, &losses);
	free(differences);
	return result;
}

/* If it cannot be read again, entries of one call come together that had different names: on i386
 * one for socket stands for socketcall, too. Else it may be any of the other ABIs. */
static void blame_one(const struct oci_writer *writer, const enum stile_abi *abis, size_t count)
{
	unsigned int others = 0;

	for (size_t i = 1; i < count; i++)
		others |= 1u << abis[i];
	others &= ~writer->left_out;
	if (others & 1u << STILE_ABI_I386)
		others = 1u << STILE_ABI_I386;
	*writer->in_the_way |= others;
}

/* The first reason; the others are mostly the same. */
static void say_refused(const struct oci_writer *writer, const struct diagnostics *said)
{
	const char *reason = "memory is out";

	for (size_t i = said->count; i > 0; i--)
		if (said->items[i - 1].severity == SEVERITY_ERROR && said->items[i - 1].text)
			reason = said->items[i - 1].text;
	oci_write_error(writer,
			"runtimes would refuse the profile, for %zu reasons, of which one is: "
			"%s",
			said->error_count, reason);
}

int oci_check_written(const struct oci_writer *writer, const struct stile_policy *policy,
		      const char *text, size_t length)
{
	const struct source source = { writer->format->name, text, length, -1 };
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
		return oci_write_error(writer, "the file would have more than %u bytes",
				       SOURCE_BYTES_MAX);
	written = writer->format->read(&source, &options, &said);
	if (written)
		result = compare(writer, policy, written);
	else
		blame_one(writer, abis, count);
	if (!written)
		say_refused(writer, &said);
	stile_policy_free(written);
	diagnostics_free(&said);
	return result;
}
