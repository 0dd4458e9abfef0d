/* SPDX-License-Identifier: MIT */
/* The life of a supervisor, and of what its calls come from. */
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/notify.h>

#include "context.h"
#include "not_dumpable.h"
#include "public.h"
#include "supervised.h"
#include "supervisor_trace.h"

#define THREADS_FIRST 64

void supervisor_fault(struct stile_supervisor *supervisor, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)pthread_mutex_lock(&supervisor->lock);
	(void)vsnprintf(supervisor->message, sizeof(supervisor->message), format, arguments);
	supervisor->faults++;
	(void)pthread_mutex_unlock(&supervisor->lock);
	va_end(arguments);
}

STILE_PUBLIC uint64_t stile_supervisor_message(struct stile_supervisor *supervisor, char *message,
					       size_t size)
{
	uint64_t faults;

	if (message && size)
		*message = '\0';
	if (!supervisor)
		return 0;
	(void)pthread_mutex_lock(&supervisor->lock);
	faults = supervisor->faults;
	if (message && size)
		(void)snprintf(message, size, "%s", supervisor->message);
	(void)pthread_mutex_unlock(&supervisor->lock);
	return faults;
}

STILE_PUBLIC struct stile_supervisor *stile_supervisor_new(void)
{
	struct stile_supervisor *supervisor = calloc(1, sizeof(*supervisor));
	struct epoll_event event = { .events = EPOLLIN };

	if (!supervisor)
		return NULL;
	(void)pthread_mutex_init(&supervisor->lock, NULL); /* on Linux these cannot fail */
	(void)pthread_cond_init(&supervisor->changed, NULL);
	supervisor->owner = getpid();
	supervisor->threads.most = THREADS_FIRST;
	supervisor->stops = -1;
	supervisor->epoll = epoll_create1(EPOLL_CLOEXEC);
	supervisor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (supervisor->epoll >= 0 && supervisor->wake >= 0 &&
	    epoll_ctl(supervisor->epoll, EPOLL_CTL_ADD, supervisor->wake, &event) == 0)
		return supervisor;
	stile_supervisor_free(supervisor);
	return NULL;
}

struct source *source_new(struct stile *s)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source) {
		(void)context_out_of_memory(s);
		return NULL;
	}
	source->listener = -1;
	source->pidfd = -1;
	if (handlers_copy(s, &source->handlers) == 0)
		return source;
	free(source);
	return NULL;
}

void source_free(struct source *source)
{
	if (source->listener >= 0)
		(void)close(source->listener);
	if (source->pidfd >= 0)
		(void)close(source->pidfd);
	handlers_free(&source->handlers);
	free(source);
}

void supervisor_forget(struct stile_supervisor *supervisor, struct source *source)
{
	struct source **at = &supervisor->sources;

	while (*at && *at != source)
		at = &(*at)->next;
	if (*at)
		*at = source->next;
	source_free(source);
}

int supervisor_add(struct stile_supervisor *supervisor, struct source *source, int listener)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };
	int error = 0;

	if (listener >= 0)
		(void)stile_set_sync_wake_up(listener); /* faster; kernels before 6.6 do without */
	(void)pthread_mutex_lock(&supervisor->lock);
	source->listener = listener; /* the leader may have its first call at once */
	if (listener >= 0 && epoll_ctl(supervisor->epoll, EPOLL_CTL_ADD, listener, &event) < 0) {
		error = -errno;
		source->listener = -1;
	} else {
		source->next = supervisor->sources;
		supervisor->sources = source;
	}
	(void)pthread_mutex_unlock(&supervisor->lock);
	return error;
}

static int check_supervisor(struct stile_supervisor *supervisor, struct stile *s)
{
	int error = context_ready(s);

	if (!error && !supervisor)
		error = context_fail(s, -ENOMEM, "out of memory: there is no supervisor");
	if (!error)
		error = supervisor_threads_start(supervisor);
	if (error && !stile_error(s))
		error = context_fail(s, -EIO, "the supervisor cannot start a thread: %s",
				     strerrordesc_np(-error));
	return error;
}

/* A program that could not be supervised must not run. */
static void end_program(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

static int take_in(struct stile_supervisor *supervisor, struct stile *s, struct source *source,
		   const struct supervised_start *started)
{
	int error;

	source->pid = started->pid;
	source->pidfd = (int)syscall(SYS_pidfd_open, source->pid, 0);
	if (source->pidfd < 0 && errno != ESRCH) /* that: it has ended, and nobody waits for it */
		return context_fail(s, -EIO, "the program cannot be watched: pidfd_open: %s",
				    strerrordesc_np(errno));
	source->is_traced = s->is_intercepted;
	source->hold = started->hold;
	if (source->is_traced) {
		error = supervisor_trace(supervisor, s, source);
		if (error)
			return error;
	}
	error = supervisor_add(supervisor, source, started->listener);
	if (error && source->is_traced)
		supervisor_end_traced(supervisor, started->pid);
	return error ? context_fail(s, -EIO, "the listener cannot be waited for: %s",
				    strerrordesc_np(-error)) :
		       0;
}

STILE_PUBLIC int stile_supervisor_spawn(struct stile_supervisor *supervisor, struct stile *s,
					const char *path, char *const argv[], char *const envp[],
					const struct stile_spawn_signals *signals, pid_t *pid)
{
	struct supervised_start started = {
		.path = path, .argv = argv, .envp = envp, .signals = signals, .listener = -1
	};
	int error = check_supervisor(supervisor, s);
	struct source *source;

	if (error)
		return error;
	if (!path || !argv || !argv[0] || !pid)
		return context_fail(s, -EINVAL,
				    "stile_supervisor_spawn() needs a program, its arguments "
				    "(argv[0] at least) and a place for the process id");
	source = source_new(s);
	if (!source)
		return stile_error(s);
	/* A target of the same user could take the listener, or change our memory. */
	error = make_not_dumpable();
	if (error)
		error = context_fail(s, error,
				     "cannot keep the supervisor out of its target's "
				     "reach (prctl): %s",
				     strerrordesc_np(-error));
	else
		error = spawn_supervised(s, &started);
	if (!error) {
		error = take_in(supervisor, s, source, &started);
		if (error) {
			if (!source->is_traced)
				end_program(started.pid);
			if (started.listener >= 0 && source->listener < 0)
				(void)close(started.listener);
		}
	}
	if (error)
		source_free(source);
	else
		*pid = started.pid;
	return error;
}

STILE_PUBLIC int stile_supervisor_add_listener(struct stile_supervisor *supervisor, struct stile *s,
					       int listener)
{
	struct source *source = NULL;
	int error = 0;

	if (!supervisor || !s)
		error = -ENOMEM;
	else if (stile_check_notification(listener, 0) != -ENOENT)
		error = context_fail(s, -EBADF, "descriptor %d is no listener", listener);
	else if (supervisor_threads_start(supervisor) < 0)
		error = context_fail(s, -EIO, "the supervisor cannot start a thread");
	else if (!(source = source_new(s)))
		error = stile_error(s);
	if (!error) {
		error = supervisor_add(supervisor, source, listener);
		if (!error)
			return 0;
		error = context_fail(s, error == -EEXIST ? -EEXIST : -EIO,
				     "listener %d cannot be waited for: %s", listener,
				     strerrordesc_np(-error));
		source_free(source);
	}
	if (listener >= 0)
		(void)close(listener);
	return error;
}
