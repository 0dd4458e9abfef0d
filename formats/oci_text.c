/* SPDX-License-Identifier: MIT */
/* Tries to write a profile until it can be read again and means the policy, or cannot. */
#include <stdlib.h>

#include "oci_export.h"

struct text {
	char *bytes; /* freed by the caller */
	size_t length;
};

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
	struct oci_writer one = *writer;
	struct diagnostics said;
	struct text text;
	int result;

	one.diagnostics = &said;
	one.in_the_way = &in_the_way;
	one.left_out = 0;
	do {
		one.left_out |= more;
		said = (struct diagnostics){ 0 };
		result = try_to_write(&one, policy, &text);
		more = result ? leave_out(&one, policy) : 0;
		if (more && writer->options->is_lossy) {
			free(text.bytes);
			diagnostics_free(&said);
		}
	} while (more && writer->options->is_lossy);
	say_left_out(writer, policy, one.left_out | more);
	move(writer->diagnostics, &said);
	if (result == 0 && fwrite(text.bytes, 1, text.length, stream) != text.length)
		result = oci_write_error(writer, "cannot write: %m");
	free(text.bytes);
	return result;
}
