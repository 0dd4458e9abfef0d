/* SPDX-License-Identifier: MIT */
/* A program under supervision, in one call. */
#include <errno.h>

#include "context.h"
#include "public.h"

#include <stile/supervise.h>

STILE_PUBLIC int stile_supervise(struct stile *s, const char *path, char *const argv[],
				 char *const envp[])
{
	struct stile_supervisor *supervisor;
	int error = context_ready(s), status = 0;
	pid_t pid;

	if (error)
		return error;
	supervisor = stile_supervisor_new();
	if (!supervisor)
		return context_out_of_memory(s);
	error = stile_supervisor_spawn(supervisor, s, path, argv, envp, NULL, &pid);
	if (!error)
		error = stile_supervisor_wait(supervisor, pid, &status);
	stile_supervisor_free(supervisor);
	if (error && !stile_error(s))
		return context_fail(s, -EIO,
				    "it is not known how the program ended: somebody "
				    "else has waited for it");
	return error ? error : status;
}
