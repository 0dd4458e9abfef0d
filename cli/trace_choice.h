/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACE_CHOICE_H
#define CLI_TRACE_CHOICE_H

/* Which calls `stile trace` shows, as -e says it. */

#include <stdbool.h>
#include <stddef.h>

#include <stile/supervise.h>

/* Names of calls, each once. The names are static memory. */
struct call_names {
	const char **names;
	size_t count;
};

struct trace_choice {
	struct call_names calls, left_out;
	struct call_names held; /* by the grants, under whatever conditions */
	char **grants;		/* "system_io.open_readonly" */
	size_t grant_count;
	bool has_failed; /* out of memory */
};

/* Takes the words of an -e, divided by commas. 0, or a status to exit with, and it was said why. */
int trace_choice_add(struct trace_choice *choice, const char *words);

/* Whether calls by this name are shown, all or some. */
bool trace_choice_has(const struct trace_choice *choice, const char *name);

struct trace_handlers {
	stile_handler entry, exit;	     /* of the calls that are shown */
	stile_handler exec_entry, exec_exit; /* of exec where it is not shown */
	stile_handler let_through;	     /* of what must not fail because others are shown */
	void *data;
};

/* Has the handlers asked, in a context that allows. 0, or the context has the error. */
int trace_choice_apply(const struct trace_choice *choice, struct stile *s,
		       const struct trace_handlers *handlers);

void trace_choice_end(struct trace_choice *choice);

#endif
