/* SPDX-License-Identifier: MIT */
#ifndef CLI_POLICY_SOURCE_H
#define CLI_POLICY_SOURCE_H

/*
 * All that stands for a policy on the command line, for verbs that take one or several:
 *
 *	FILE			of any format; "-" is standard input
 *	grants:GRANT,GRANT	a list of grants
 *	pledge:WORDS		OpenBSD's words
 *	pid:NUMBER		the filters of a live process
 *
 * and, as options, --grant, --pledge, --pid.
 */

#include <stdbool.h>
#include <stddef.h>

#include <stile.h>

#include "filter_context.h"
#include "policy_file.h"

enum { OPTION_PID = 640, OPTION_POLICY };

/* For getopt_long(): its letters, and its table. */
#define POLICY_SOURCE_LETTERS FILTER_CONTEXT_LETTERS
#define POLICY_SOURCE_OPTIONS                              \
	FILTER_CONTEXT_OPTIONS, POLICY_FILE_OPTIONS,       \
	{                                                  \
		"pid", required_argument, NULL, OPTION_PID \
	}

/* Their lines in --help, and what a source is. */
#define POLICY_SOURCE_HELP                                                    \
	FILTER_CONTEXT_HELP                                                   \
	"      --pid NUMBER        the filters of this process (or thread), " \
	"together\n" POLICY_FILE_HELP
#define POLICY_SOURCE_TEXT                                                               \
	"A policy is a FILE of any format (-: standard input), grants:GRANT,GRANT...,\n" \
	"pledge:WORDS, pid:NUMBER, or what --grant, --pledge or --pid say.\n"

/* For verbs that take grants, and a policy in place of them. */
#define POLICY_INSTEAD_OPTIONS                                   \
	FILTER_CONTEXT_OPTIONS, POLICY_FILE_OPTIONS,             \
	{                                                        \
		"policy", required_argument, NULL, OPTION_POLICY \
	}
#define POLICY_INSTEAD_HELP                                                                  \
	FILTER_CONTEXT_HELP                                                                  \
	"      --policy POLICY     in place of grants: a file of any format, or what else\n" \
	"                          'stile explain' takes; --abi and these are for "          \
	"it:\n" POLICY_FILE_HELP

struct policy_source_options {
	struct policy_file_options file;
	struct filter_context context;
	const char *pid;    /* NULL: none */
	const char *policy; /* that stands in place of grants; NULL: none */
	bool is_input_read;
};

/* For a command line of so many words. False: out of memory, and it was said. */
bool policy_source_start(struct policy_source_options *options, const char *verb, int words);
void policy_source_end(struct policy_source_options *options);

/* Keeps an option that getopt_long() returned. */
enum option_result policy_source_take(struct policy_source_options *options, int option,
				      const char *value);

/* Whether options stand for a policy. */
bool policy_source_is_given(const struct policy_source_options *options);

/*
 * Reads a policy: of a word, or of options if it is NULL. The caller frees it. NULL: it was said
 * why there is none.
 */
struct stile_policy *policy_source_read(struct policy_source_options *options, const char *word);

/* What it is called: the word, "standard input", "the grants", "the process". */
const char *policy_source_name(const struct policy_source_options *options, const char *word);

/*
 * Puts into options->context.s what options say: grants, or the policy in place of them. 0, or
 * STATUS_USAGE or STATUS_FAILED, and it was said.
 */
int policy_source_fill(struct policy_source_options *options);

/* Several, in their order; what options stand for is first. */
struct policy_list {
	struct stile_policy **policies;
	const char **names;
	size_t count;
};

/* False: it was said. */
bool policy_list_read(struct policy_list *list, struct policy_source_options *options,
		      char *const *words, size_t count);
void policy_list_free(struct policy_list *list);

#endif
