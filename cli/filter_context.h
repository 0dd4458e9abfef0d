/* SPDX-License-Identifier: MIT */
#ifndef CLI_FILTER_CONTEXT_H
#define CLI_FILTER_CONTEXT_H

/*
 * The context of verbs that make or judge a filter and enforce none: the options of
 * context_options.h, and --abi.
 */

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include <stile.h>

#include "context_options.h"

/* For getopt_long(): its letters, and its table. */
#define FILTER_CONTEXT_LETTERS CONTEXT_LETTERS "a:"
#define FILTER_CONTEXT_OPTIONS                      \
	CONTEXT_OPTIONS,                            \
	{                                           \
		"abi", required_argument, NULL, 'a' \
	}

/* Their lines in --help. */
#define FILTER_CONTEXT_HELP                                                                   \
	CONTEXT_HELP                                                                          \
	"  -a, --abi ABI[,ABI...]  the ABIs by which calls may be made: x86_64, i386, x32,\n" \
	"                          aarch64, riscv64; if not said, this machine's own\n"

/* An option as it was given. */
struct given_option {
	int letter;
	const char *value;
};

struct filter_context {
	const char *verb;
	struct stile *s;
	struct given_option *given; /* but --abi */
	size_t given_count;
	enum stile_abi abis[STILE_ABI_COUNT]; /* in the order in which they were given */
	size_t abi_count;
	bool is_granting;
};

/* For a command line of so many words. False: out of memory, and it was said. */
bool filter_context_start(struct filter_context *context, const char *verb, int words);
void filter_context_end(struct filter_context *context);

/* Keeps an option that getopt_long() returned. */
enum option_result filter_context_take(struct filter_context *context, int option,
				       const char *value);

/*
 * Puts all options into context->s when none is to come any more: ABIs first, since grants are
 * resolved for them. False: it was said what is wrong.
 */
bool filter_context_fill(struct filter_context *context);

#endif
