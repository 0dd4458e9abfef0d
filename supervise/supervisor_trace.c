/* SPDX-License-Identifier: MIT */
#include "supervisor_trace.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "context.h"
#include "tracing.h"

static void note_fault(void *data, const char *sentence)
{
	supervisor_fault(data, "%s", sentence);
}

static void begin_handler(void *data)
{
	supervisor_begin_handler(data);
	supervisor_serve(data);
}

static void end_handler(void *data)
{
	supervisor_serve(NULL);
	supervisor_end_handler(data);
}

static unsigned int most_handlers(void *data)
{
	struct stile_supervisor *supervisor = data;

	return atomic_load_explicit(&supervisor->threads.most, memory_order_relaxed);
}

static void note_stop(void *data)
{
	const struct stile_supervisor *supervisor = data;
	const uint64_t one = 1;

	/* If it fails, it is readable already. */
	if (supervisor->stops >= 0)
		(void)!write(supervisor->stops, &one, sizeof(one));
}

/* The supervisor's, from now on; NULL: out of memory. */
static struct tracing *get_tracing(struct stile_supervisor *supervisor)
{
	const struct tracing_settings settings = { note_fault, begin_handler, end_handler,
						   supervisor, most_handlers, note_stop };
	struct tracing *tracing;

	(void)pthread_mutex_lock(&supervisor->lock);
	if (!supervisor->tracing)
		supervisor->tracing = tracing_new(&settings);
	tracing = supervisor->tracing;
	(void)pthread_mutex_unlock(&supervisor->lock);
	return tracing;
}

/* NULL: nothing was ever traced. */
static struct tracing *find_tracing(struct stile_supervisor *supervisor)
{
	struct tracing *tracing;

	(void)pthread_mutex_lock(&supervisor->lock);
	tracing = supervisor->tracing;
	(void)pthread_mutex_unlock(&supervisor->lock);
	return tracing;
}

int supervisor_trace(struct stile_supervisor *supervisor, struct stile *s, struct source *source)
{
	struct tracing *tracing = get_tracing(supervisor);
	int error = -ENOMEM;

	if (tracing)
		error = tracing_attach(tracing, source->pid, &source->handlers, &source->hold);
	else
		tracing_end_unattached(source->pid);
	if (!error)
		return 0;
	if (error == -EPERM)
		return context_fail(s, error,
				    "the program may not be traced: it must be of this user, and "
				    "nobody else may trace it (kernel.yama.ptrace_scope, a "
				    "debugger)");
	return context_fail(s, error, "the program cannot be traced: %s", strerrordesc_np(-error));
}

void supervisor_end_traced(struct stile_supervisor *supervisor, pid_t pid)
{
	int status;

	tracing_kill(find_tracing(supervisor), pid);
	(void)tracing_wait(find_tracing(supervisor), pid, false, &status);
}

int supervisor_wait_traced(struct stile_supervisor *supervisor, pid_t pid, bool with_stops,
			   int *status)
{
	return tracing_wait(find_tracing(supervisor), pid, with_stops, status);
}

int supervisor_tell_stops(struct stile_supervisor *supervisor)
{
	supervisor->stops = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return supervisor->stops;
}

int supervisor_take_stop(struct stile_supervisor *supervisor, pid_t pid)
{
	return tracing_take_stop(find_tracing(supervisor), pid);
}

void supervisor_wait_all_traced(struct stile_supervisor *supervisor)
{
	struct tracing *tracing = find_tracing(supervisor);

	if (tracing)
		tracing_wait_all(tracing);
}

void supervisor_kill_traced(struct stile_supervisor *supervisor)
{
	struct tracing *tracing = find_tracing(supervisor);

	if (tracing)
		tracing_kill_all(tracing);
}

void supervisor_limit_traced(struct stile_supervisor *supervisor)
{
	struct tracing *tracing = find_tracing(supervisor);

	if (tracing)
		tracing_limit_changed(tracing);
}

void supervisor_end_tracing(struct stile_supervisor *supervisor)
{
	tracing_free(find_tracing(supervisor));
	supervisor->tracing = NULL;
}
