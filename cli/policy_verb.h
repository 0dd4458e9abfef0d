/* SPDX-License-Identifier: MIT */
#ifndef CLI_POLICY_VERB_H
#define CLI_POLICY_VERB_H

/* The frame of verbs that take policies: their command line, in which each has a few options of its
 * own besides those of policy_source.h. */

#include <getopt.h>
#include <stdbool.h>

#include "policy_source.h"

struct policy_verb {
	const char *name;
	const char *help, *more_help; /* NULL: no more */
	const char *letters;	      /* for getopt_long(), from its ':' on; 'h' is among them */
	const struct option *options;
	/* Its exit status answers a question: what hinders the answer is STATUS_NO_VERDICT. */
	bool is_verdict;

	/* wanted: what was handed to policy_verb_run(). */

	/* Keeps an option of its own. NULL: it has none. */
	enum option_result (*take)(void *wanted, int option, const char *value);
	/* What is done with the words that are no options, NULL-ended. The exit status. */
	int (*run)(void *wanted, int count, char **words);
};

/* source: where options are kept that say what a policy is; begun and ended here. */
int policy_verb_run(const struct policy_verb *verb, void *wanted,
		    struct policy_source_options *source, int argc, char **argv);

#endif
