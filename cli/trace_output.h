/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_OUTPUT_H
#define CLI_TRACE_OUTPUT_H

/* Where `stile trace` writes: a file of its own, or standard error. Lines are there as soon as they
 * are written, and whole. */

#include <stdbool.h>
#include <stdio.h>

struct trace_output {
	FILE *stream;
	const char *path; /* NULL: standard error */
	bool has_failed;
};

/* 0, or -1 and it was said why. */
int trace_output_open(struct trace_output *output, const char *path);

/* To be called after each line. What cannot be written is said once; nothing more is written. */
void trace_output_flush(struct trace_output *output);

/* 0, or -1: something was not written, which was said. */
int trace_output_close(struct trace_output *output);

#endif
