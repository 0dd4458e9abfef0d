/* SPDX-License-Identifier: MIT */
/*
 * Start a program so that it runs under a filter that need not permit exec.
 *
 * The exec happens first, traced. Before the first instruction of the new program the
 * kernel is made to load the start filter into it, at the entry point of the main program
 * (AT_ENTRY) the final filter, and then the program is let go. A program without a loader
 * gets the final filter alone, before its first instruction.
 *
 * What runs before the entry point (the loader, resolvers, constructors of shared objects)
 * runs under the start filter. Since glibc 2.34 the constructors of the main program itself
 * run after its entry point, thus under the final filter.
 *
 * The tracing is done by a process of its own, a child that ends before spawn_filtered()
 * returns. So the caller's other threads, its SIGCHLD handler and its wait(-1) never see,
 * and never steal, a stop of the program. While it lasts:
 *  - if the caller dies, the tracer and everything it traces die;
 *  - a signal for the program reaches it, a stop holds it until it is continued.
 *
 * What stays behind in the program is read-only memory with the filters' instructions: no
 * descriptor, no tracer.
 */
#ifndef CORE_SPAWN_H
#define CORE_SPAWN_H

#include <linux/filter.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "spawn_hold.h"

struct spawn_filters {
	/*
	 * The start filter must
	 *  - answer SECCOMP_RET_TRACE for seccomp(2), without conditions, unless may_narrow:
	 *    the tracer lets its own call through and answers the program's with EPERM
	 *    (after the start: final filter's answer, or ENOSYS if that is no stricter);
	 *  - refuse prctl(PR_SET_SECCOMP);
	 *  - refuse clone(2) with CLONE_UNTRACED and answer clone3(2) with ENOSYS, because a
	 *    child made so is invisible to the tracer and would never get the final filter;
	 *  - refuse execve and execveat unless may_exec.
	 * It stays on for good, below the final filter: what it refuses stays refused.
	 */
	const struct sock_fprog *start;
	/* Comes into force right before the final one, with a listener (core/policy_split.h). NULL:
	 * none. No filter of the program may have a listener already. */
	const struct sock_fprog *notifying;
	unsigned int listener_flags; /* for it: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV or 0 */
	const struct sock_fprog *final;
	unsigned int flags; /* SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW */
};

struct spawn_request {
	const char *path; /* the file itself: no search in PATH */
	char *const *argv;
	char *const *envp;
	struct spawn_filters filters;
	bool may_exec;	    /* the policy permits exec: one before the entry point is legal */
	bool may_narrow;    /* the policy permits seccomp(2), also before the entry point */
	bool is_stopped;    /* let go with SIGSTOP pending */
	bool hides_vdso;    /* the program does not find the vDSO */
	bool is_supervised; /* the caller may be not dumpable: the child makes itself so */
	bool is_held; /* besides, for another tracer (spawn_hold.h); it must have one thread */
	/* With which signals the program starts. NULL: as they are in the calling thread. */
	const sigset_t *blocked;
	const sigset_t *ignored;
};

struct spawn_result {
	pid_t pid;		/* the program, a child of the caller; 0 if it was not started */
	struct spawn_hold hold; /* if it was to be held */
	int listener;		/* of the notifying filter, close-on-exec; -1: none */
	int exec_errno;		/* for -ENOEXEC: why */
	int wait_status;    /* for -ECHILD: how it ended, as waitpid() tells; -1: we killed it */
	int filters_before; /* filters that it had inherited, as read from the kernel */
	int filters_after;  /* ... and that are on it now, every thread */
	char message[256];  /* a sentence, for every error */
};

/*
 * 0: the program runs under the filters and is an ordinary child of the caller, who waits
 * for it. Otherwise it, its threads and its children are dead and reaped, and
 *	-EINVAL   the request makes no sense
 *	-ENOEXEC  it cannot be executed (exec_errno), or is for another ABI (ENOEXEC)
 *	-EPERM    it may not be traced; the message says why and what to do
 *	-ECHILD   it ended, or did what made us kill it, before the final filter was on
 *	-ESRCH    a thread of it has a filter of its own
 *	-ENOMEM, -EIO
 */
int spawn_filtered(const struct spawn_request *request, struct spawn_result *result);

#endif
