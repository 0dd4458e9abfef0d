/* SPDX-License-Identifier: MIT */
#ifndef CLI_LINT_FIX_H
#define CLI_LINT_FIX_H

/* Policy files with their certain faults mended. */

#include "lint.h"
#include "policy_file.h"
#include "policy_output.h"

/*
 * Mends a file's policy (file->policy, which then is the mended one), writes it in the file's own
 * format to output->path, and says so. Nothing is written if there is nothing to mend, if something
 * else would change than was meant, or if the file at path would be replaced and holds more than a
 * policy. STATUS_OK, or a status and it was said why.
 */
int fix_policy(struct policy_output *output, struct policy_file *file, const char *path,
	       bool use_widths, const struct read_options *read);

#endif
