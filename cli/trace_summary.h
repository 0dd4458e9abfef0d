/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_SUMMARY_H
#define CLI_TRACE_SUMMARY_H

/* How often each call was made, how often it failed, how long it took. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct traced_call;

struct call_sum {
	const char *name;
	uint64_t calls, errors, nanoseconds;
};

struct trace_summary {
	struct call_sum *sums;
	size_t count, capacity;
};

/* False: out of memory. */
bool trace_summary_add(struct trace_summary *summary, const struct traced_call *traced);

/* Those that took the longest first. */
void trace_summary_write(struct trace_summary *summary, FILE *stream);
void trace_summary_write_json(struct trace_summary *summary, FILE *stream);

void trace_summary_end(struct trace_summary *summary);

#endif
