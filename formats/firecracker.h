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
};

/*
 * Whether an object has only these keys, NULL-ended; each other one is an error of its own.
 * False, too: it is no object.
 */
bool firecracker_known_keys(const struct firecracker_reader *reader, const struct node *node,
			    const char *what, const char *const *keys);

/* An action: "allow", {"errno": 1}. False: it was said what is wrong. */
bool firecracker_action(const struct firecracker_reader *reader, const struct node *node,
			struct stile_action *action);

/* One of "args". False: it was said what is wrong. */
bool firecracker_condition(const struct firecracker_reader *reader, const struct node *node,
			   struct stile_table_condition *condition);

/* "comment" may be a string or null. */
bool firecracker_comment(const struct firecracker_reader *reader, const struct node *object);

int firecracker_write(FILE *stream, const struct stile_policy *policy,
		      const struct write_options *options, struct diagnostics *diagnostics);

#endif
