/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUTPUT_FILE_H
#define CLI_OUTPUT_FILE_H

/*
 * Output that is there whole or not at all: it is written to a file without a name, or beside its
 * place, and then put there.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct output_file {
	FILE *stream;
	const char *path;	  /* NULL: standard output */
	char temporary[PATH_MAX]; /* in the same folder */
	bool is_named;		  /* the file stands there */
	char nameless[32];	  /* "": not so; how to reach a file without a name */
};

/* path NULL or "-": standard output. 0, or -1 and it was said why. */
int output_open(struct output_file *output, const char *verb, const char *path);

/* Puts what was written into its place. 0, or -1, it was said why, and nothing has changed. */
int output_finish(struct output_file *output, const char *verb);

/* In place of output_finish(): as if output_open() had not been called. */
void output_abandon(struct output_file *output);

#endif
