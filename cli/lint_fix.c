/* SPDX-License-Identifier: MIT */
#include "lint_fix.h"

#include <stdlib.h>

#include "commands.h"
#include "difference_text.h"
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

int fix_policy(struct policy_output *output, struct stile_policy **policy, bool use_widths,
	       const char *name, const struct read_options *read)
{
	size_t count;
	struct stile_policy *mended = lint_mend(*policy, use_widths, &count);
	int status = STATUS_OK;

	if (!mended) {
		say(output->verb, NULL, "out of memory");
		return STATUS_FAILED;
	}
	if (count > 0 || stile_policy_error(mended)) {
		if (!output->format->write) {
			say(output->verb, name,
			    "nothing is written: %s can only be read (mend it by hand, or write it "
			    "in another format with 'stile convert')",
			    output->format->name);
			status = STATUS_FAILED;
		} else {
			status = write_mended(output, *policy, mended, use_widths, name, read);
		}
	}
	if (status == STATUS_OK) {
		stile_policy_free(*policy);
		*policy = mended;
	} else {
		stile_policy_free(mended);
	}
	return status;
}
