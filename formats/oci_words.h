/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_WORDS_H
#define FORMATS_OCI_WORDS_H

/* The words of seccomp profiles, as libseccomp names things. */

#include <stile.h>

struct oci_architecture {
	const char *word;      /* "SCMP_ARCH_X86_64" */
	const char *container; /* what includes and excludes call it: "amd64" */
	int abi;	       /* enum stile_abi; -1: the table has none of it */
};

/* NULL: there is no such. */
const struct oci_architecture *oci_find_architecture(const char *word);
const struct oci_architecture *oci_architecture_of(enum stile_abi abi);

/* -1: there is no such word. */
int oci_find_action(const char *word);	   /* enum stile_action_kind */
int oci_find_comparison(const char *word); /* enum stile_comparison */
/* 0: no effect on what a filter answers, 1: has one that stile leaves out. */
int oci_find_flag(const char *word);

const char *oci_action_word(enum stile_action_kind kind);
const char *oci_comparison_word(enum stile_comparison comparison);

/* The number of an errno by its name, 0: there is no such. */
unsigned int oci_find_errno(const char *name);

/* The nearest word of a list, or of a kind, to one that is not there; NULL: none is near. */
const char *oci_nearest(const char *word, const char *const *words);
const char *oci_nearest_architecture(const char *word);
const char *oci_nearest_action(const char *word);
const char *oci_nearest_comparison(const char *word);
const char *oci_nearest_flag(const char *word);
const char *oci_nearest_errno(const char *word);

#endif
