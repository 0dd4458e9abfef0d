/* SPDX-License-Identifier: MIT */
/* How a supervisor's programs end, and the supervisor itself. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "public.h"
#include "supervisor.h"
#include "supervisor_trace.h"

#define THREADS_MOST 1024

STILE_PUBLIC int stile_supervisor_set_threads(struct stile_supervisor *supervisor,
					      unsigned int count)
{
	if (!supervisor)
		return -ENOMEM;
	if (count < 1 || count > THREADS_MOST)
		return -EINVAL;
	supervisor_threads_limit(supervisor, count);
	supervisor_limit_traced(supervisor);
	return 0;
}

/* The program's source, which nobody else waits for from now on; NULL: there is none. */
static struct source *claim(struct stile_supervisor *supervisor, pid_t pid)
{
	struct source *source;

	(void)pthread_mutex_lock(&supervisor->lock);
	for (source = supervisor->sources; source; source = source->next)
		if (source->pid == pid && !source->is_claimed)
			break;
	if (source)
		source->is_claimed = true;
	(void)pthread_mutex_unlock(&supervisor->lock);
	return source;
}

static int wait_for(struct stile_supervisor *supervisor, const struct source *source,
		    bool with_stops, int *status)
{
	const int options = __WALL | (with_stops ? WUNTRACED : 0);

	if (source->is_traced)
		return supervisor_wait_traced(supervisor, source->pid, with_stops, status);
	while (waitpid(source->pid, status, options) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* It is known how the program ended; nothing may be left of it then. */
static void note_end(struct stile_supervisor *supervisor, struct source *source)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	source->was_waited = true;
	if (source->listener < 0 && source->running == 0 && !source->is_lost)
		supervisor_forget(supervisor, source);
	(void)pthread_cond_broadcast(&supervisor->changed);
	(void)pthread_mutex_unlock(&supervisor->lock);
}

/* It has stopped and not ended: it is to be waited for again. */
static void unclaim(struct stile_supervisor *supervisor, struct source *source)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	source->is_claimed = false;
	(void)pthread_mutex_unlock(&supervisor->lock);
}

static int wait_for_program(struct stile_supervisor *supervisor, pid_t pid, bool with_stops,
			    int *status)
{
	struct source *source;
	int error, ended = 0;

	if (!supervisor)
		return -ENOMEM;
	source = pid > 0 ? claim(supervisor, pid) : NULL;
	if (!source)
		return -ECHILD;
	error = wait_for(supervisor, source, with_stops, &ended);
	if (!error && WIFSTOPPED(ended))
		unclaim(supervisor, source);
	else
		note_end(supervisor, source);
	if (!error && status)
		*status = ended;
	return error;
}

STILE_PUBLIC int stile_supervisor_wait(struct stile_supervisor *supervisor, pid_t pid, int *status)
{
	return wait_for_program(supervisor, pid, false, status);
}

STILE_PUBLIC int stile_supervisor_wait_stop(struct stile_supervisor *supervisor, pid_t pid,
					    int *status)
{
	return wait_for_program(supervisor, pid, true, status);
}

/* A program that nobody waits for, or 0. */
static pid_t next_program(struct stile_supervisor *supervisor)
{
	const struct source *source;
	pid_t pid;

	(void)pthread_mutex_lock(&supervisor->lock);
	for (source = supervisor->sources; source; source = source->next)
		if (source->pid > 0 && !source->is_claimed)
			break;
	pid = source ? source->pid : 0;
	(void)pthread_mutex_unlock(&supervisor->lock);
	return pid;
}

/* The lock is held. */
static bool has_targets(const struct stile_supervisor *supervisor)
{
	for (const struct source *source = supervisor->sources; source; source = source->next)
		if (!source->is_lost || (source->pid > 0 && !source->was_waited))
			return true;
	return false;
}

STILE_PUBLIC int stile_supervisor_wait_all(struct stile_supervisor *supervisor)
{
	pid_t pid;

	if (!supervisor)
		return -ENOMEM;
	while ((pid = next_program(supervisor)) > 0)
		(void)stile_supervisor_wait(supervisor, pid, NULL);
	supervisor_wait_all_traced(supervisor);
	(void)pthread_mutex_lock(&supervisor->lock);
	while (has_targets(supervisor))
		(void)pthread_cond_wait(&supervisor->changed, &supervisor->lock);
	(void)pthread_mutex_unlock(&supervisor->lock);
	return 0;
}

/* By their pidfds: if somebody has waited for one, its number may be another's. */
static void kill_programs(struct stile_supervisor *supervisor)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	for (const struct source *source = supervisor->sources; source; source = source->next)
		if (source->pidfd >= 0 && !source->was_waited && !source->is_traced)
			(void)syscall(SYS_pidfd_send_signal, source->pidfd, SIGKILL, NULL, 0);
	(void)pthread_mutex_unlock(&supervisor->lock);
	supervisor_kill_traced(supervisor);
}

/* Whose handlers this thread runs. Found without the dynamic loader, which would allocate. */
static _Thread_local const struct stile_supervisor *served
	__attribute__((tls_model("initial-exec")));

void supervisor_serve(const struct stile_supervisor *supervisor)
{
	served = supervisor;
}

/* In a child that the supervisor's process has forked. Neither the threads nor the programs are its
 * own, and a thread that it has not may hold any lock: so the memory stays. */
static void give_copies_back(const struct stile_supervisor *supervisor)
{
	for (const struct source *source = supervisor->sources; source; source = source->next) {
		if (source->listener >= 0)
			(void)close(source->listener);
		if (source->pidfd >= 0)
			(void)close(source->pidfd);
	}
	(void)close(supervisor->epoll);
	(void)close(supervisor->wake);
}

STILE_PUBLIC void stile_supervisor_free(struct stile_supervisor *supervisor)
{
	struct source *source;
	pid_t pid;

	if (!supervisor)
		return;
	if (supervisor->owner != getpid()) {
		give_copies_back(supervisor);
		return;
	}
	if (served == supervisor) {
		supervisor_fault(supervisor,
				 "a handler called stile_supervisor_free(), which waits for all "
				 "handlers: nothing was freed: free it in another thread, when the "
				 "handler has returned");
		return;
	}
	kill_programs(supervisor);
	while ((pid = next_program(supervisor)) > 0)
		(void)stile_supervisor_wait(supervisor, pid, NULL);
	supervisor_end_tracing(supervisor);
	supervisor_threads_end(supervisor);
	while ((source = supervisor->sources))
		supervisor_forget(supervisor, source);
	if (supervisor->epoll >= 0)
		(void)close(supervisor->epoll);
	if (supervisor->wake >= 0)
		(void)close(supervisor->wake);
	if (supervisor->stops >= 0)
		(void)close(supervisor->stops);
	(void)pthread_cond_destroy(&supervisor->changed);
	(void)pthread_mutex_destroy(&supervisor->lock);
	free(supervisor);
}
