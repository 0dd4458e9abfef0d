/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_LINES_H
#define FORMATS_OCI_LINES_H

/*
 * What a call gets, as entries of a profile can say it: in any order, each argument compared once
 * in each.
 */

#include <stdbool.h>

#include <stile.h>

#define OCI_ARGUMENTS 6
#define OCI_LINES_MAX 1024 /* of one call */
#define OCI_LINES_FEW 256  /* with more of one call, libseccomp may take minutes for a filter */

struct oci_comparison {
	enum stile_comparison comparison;
	uint64_t mask, value; /* mask: for STILE_MASKED_EQUAL alone */
};

struct oci_line {
	struct stile_action action;
	unsigned int compared; /* bit 1 << index for each argument that is compared */
	struct oci_comparison arguments[OCI_ARGUMENTS];
};

static inline bool oci_comparisons_equal(const struct oci_comparison *a,
					 const struct oci_comparison *b)
{
	return a->comparison == b->comparison && a->mask == b->mask && a->value == b->value;
}

struct oci_lines {
	struct oci_line *items; /* freed by the caller */
	size_t count, capacity;
};

enum oci_lines_result { OCI_LINES_OK, OCI_LINES_TOO_MANY, OCI_LINES_NO_MEMORY };

/*
 * The lines of a call, OCI_LINES_MAX at most. bits: of a comparison that entries have, 64, or
 * 32 where all ABIs are narrow. leave_out, if not NULL, says which rules (the rest is one without
 * conditions) need not be said. *too_long: how many rules (or the rest) are left out, so that there
 * are OCI_LINES_FEW lines; NULL: nothing is made if they are too many.
 */
enum oci_lines_result oci_make_lines(const struct stile_policy *policy,
				     const struct stile_policy_call *call,
				     struct stile_action default_action, unsigned int bits,
				     bool (*leave_out)(const struct stile_policy_rule *rule),
				     size_t *too_long, struct oci_lines *lines);

/*
 * For calls that need too many, where the default action lets calls through: lines that refuse all
 * that the call's rules refuse, and more, but not all of its calls. TOO_MANY: there are none.
 */
enum oci_lines_result oci_make_refusing_lines(const struct stile_policy *policy,
					      const struct stile_policy_call *call,
					      struct stile_action default_action, unsigned int bits,
					      struct oci_lines *lines);

/* Makes fewer lines that say the same, of lines whose comparisons have so many bits. */
void oci_merge_lines(struct oci_lines *lines, unsigned int bits);

/* The same, of lines that together match all calls. */
void oci_widen_lines(struct oci_lines *lines, unsigned int bits);

#endif
