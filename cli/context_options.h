/* SPDX-License-Identifier: MIT */
#ifndef CLI_CONTEXT_OPTIONS_H
#define CLI_CONTEXT_OPTIONS_H

/* The options that say what is granted, once for all verbs that build a context of them. */

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include <stile.h>

/* For getopt_long(): its letters, and its table. */
#define CONTEXT_LETTERS "g:p:d:b:"
#define CONTEXT_OPTIONS                                                                        \
	{ "grant", required_argument, NULL, 'g' }, { "pledge", required_argument, NULL, 'p' }, \
		{ "default", required_argument, NULL, 'd' },                                   \
	{                                                                                      \
		"baseline", required_argument, NULL, 'b'                                       \
	}

/* Their lines in --help. */
#define CONTEXT_HELP                                                                            \
	"  -g, --grant GRANT       grant a capability, e.g. system_io.open_readonly or\n"       \
	"                          'system_io.read_fd(3)'; may be given many times\n"           \
	"  -p, --pledge WORDS      grant OpenBSD's words, e.g. 'stdio rpath'\n"                 \
	"  -d, --default ACTION    what the rest gets: errno=NAME (EPERM if not said), trap,\n" \
	"                          kill-thread or kill\n"                                       \
	"  -b, --baseline KERNEL   calls newer than this kernel, e.g. 6.1, fail with ENOSYS\n"

enum option_result {
	OPTION_TAKEN,
	OPTION_WRONG, /* and it was said why */
	OPTION_OTHER  /* none of these */
};

/* Puts an option that getopt_long() returned into the context. */
enum option_result take_context_option(const char *verb, int option, const char *value,
				       struct stile *s);

/* Whether it is one of these options, and whether it grants something. */
static inline bool is_context_option(int option)
{
	return option > ':' && option < 128 && strchr(CONTEXT_LETTERS, option);
}

static inline bool is_granting_option(int option)
{
	return option == 'g' || option == 'p';
}

#endif
