/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_EXPORT_H
#define FORMATS_OCI_EXPORT_H

/* A policy as a profile that can be written, in JSON or in YAML. */

#include "format.h"
#include "oci_lines.h"

/* Calls that have the same lines. */
struct oci_group {
	const char **names; /* sorted; their text is static */
	size_t count;
	struct oci_lines lines;
};

struct oci_export {
	struct stile_action default_action;
	enum stile_abi abis[STILE_ABI_COUNT];
	size_t abi_count;
	struct oci_group *groups; /* those without conditions first, then by their first names */
	size_t count;
	const char *listener_path, *listener_metadata; /* the policy's; NULL: not said */
};

/* What is written, for whom, and where it is said what is wrong. */
struct oci_writer {
	const struct format *format;
	const struct write_options *options;
	struct diagnostics *diagnostics;
	bool has_plain_default; /* the default action has no errno but EPERM */
	/* Puts a profile into a stream, whose error says whether that went well. */
	void (*put)(FILE *stream, const struct oci_export *profile, const char *name);
	/* What the format cannot say besides; NULL: there is nothing. 0, or -1 and it was said. */
	int (*check)(const struct oci_writer *writer, const struct oci_export *profile);
	/* Bits 1 << enum stile_abi. */
	unsigned int left_out;	  /* calls by these are not let through at all */
	unsigned int *in_the_way; /* those that do not go together with the first, so far */
	bool *is_too_long;
	bool is_short; /* what is refused gets the default action, where that refuses too */
};

/*
 * The write() of a format: tries, reads what it would write, and holds it against the policy. If
 * not all ABIs can be said in one profile, --lossy leaves some of them out.
 */
int oci_write_profile(FILE *stream, const struct oci_writer *writer,
		      const struct stile_policy *policy);

/*
 * Says what cannot be said in the format: an error, or a warning if less than the policy lets
 * through is written instead and that is wanted. 0, or -1 if it was an error.
 */
int oci_cannot_say(const struct oci_writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The default action: there is one, for all ABIs and for numbers that nobody knows. 0, or -1 and it
 * was said. */
int oci_choose_default(const struct oci_writer *writer, const struct stile_policy *policy,
		       struct oci_export *to);

/* Whether calls by other ABIs get what libseccomp gives them: it kills the thread. 0, or -1 and it
 * was said. */
int oci_check_foreign(const struct oci_writer *writer, const struct stile_policy *policy);

/* Says an error of the writing; -1. */
int oci_write_error(const struct oci_writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Freed by oci_export_free() in any case. 0, or -1 and it was said why. */
int oci_export(const struct oci_writer *writer, const struct stile_policy *policy,
	       struct oci_export *to);
void oci_export_free(struct oci_export *export);

/* Reads what was written and holds it against the policy. 0, or -1 and it was said on which calls
 * they differ. */
int oci_check_written(const struct oci_writer *writer, const struct stile_policy *policy,
		      const char *text, size_t length);

/* The instructions of the filter that libseccomp makes of it; 0: that is not known here. */
size_t oci_filter_length(const struct oci_export *profile);

/* The word and the errno of an action; false: it has none. */
bool oci_has_errno(struct stile_action action);

#endif
