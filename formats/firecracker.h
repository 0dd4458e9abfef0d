/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_FIRECRACKER_H
#define FORMATS_FIRECRACKER_H

/* What the parts of the reader of Firecracker's policies share. */

#include <stdbool.h>

#include "document.h"
#include "format.h"

/* For diagnose_error() and diagnose_warning(): where a node stands. */
#define AT(reader, node) (reader)->diagnostics, (reader)->source->name, (node)->line, (node)->column

struct firecracker_reader {
	const struct source *source;
	struct diagnostics *diagnostics;
	enum stile_abi abi;
	bool *was_width_said; /* once is enough for a file */
};

/*
 * Whether an object has only these keys, NULL-ended; each other one is an error of its own.
 * False, too: it is no object.
 */
bool firecracker_known_keys(const struct firecracker_reader *reader, const struct node *node,
			    const char *what, const char *const *keys);

/* Says that a word is none of its kind, with the nearest one. words: NULL-ended. */
void firecracker_unknown_word(const struct firecracker_reader *reader, const struct node *node,
			      const char *kind, const char *word, const char *const *words,
			      const char *expected);

/* An action: "allow", {"errno": 1}. False: it was said what is wrong. */
bool firecracker_action(const struct firecracker_reader *reader, const struct node *node,
			struct stile_action *action);

/* One of "args". False: it was said what is wrong. */
bool firecracker_condition(const struct firecracker_reader *reader, const struct node *node,
			   struct stile_table_condition *condition);

/* "comment" may be a string or null. */
bool firecracker_comment(const struct firecracker_reader *reader, const struct node *object);

/* The instructions that seccompiler makes of a rule with conditions. */
size_t firecracker_rule_length(const struct stile_table_condition *conditions, size_t count);

/* Those of a filter beside its calls; of a call without conditions; of one beside its rules; at
 * most so many may be in a filter. */
#define FIRECRACKER_FILTER_LENGTH 5
#define FIRECRACKER_CALL_LENGTH 5
#define FIRECRACKER_RULES_LENGTH 2
#define FIRECRACKER_LENGTH_MAX 4095

int firecracker_write(FILE *stream, const struct stile_policy *policy,
		      const struct write_options *options, struct diagnostics *diagnostics);

#endif
