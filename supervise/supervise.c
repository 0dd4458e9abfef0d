/* SPDX-License-Identifier: MIT */
/* A program under supervision, in one call. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "context.h"
#include "public.h"

#include <stile/supervise.h>

/* Then the kernel keeps no status of children, but of those that are traced. */
static bool ignores_children(void)
{
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action) < 0)
		return true;
	return action.sa_flags & SA_NOCLDWAIT ||
	       (!(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN);
}

STILE_PUBLIC int stile_supervise(struct stile *s, const char *path, char *const argv[],
				 char *const envp[])
{
	struct stile_supervisor *supervisor;
	int error = context_ready(s), status = 0;
	pid_t pid;

	if (error)
		return error;
	if (!s->is_intercepted && ignores_children())
		return context_fail(s, -ECHILD,
				    "it would not be known how the program ends: SIGCHLD is "
				    "ignored (SIG_IGN or SA_NOCLDWAIT): set it to SIG_DFL first, "
				    "or "
				    "use a supervisor and stile_supervisor_wait_all()");
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
				    "else has waited for it, or SIGCHLD was ignored meanwhile");
	return error ? error : status;
}
