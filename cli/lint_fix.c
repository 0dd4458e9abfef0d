/* SPDX-License-Identifier: MIT */
#include "lint_fix.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "commands.h"
#include "difference_text.h"
#include "only_policy.h"
#include "say.h"

/* All that became different was meant to. */
static int check_changes(const struct policy_output *output, const struct stile_policy *policy,
			 const struct stile_policy *mended, const char *name)
{
	struct comparison comparison = {
		.from = policy, .to = mended, .from_name = name, .to_name = "the mended policy"
	};
	size_t unwanted = 0;

	if (compare_policies(output->verb, &comparison) != 0)
		return STATUS_FAILED;
	for (size_t i = 0; i < comparison.count; i++) {
		if (lint_is_mend(&comparison.differences[i]))
			continue;
		say_difference(output->verb, name, &comparison, &comparison.differences[i]);
		unwanted++;
	}
	free(comparison.differences);
	if (!unwanted)
		return STATUS_OK;
	say(output->verb, name, "nothing is written: more would change than what is mended");
	return STATUS_FAILED;
}

static int write_mended(struct policy_output *output, struct stile_policy *policy,
			struct stile_policy *mended, bool use_widths, const char *name,
			const struct read_options *read)
{
	int status;

	if (stile_policy_error(mended)) {
		say_message(output->verb, stile_policy_message(mended));
		return STATUS_FAILED;
	}
	if (use_widths && stile_policy_use_kernel_widths(policy) < 0) {
		say_message(output->verb, stile_policy_message(policy));
		return STATUS_FAILED;
	}
	status = check_changes(output, policy, mended, name);
	return status == STATUS_OK ? policy_output_write(output, mended, name, read) : status;
}

/* The file that is read is the one that is written. */
static bool is_in_place(const struct policy_output *output, const char *path)
{
	struct stat from, to;

	return stat(path, &from) == 0 && stat(output->path, &to) == 0 && from.st_dev == to.st_dev &&
	       from.st_ino == to.st_ino;
}

/* 0, or a status, and it was said why it cannot be written. */
static int check_place(const struct policy_output *output, const struct policy_file *file,
		       const char *path)
{
	const char *beside;

	if (!output->format->write) {
		say(output->verb, file->source.name,
		    "nothing is written: %s can only be read (mend it by hand, or write it in "
		    "another format with 'stile convert')",
		    output->format->name);
		return STATUS_FAILED;
	}
	beside = is_in_place(output, path) ? held_beside_policy(file) : NULL;
	if (!beside)
		return 0;
	say(output->verb, file->source.name,
	    "nothing is written: %s would be lost: write the policy alone to another file with "
	    "--output, and take over from there what is mended",
	    beside);
	return STATUS_USAGE;
}

int fix_policy(struct policy_output *output, struct policy_file *file, const char *path,
	       bool use_widths, const struct read_options *read)
{
	size_t count;
	struct stile_policy *mended = lint_mend(file->policy, use_widths, &count);
	int status = STATUS_OK;

	if (!mended) {
		say(output->verb, NULL, "out of memory");
		return STATUS_FAILED;
	}
	if (count == 0 && !stile_policy_error(mended)) {
		stile_policy_free(mended);
		return STATUS_OK;
	}
	status = check_place(output, file, path);
	if (!status)
		status = write_mended(output, file->policy, mended, use_widths, file->source.name,
				      read);
	if (status != STATUS_OK) {
		stile_policy_free(mended);
		return status;
	}
	say(output->verb, file->source.name, "mended in %zu place%s: written to %s", count,
	    count == 1 ? "" : "s", output->path);
	stile_policy_free(file->policy);
	file->policy = mended;
	return STATUS_OK;
}
