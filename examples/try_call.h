/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_TRY_CALL_H
#define EXAMPLES_TRY_CALL_H

#include <stddef.h>
#include <stdint.h>

/* A call that a program makes in order to see whether its sandbox refuses it. */
struct try_call {
	const char *text; /* as one writes it in C */
	const char *syscall;
	uint64_t arguments[6]; /* as the registers hold them */
};

/* Makes the call: 0, or the errno with which it failed. */
int try_call(const struct try_call *call);

/* Whether a stile_new() context answers a refused call with this errno. */
int is_refusal(int error);

/* "EPERM"; static memory. */
const char *errno_name(int error);

/*
 * Makes all calls and writes a line for each into text: "WHO: CALL: EPERM". Returns how many
 * were not refused.
 */
size_t try_calls(const char *who, const struct try_call *calls, size_t count, char *text,
		 size_t size);

#endif
