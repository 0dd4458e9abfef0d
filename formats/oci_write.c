/* SPDX-License-Identifier: MIT */
/* Profiles in JSON, with the members of the runtime-spec alone. */
#include "oci_write.h"

#include <inttypes.h>

#include "oci_export.h"
#include "oci_words.h"

#define LINE_WIDTH 90

/* Names, as many on a line as fit. */
static void put_names(FILE *stream, const struct oci_group *group)
{
	int column = LINE_WIDTH;

	fprintf(stream, "\t\t\t\"names\": [");
	for (size_t i = 0; i < group->count; i++) {
		char name[80];
		const int length = snprintf(name, sizeof(name), "\"%s\"%s", group->names[i],
					    i + 1 < group->count ? "," : "");

		if (column + length + 1 > LINE_WIDTH) {
			fputs("\n\t\t\t\t", stream);
			column = 32;
		} else {
			fputc(' ', stream);
			column++;
		}
		fputs(name, stream);
		column += length;
	}
	fputs("\n\t\t\t],\n", stream);
}

static void put_argument(FILE *stream, unsigned int index, const struct oci_comparison *argument)
{
	const bool is_masked = argument->comparison == STILE_MASKED_EQUAL;

	fprintf(stream, "\n\t\t\t\t{ \"index\": %u, \"value\": %" PRIu64, index,
		is_masked ? argument->mask : argument->value);
	if (is_masked)
		fprintf(stream, ", \"valueTwo\": %" PRIu64, argument->value);
	fprintf(stream, ", \"op\": \"%s\" }", oci_comparison_word(argument->comparison));
}

static void put_line(FILE *stream, const struct oci_group *group, const struct oci_line *line)
{
	const char *separator = "";

	fputs("\n\t\t{\n", stream);
	put_names(stream, group);
	fprintf(stream, "\t\t\t\"action\": \"%s\"", oci_action_word(line->action.kind));
	if (oci_has_errno(line->action))
		fprintf(stream, ",\n\t\t\t\"errnoRet\": %u", line->action.errno_value);
	if (line->compared) {
		fputs(",\n\t\t\t\"args\": [", stream);
		for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
			if (!(line->compared & 1u << i))
				continue;
			fputs(separator, stream);
			put_argument(stream, i, &line->arguments[i]);
			separator = ",";
		}
		fputs("\n\t\t\t]", stream);
	}
	fputs("\n\t\t}", stream);
}

static void put_text(FILE *stream, const char *key, const char *text)
{
	fprintf(stream, "\t\"%s\": \"", key);
	for (; *text; text++) {
		const unsigned char byte = (unsigned char)*text;

		if (byte < ' ')
			fprintf(stream, "\\u%04x", byte);
		else
			fprintf(stream, "%s%c", byte == '"' || byte == '\\' ? "\\" : "", byte);
	}
	fputs("\",\n", stream);
}

/* Who answers what is notified. */
static void put_listener(FILE *stream, const struct oci_export *profile)
{
	if (!profile->listener_path)
		return;
	put_text(stream, "listenerPath", profile->listener_path);
	if (profile->listener_metadata)
		put_text(stream, "listenerMetadata", profile->listener_metadata);
}

static void put_profile(FILE *stream, const struct oci_export *profile, const char *name)
{
	const char *separator = "";

	(void)name;
	fprintf(stream, "{\n\t\"defaultAction\": \"%s\",\n",
		oci_action_word(profile->default_action.kind));
	if (oci_has_errno(profile->default_action))
		fprintf(stream, "\t\"defaultErrnoRet\": %u,\n",
			profile->default_action.errno_value);
	fputs("\t\"architectures\": [", stream);
	for (size_t i = 0; i < profile->abi_count; i++)
		fprintf(stream, "%s\"%s\"", i ? ", " : "",
			oci_architecture_of(profile->abis[i])->word);
	fputs("],\n", stream);
	put_listener(stream, profile);
	fputs("\t\"syscalls\": [", stream);
	for (size_t i = 0; i < profile->count; i++)
		for (size_t k = 0; k < profile->groups[i].lines.count; k++) {
			fputs(separator, stream);
			put_line(stream, &profile->groups[i], &profile->groups[i].lines.items[k]);
			separator = ",";
		}
	fputs("\n\t]\n}\n", stream);
}

int oci_write(FILE *stream, const struct stile_policy *policy, const struct write_options *options,
	      struct diagnostics *diagnostics)
{
	const struct oci_writer writer = { .format = &format_oci,
					   .options = options,
					   .diagnostics = diagnostics,
					   .put = put_profile };

	return oci_write_profile(stream, &writer, policy);
}
