/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_PROGRAM_H
#define CLI_TRACE_PROGRAM_H

/* A program that is traced: its start, its end, and what is passed on to it in between. */

#include <stile/context.h>

#include "trace_calls.h"

/*
 * Starts the program (path, argv) under the context and waits until it and all that it has started
 * have ended. Its exit status, or ours.
 */
int run_traced(struct trace *trace, struct stile *s, const char *path, char **argv);

/*
 * The program is started by this command itself, which is what is traced first, and then executes
 * it: so what happens between exec and the entry point is seen. If argv asks for that it is done:
 * returns only if it is not asked for.
 */
void trace_become_program(int argc, char **argv);

#endif
