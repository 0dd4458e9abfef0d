/* SPDX-License-Identifier: MIT */
#ifndef CLI_LINT_FIX_H
#define CLI_LINT_FIX_H

/* Policy files with their certain faults mended. */

#include "lint.h"
#include "policy_output.h"

/*
 * Mends a file's policy (*policy, which then is the mended one) and writes it in the file's own
 * format, to output->path. Nothing is written if there is nothing to mend, or if something else
 * would change than was meant. STATUS_OK, or a status and it was said why.
 */
int fix_policy(struct policy_output *output, struct stile_policy **policy, bool use_widths,
	       const char *name, const struct read_options *read);

#endif
