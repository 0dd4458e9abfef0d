/* SPDX-License-Identifier: MIT */
/* Tries to write a profile until it can be read again and means the policy, or cannot. */
#include <linux/filter.h>
#include <stdlib.h>

#include "oci_export.h"

struct text {
	char *bytes; /* freed by the caller */
	size_t length;
};

/* The kernel would refuse a filter that is too long when a container is to start. */
static int check_length(const struct oci_writer *writer, const struct oci_export *profile)
{
	const size_t length = oci_filter_length(profile);

	*writer->is_too_long = length > BPF_MAXINSNS;
	if (!*writer->is_too_long)
		return 0;
	return oci_write_error(
		writer,
		"libseccomp would make %zu instructions of the profile, and the kernel "
		"takes %d: grant less, choose another default action, or give --lossy",
		length, BPF_MAXINSNS);
}

/* One try. 0, or -1 and it was said what cannot be said. */
static int try_to_write(const struct oci_writer *writer, const struct stile_policy *policy,
			struct text *text)
{
	struct oci_export profile;
	FILE *stream = NULL;
	const int foreign = oci_check_foreign(writer, policy);
	int result = oci_export(writer, policy, &profile);

	*text = (struct text){ 0 };
	if (result == 0 && writer->check)
		result = writer->check(writer, &profile);
	if (result == 0 && foreign &&
	    profile.abi_count == 1) /* it is no good, and what is left to say may take long */
		result = oci_write_error(writer,
					 "whether the calls can be said is not looked at then");
	if (result == 0) {
		stream = open_memstream(&text->bytes, &text->length);
		result = stream ? 0 : oci_write_error(writer, "out of memory");
	}
	if (stream) {
		writer->put(stream, &profile, writer->options->name);
		if (ferror(stream) | fclose(stream))
			result = oci_write_error(writer, "out of memory");
		else
			result = oci_check_written(writer, policy, text->bytes, text->length);
	}
	if (result == 0)
		result = check_length(writer, &profile);
	oci_export_free(&profile);
	return result ? result : foreign;
}

/* What is left out, if the ABIs that are in the way are; 0: that is no help. */
static unsigned int leave_out(const struct oci_writer *writer, const struct stile_policy *policy)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, abis);
	const unsigned int others = *writer->in_the_way & ~writer->left_out;

	return count && !(others & 1u << abis[0]) ? others : 0;
}

static void say_left_out(const struct oci_writer *writer, const struct stile_policy *policy,
			 unsigned int abis)
{
	enum stile_abi all[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, all);

	for (size_t i = 1; i < count; i++)
		if (abis & 1u << all[i])
			(void)oci_cannot_say(writer,
					     "calls by %s cannot be said beside those by %s, "
					     "because "
					     "entries hold for all architectures: %s",
					     stile_abi_name(all[i]), stile_abi_name(all[0]),
					     writer->options->is_lossy ?
						     "all of them kill the thread" :
						     "write a profile for each, or leave it out by "
						     "--lossy");
}

static void move(struct diagnostics *to, struct diagnostics *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct diagnostic *item = &from->items[i];

		if (item->severity == SEVERITY_ERROR)
			diagnose_error(to, item->file, item->line, item->column, "%s", item->text);
		else
			diagnose_warning(to, item->file, item->line, item->column, "%s",
					 item->text);
	}
	to->has_failed = to->has_failed || from->has_failed;
	diagnostics_free(from);
}

int oci_write_profile(FILE *stream, const struct oci_writer *writer,
		      const struct stile_policy *policy)
{
	unsigned int in_the_way = 0, more = 0;
	bool is_too_long = false, is_again = false;
	struct oci_writer one = *writer;
	struct diagnostics said;
	struct text text;
	int result;

	one.diagnostics = &said;
	one.in_the_way = &in_the_way;
	one.is_too_long = &is_too_long;
	do {
		one.left_out |= more;
		one.is_short = one.is_short || is_too_long;
		said = (struct diagnostics){ 0 };
		result = try_to_write(&one, policy, &text);
		more = result ? leave_out(&one, policy) : 0;
		is_again = writer->options->is_lossy && (more || (is_too_long && !one.is_short));
		if (is_again) {
			free(text.bytes);
			diagnostics_free(&said);
		}
	} while (is_again);
	if (one.is_short)
		(void)oci_cannot_say(writer,
				     "with all that the policy says the kernel would refuse the "
				     "filter: what is refused gets the default action");
	say_left_out(writer, policy, one.left_out | more);
	move(writer->diagnostics, &said);
	if (result == 0 && fwrite(text.bytes, 1, text.length, stream) != text.length)
		result = oci_write_error(writer, "cannot write: %m");
	free(text.bytes);
	return result;
}
