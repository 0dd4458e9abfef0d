/* SPDX-License-Identifier: MIT */
/* systemd's units and their drop-ins, as far as they filter system calls. */
#include "systemd.h"

#include <stdlib.h>
#include <string.h>

/* A line that assigns one of our settings. */
static bool is_likely(const struct source *source)
{
	static const char setting[] = "SystemCall";
	const char *at = source->bytes, *end = source->bytes + source->length;

	while (at < end && (at = memmem(at, (size_t)(end - at), setting, strlen(setting)))) {
		const char *start = at;

		while (start > source->bytes && (start[-1] == ' ' || start[-1] == '\t'))
			start--;
		if (start == source->bytes || start[-1] == '\n')
			return true;
		at += strlen(setting);
	}
	return false;
}

static bool check_abi(const struct systemd_reader *reader)
{
	const enum stile_abi abi = reader->options->abi;

	if (abi == STILE_ABI_X86_64 || abi == STILE_ABI_AARCH64 || abi == STILE_ABI_RISCV64)
		return true;
	diagnose_error(reader->diagnostics, reader->source->name, 0, 0,
		       "a unit is for the machine's native ABI and those beside it: choose x86_64, "
		       "aarch64 or riscv64, not %s",
		       stile_abi_name(abi));
	return false;
}

static void warn_of_arm(const struct systemd_reader *reader)
{
	const struct systemd_settings *settings = &reader->settings;

	if (reader->options->abi == STILE_ABI_AARCH64 &&
	    (!settings->has_architectures || settings->has_unknown_abi))
		diagnose_warning(reader->diagnostics, reader->source->name, 0, 0,
				 "systemd filters calls by 32-bit arm too; stile does not know "
				 "that ABI, and its calls are killed: say "
				 "SystemCallArchitectures=native");
}

static struct stile_policy *systemd_read(const struct source *source,
					 const struct read_options *options,
					 struct diagnostics *diagnostics)
{
	const size_t errors = diagnostics->error_count;
	struct systemd_reader *reader = calloc(1, sizeof(*reader)); /* large */
	struct stile_policy *policy = NULL;

	if (!reader) {
		diagnose_error(diagnostics, source->name, 0, 0, "out of memory");
		return NULL;
	}
	reader->source = source;
	reader->diagnostics = diagnostics;
	reader->options = options;
	if (check_abi(reader) &&
	    systemd_unit_read(&reader->unit, source, &reader->memory, diagnostics) &&
	    systemd_apply(reader)) {
		warn_of_arm(reader);
		policy = systemd_policy(reader);
	}
	document_free(&reader->memory);
	free(reader);
	if (diagnostics->error_count == errors && !diagnostics->has_failed)
		return policy;
	stile_policy_free(policy);
	return NULL;
}

const struct format format_systemd = {
	.name = "systemd",
	.summary = "systemd's units and drop-ins",
	.is_likely = is_likely,
	.read = systemd_read,
	.write = systemd_write,
};
