/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_LINE_H
#define CLI_TRACE_LINE_H

/* A call that was seen, in a line for people or for programs. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <stile/supervise.h>

struct traced_argument {
	const char *name; /* static memory */
	uint64_t value;
	char *text; /* "": the call does not use it */
	char *path; /* of a descriptor; NULL: it is none, or not asked for */
};

struct traced_call {
	pid_t thread;
	const char *name;	  /* static memory */
	uint64_t begin, duration; /* nanoseconds; begin since the trace's */
	uint64_t words[6];
	bool is_finished;
	int64_t result; /* as stile_call_result() has it */
	char *result_path;
	unsigned int argument_count;
	struct traced_argument arguments[6];
};

/* At entry: which call it is. */
void traced_call_begin(struct traced_call *traced, const struct stile_call *call);

/* And what its arguments are. False: out of memory. */
bool traced_call_describe(struct traced_call *traced, struct stile_call *call, bool with_paths);

/* At exit: what it returns and has filled in. */
void traced_call_finish(struct traced_call *traced, struct stile_call *call, bool with_paths);

void traced_call_free(struct traced_call *traced);

/* Whether it returned an errno (and no number of the kernel's that says that it is made again). */
bool traced_call_failed(const struct traced_call *traced);

/* openat(AT_FDCWD, "/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory) */
void write_call_line(FILE *stream, const struct traced_call *traced, bool with_thread);
void write_call_json(FILE *stream, const struct traced_call *traced);

/* How the program ended; status as waitpid(2) has it. */
void write_end_line(FILE *stream, pid_t pid, int status, bool with_thread);
void write_end_json(FILE *stream, pid_t pid, int status);

#endif
