/* SPDX-License-Identifier: MIT */
#include "supervisor_trace.h"

#include <errno.h>

#include "context.h"

int supervisor_trace(struct stile_supervisor *supervisor, struct stile *s, struct source *source)
{
	(void)supervisor;
	(void)source;
	return context_fail(s, -ENOSYS, "not there yet");
}

int supervisor_wait_traced(struct stile_supervisor *supervisor, pid_t pid, int *status)
{
	(void)supervisor;
	(void)pid;
	(void)status;
	return -ECHILD;
}

void supervisor_wait_all_traced(struct stile_supervisor *supervisor)
{
	(void)supervisor;
}

void supervisor_end_tracing(struct stile_supervisor *supervisor)
{
	(void)supervisor;
}
