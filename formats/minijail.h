/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_MINIJAIL_H
#define FORMATS_MINIJAIL_H

/*
 * minijail's policy files between their text and a policy. There are two parsers of them there: of
 * libminijail, in C, and compile_seccomp_policy.py, which takes more. What only the second takes is
 * remembered: one kind of line means something else to it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"
#include "include_file.h"
#include "minijail_tokens.h"

struct minijail_place {
	const char *file; /* belongs to struct minijail_file */
	unsigned int line, column;
};

enum minijail_test {
	MINIJAIL_EQUAL,
	MINIJAIL_NOT_EQUAL,
	MINIJAIL_LESS,
	MINIJAIL_LESS_OR_EQUAL,
	MINIJAIL_GREATER,
	MINIJAIL_GREATER_OR_EQUAL,
	MINIJAIL_ANY_BIT,     /* &: at least one of these bits is set */
	MINIJAIL_NO_OTHER_BIT /* in: no bit but these is set */
};

struct minijail_atom {
	uint8_t argument;
	bool begins_clause; /* what follows "||", and the first: clauses are alternatives */
	enum minijail_test test;
	uint64_t value; /* within the ABI's word */
};

enum minijail_answer {
	MINIJAIL_UNSAID,       /* nothing stands behind an expression */
	MINIJAIL_ALLOW,	       /* 1, allow */
	MINIJAIL_RETURN,       /* return ERRNO, in action */
	MINIJAIL_RETURN_ALONE, /* return, which the C parser takes for the default action */
	MINIJAIL_KILL,	       /* kill, whatever that is */
	MINIJAIL_OTHER	       /* in action */
};

struct minijail_filter {
	struct minijail_place place;
	size_t first_atom, atom_count; /* 0: for all calls */
	enum minijail_answer answer;
	struct stile_action action;
};

struct minijail_statement {
	struct minijail_place place;
	size_t first_call, call_count, first_filter, filter_count;
	bool is_braced; /* its filters stand in { } */
};

struct minijail_call {
	uint32_t number;
	const char *name; /* static memory */
};

/* A file that was read. */
struct minijail_file {
	struct minijail_file *previous;
	char *name; /* for messages */
	bool has_denylist;
};

/* What was read of a file and those that it includes. */
struct minijail_text {
	const struct source *source;
	const struct read_options *options;
	struct diagnostics *diagnostics;
	unsigned int bits; /* that are compared: 64, or 32 on i386 */

	struct minijail_file *files;
	struct includes includes;
	struct minijail_atom *atoms;
	size_t atom_count, atom_capacity;
	struct minijail_filter *filters;
	size_t filter_count, filter_capacity;
	struct minijail_call *calls;
	size_t call_count, call_capacity;
	struct minijail_statement *statements;
	size_t statement_count, statement_capacity;
	size_t rule_count; /* that were made of them */

	bool has_default, is_denylist;
	enum minijail_answer default_answer; /* MINIJAIL_KILL or MINIJAIL_OTHER */
	struct stile_action default_action;
	/* What only compile_seccomp_policy.py takes, and where it stands first; NULL: nothing. */
	const char *python_feature;
	struct minijail_place python_place;
};

#define MINIJAIL_ENTRIES_MAX 4096 /* statements; calls, filters and atoms: 16 times as many */
#define MINIJAIL_DEPTH_MAX 8	  /* of included files, as compile_seccomp_policy.py has it */
#define MINIJAIL_RULES_MAX 65536

/* A file in the work; includes are files of their own. */
struct minijail_parser {
	struct minijail_text *text;
	const struct included_file *by; /* that is read; NULL: the first file */
	struct minijail_file *file;
	struct tokens tokens;
	const struct token *next; /* of the statement */
};

/* Says an error at a token, with what was found there. False, for `return`. */
bool minijail_expected(struct minijail_parser *parser, const struct token *token, const char *what);
bool minijail_error(struct minijail_parser *parser, const struct token *token, const char *format,
		    ...) __attribute__((format(printf, 3, 4)));

struct minijail_place minijail_place(const struct minijail_parser *parser,
				     const struct token *token);

/* Remembers that only compile_seccomp_policy.py takes this. */
void minijail_only_python(struct minijail_parser *parser, const struct token *token,
			  const char *feature);

/* Makes room for one item more in an array, at most max; false: it was said that there is none. */
bool minijail_grow(struct minijail_parser *parser, void *array, size_t *capacity, size_t count,
		   size_t size, size_t max);

/* A constant expression "A|~(B|3)" at next. False: it was said what is wrong. */
bool minijail_read_value(struct minijail_parser *parser, uint64_t *value);

/* A filter, or several in braces, at next, into text->filters. */
bool minijail_read_filters(struct minijail_parser *parser, struct minijail_statement *statement);
/* What stands behind @default. */
bool minijail_read_default(struct minijail_parser *parser);

/* The syscalls before the colon, into text->calls. */
bool minijail_read_calls(struct minijail_parser *parser, struct minijail_statement *statement);

/* Reads all statements of a file. */
void minijail_read_file(struct minijail_text *text, const struct source *source,
			struct minijail_file *file, const struct included_file *by);
/* Reads the file that next names. */
bool minijail_include(struct minijail_parser *parser);
/* A new entry of text->files; NULL: out of memory, which was said. */
struct minijail_file *minijail_add_file(struct minijail_text *text, const char *name);

/* The policy that was read; NULL and errors were said. */
struct stile_policy *minijail_make_policy(struct minijail_text *text);

/* Adds the rules of a filter's atoms for a call. False: errors were said. */
bool minijail_add_rules(struct minijail_text *text, struct stile_policy *policy,
			const struct minijail_filter *filter, uint32_t number, int origin,
			struct stile_action action);

int minijail_write(FILE *stream, const struct stile_policy *policy,
		   const struct write_options *options, struct diagnostics *diagnostics);

#endif
