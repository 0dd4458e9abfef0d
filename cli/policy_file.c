/* SPDX-License-Identifier: MIT */
#include "policy_file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_trust.h"
#include "say.h"

/* The folder of a file, for what it includes; -1: it has none. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int fd;

	if (strcmp(path, "-") == 0)
		return -1;
	if (!slash)
		return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	folder = strndup(path, (size_t)(slash - path) + 1);
	if (!folder)
		return -1;
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return fd;
}

/* Also with what some put before it: a byte order mark, a comment. */
static bool begins_as_json(const struct source *source)
{
	const char *first = source->bytes + strspn(source->bytes, " \t\r\n");

	return *first == '{' || *first == '[' || strncmp(first, "//", 2) == 0 ||
	       strncmp(first, "\xef\xbb\xbf", 3) == 0;
}

static bool find_format(struct policy_file *file, const struct policy_file_options *options)
{
	char names[FORMAT_NAMES_MAX];

	file->format = options->format ? options->format : format_detect(&file->source);
	if (file->format)
		return true;
	/* What begins as JSON is meant to be: its reader says where and what is wrong. */
	if (begins_as_json(&file->source)) {
		file->format = &format_oci;
		return true;
	}
	if (strspn(file->source.bytes, " \t\r\n") == file->source.length) {
		say(options->verb, file->source.name, "the policy is empty: white space is all");
		return false;
	}
	format_names(false, names);
	say(options->verb, file->source.name,
	    "the policy has no format that can be told by its looks: give --from, one of %s",
	    names);
	return false;
}

/* The bytes, and whether there are as many as a policy may have. */
static bool read_bytes(struct policy_file *file, const struct policy_file_options *options,
		       const char *path)
{
	if (read_input(options->verb, path, "policy", SOURCE_BYTES_MAX, &file->input))
		return false;
	file->source = (struct source){ .name = input_name(path),
					.bytes = file->input.bytes,
					.length = file->input.length,
					.folder = -1 };
	if (file->input.length == 0)
		say(options->verb, file->source.name, "found an empty file, expected a policy");
	else if (file->input.length > SOURCE_BYTES_MAX)
		say(options->verb, file->source.name, "more than %u bytes: no policy has so many",
		    SOURCE_BYTES_MAX);
	else
		return true;
	free(file->input.bytes);
	return false;
}

static void use_kernel_widths(struct policy_file *file)
{
	if (!file->policy || stile_policy_use_kernel_widths(file->policy) == 0)
		return;
	(void)diagnose_error(&file->diagnostics, file->source.name, 0, 0, "--kernel-widths: %s",
			     stile_policy_message(file->policy));
}

bool policy_file_open(struct policy_file *file, const struct policy_file_options *options,
		      const char *path)
{
	memset(file, 0, sizeof(*file));
	if (!read_bytes(file, options, path))
		return false;
	if (!find_format(file, options)) {
		free(file->input.bytes);
		return false;
	}
	warn_of_writers(&file->diagnostics, file->source.name, &file->input.status);
	if (file->input.is_found)
		warn_of_folders(&file->diagnostics, file->source.name, path);
	file->source.folder = open_folder(path);
	file->policy = file->format->read(&file->source, &options->read, &file->diagnostics);
	if (options->use_kernel_widths)
		use_kernel_widths(file);
	if (!file->policy && !has_errors(&file->diagnostics))
		(void)diagnose_error(&file->diagnostics, file->source.name, 0, 0,
				     "the policy cannot be read");
	if (has_errors(&file->diagnostics)) { /* nothing is taken from a file with an error */
		stile_policy_free(file->policy);
		file->policy = NULL;
	}
	return true;
}

void policy_file_close(struct policy_file *file)
{
	if (file->source.folder >= 0)
		(void)close(file->source.folder);
	stile_policy_free(file->policy);
	diagnostics_free(&file->diagnostics);
	free(file->input.bytes);
}

/* Files and sentences are safe to be shown: that is what diagnostics hold. */
static void print_diagnostic(const struct diagnostic *diagnostic)
{
	char place[32] = "";

	if (diagnostic->line && diagnostic->column)
		(void)snprintf(place, sizeof(place), "%u:%u:", diagnostic->line,
			       diagnostic->column);
	else if (diagnostic->line)
		(void)snprintf(place, sizeof(place), "%u:", diagnostic->line);
	(void)fprintf(stderr, "%s:%s %s: %s\n", diagnostic->file, place,
		      diagnostic->severity == SEVERITY_ERROR ? "error" : "warning",
		      diagnostic->text);
}

void print_diagnostics(const struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		if (diagnostics->items[i].file && diagnostics->items[i].text)
			print_diagnostic(&diagnostics->items[i]);
	if (diagnostics->has_failed)
		say(NULL, NULL, "out of memory: there was more to say");
}

struct stile_policy *policy_file_read(const struct policy_file_options *options, const char *path)
{
	struct stile_policy *policy;
	struct policy_file file;

	if (!policy_file_open(&file, options, path))
		return NULL;
	print_diagnostics(&file.diagnostics);
	if (!file.policy && !options->is_brief)
		say(options->verb, file.source.name, "this is not read as a policy of format %s",
		    file.format->name);
	policy = file.policy;
	file.policy = NULL;
	policy_file_close(&file);
	return policy;
}
