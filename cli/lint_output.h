/* SPDX-License-Identifier: MIT */
#ifndef CLI_LINT_OUTPUT_H
#define CLI_LINT_OUTPUT_H

/* What lint found, for people and for programs. */

#include <stdbool.h>

#include <stddef.h>

#include "lint.h"

/* One policy's. */
struct lint_result {
	const char *name; /* of the policy */
	bool is_file;	  /* name is one, and so are those of findings */
	struct lint_findings findings;
};

/* "FILE:LINE: severity: sentence [id]", a line each, on standard output. */
void print_findings(const struct lint_result *results, size_t count);

/* False: memory is out, and nothing was printed. */
bool print_findings_json(const struct lint_result *results, size_t count);
bool print_findings_sarif(const struct lint_result *results, size_t count);

/* The list of all checks. */
void print_checks(void);

#endif
