/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_MINIJAIL_OUTPUT_H
#define FORMATS_MINIJAIL_OUTPUT_H

/* How a policy is written as a file of minijail's. */

#include "minijail.h"

/* A call's statement. */
struct output_line {
	const char *name;
	char *text;	  /* behind the colon */
	bool is_python;	  /* only compile_seccomp_policy.py takes it */
	bool is_reversed; /* ... means something else by it */
};

/* A comparison takes at least two instructions, and a filter has at most 4096. */
#define OUTPUT_ATOMS_MAX 2048

struct output {
	const struct stile_policy *policy;
	const struct write_options *options;
	struct diagnostics *diagnostics;
	const char *name; /* for messages */
	enum stile_abi abi;
	unsigned int bits;
	bool is_denylist;
	bool is_for_python;	      /* the file is for compile_seccomp_policy.py */
	struct stile_action unlisted; /* what calls get in the file that it does not list */
	struct output_line *lines;
	size_t line_count, line_capacity;
	size_t atom_count; /* of all calls */
	bool has_failed;   /* errors were said */
};

/*
 * Says that something cannot be written. instead: what is done in its place where the options
 * allow that, and then it is a warning; NULL: nothing could be. False: it was an error.
 */
bool output_cannot(struct output *output, const char *instead, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds the line of a call, if it needs one. */
void output_call(struct output *output, const struct stile_policy_call *call);

#endif
