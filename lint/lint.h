/* SPDX-License-Identifier: MIT */
#ifndef LINT_LINT_H
#define LINT_LINT_H

/* What is probably not meant in a policy: holes, traps, rules that say nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile.h>

enum lint_severity { LINT_NOTE, LINT_WARNING, LINT_ERROR };

/* One kind of finding. */
struct lint_check {
	const char *id;		     /* "upper-bits" */
	enum lint_severity severity; /* the gravest with which it is found */
	const char *summary;	     /* what is found, in a few words */
};

/* Sorted by id; the last has id NULL. */
extern const struct lint_check lint_checks[];

/* NULL: there is none of this id. */
const struct lint_check *lint_find_check(const char *id);

/* "note", "warning", "error". */
const char *lint_severity_name(enum lint_severity severity);

struct lint_finding {
	const struct lint_check *check;
	enum lint_severity severity;
	char *file; /* of the rule, as the user named it, or a grant; "": the policy's default */
	unsigned int line; /* 0: none */
	char *text;	   /* what is wrong and what to do; no full stop. From the file in part: not
			    * safe to be shown as it is */
	unsigned int abis; /* 1 << enum stile_abi for each where it is so; 0: for the policy */
	bool has_witness;
	struct seccomp_data witness; /* a call that shows it */
};

#define LINT_FINDINGS_MAX 10000

struct lint_findings {
	struct lint_finding *items; /* sorted by file, line, id, text */
	size_t count, capacity;
	bool is_cut; /* there are more than LINT_FINDINGS_MAX */
};

struct lint_options {
	const char *const *disabled; /* ids, NULL-ended; NULL: none */
	uint32_t kernel; /* on which it will run: major << 16 | minor << 8 | patch; 0: any */
};

/* Adds what is found. 0, or a negative error: -ENOMEM, or the policy's own. */
int lint_policy(const struct stile_policy *policy, const struct lint_options *options,
		struct lint_findings *findings);
void lint_findings_free(struct lint_findings *findings);

/*
 * A copy without what is certainly wrong: rules that decide nothing are left out; clone3 and
 * openat2 fail with ENOSYS where they failed in another way; use_widths: arguments are compared as
 * stile_policy_use_kernel_widths() says. *mended: how many changes there are. Freed by
 * stile_policy_free(); NULL: memory is out. It may hold an error.
 */
struct stile_policy *lint_mend(const struct stile_policy *policy, bool use_widths, size_t *mended);

/* Whether a difference is one that lint_mend() means to make, without use_widths. */
bool lint_is_mend(const struct stile_difference *difference);

#endif
