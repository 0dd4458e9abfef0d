/* SPDX-License-Identifier: MIT */
#include "tracing.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "traced_program.h"

#define STOPPED 0x7f /* the low byte of a wait status */

struct tracing *tracing_new(const struct tracing_settings *settings)
{
	struct tracing *tracing = calloc(1, sizeof(*tracing));

	if (!tracing)
		return NULL;
	tracing->settings = *settings;
	(void)pthread_mutex_init(&tracing->lock, NULL); /* on Linux these cannot fail */
	(void)pthread_cond_init(&tracing->changed, NULL);
	judges_init(&tracing->judges, &tracing->settings);
	return tracing;
}

static void program_free(struct traced_program *program)
{
	if (!program)
		return;
	deferred_destroy(&program->deferred);
	free(program->handlers.all);
	free(program);
}

/* The lock is held. Programs that are over and of which nothing more will be asked. */
static void collect(struct tracing *tracing, bool all)
{
	struct traced_program **at = &tracing->programs;

	while (*at) {
		struct traced_program *program = *at;

		if (!program->is_over || !(program->was_waited || all)) {
			at = &program->next;
			continue;
		}
		*at = program->next;
		(void)pthread_join(program->thread, NULL);
		program_free(program);
	}
}

/*
 * The kernel sends SIGCHLD for every stop. Where a program neither catches it nor waits for it,
 * that must find it unblocked in the tracer: then it is dropped at once. Else it stays, and each
 * one wakes another thread of the program for nothing.
 */
static bool drops_child_signals(void)
{
	struct sigaction action;
	sigset_t blocked;

	return sigaction(SIGCHLD, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
	       action.sa_handler == SIG_DFL && pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 &&
	       sigismember(&blocked, SIGCHLD) == 0;
}

/*
 * Signals of the caller's process are not for our threads. Those that a thread raises by a fault
 * of its own are left to whoever catches them.
 */
static int start_thread(struct traced_program *program)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		(void)sigdelset(&all, faults[i]);
	if (drops_child_signals())
		(void)sigdelset(&all, SIGCHLD);
	error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (error)
		return -error;
	error = pthread_create(&program->thread, NULL, trace_program, program);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static struct traced_program *program_new(struct tracing *tracing, pid_t pid,
					  const struct handlers *handlers)
{
	struct traced_program *program = calloc(1, sizeof(*program));
	const size_t size = handlers->count * sizeof(*handlers->all);

	if (!program)
		return NULL;
	program->tracing = tracing;
	program->settings = &tracing->settings;
	program->pid = pid;
	program->wake_fd = -1;
	program->handlers = *handlers;
	program->handlers.policy = NULL;
	program->handlers.all = malloc(size + 1);
	if (!program->handlers.all) {
		free(program);
		return NULL;
	}
	deferred_init(&program->deferred);
	if (size)
		memcpy(program->handlers.all, handlers->all, size);
	return program;
}

void tracing_end_unattached(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)trace_reap(pid, NULL, 0);
}

int tracing_attach(struct tracing *tracing, pid_t pid, const struct handlers *handlers,
		   const struct spawn_hold *hold)
{
	struct traced_program *program = program_new(tracing, pid, handlers);
	int error = -ENOMEM;

	if (program) {
		program->hold = hold ? *hold : (struct spawn_hold){ 0 };
		error = start_thread(program);
	}
	if (error) {
		program_free(program);
		tracing_end_unattached(pid);
		return error;
	}
	(void)pthread_mutex_lock(&tracing->lock);
	collect(tracing, false);
	program->next = tracing->programs;
	tracing->programs = program;
	while (!program->is_attached)
		(void)pthread_cond_wait(&tracing->changed, &tracing->lock);
	error = program->attach_error;
	if (error)
		program->was_waited = true;
	(void)pthread_mutex_unlock(&tracing->lock);
	return error;
}

static struct traced_program *find(const struct tracing *tracing, pid_t pid)
{
	for (struct traced_program *program = tracing->programs; program; program = program->next)
		if (program->pid == pid && !program->was_waited)
			return program;
	return NULL;
}

/* The lock is held. */
static bool has_news(const struct traced_program *program, bool with_stops)
{
	return program->has_ended || (with_stops && program->stop_signal);
}

int tracing_wait(struct tracing *tracing, pid_t pid, bool with_stops, int *status)
{
	struct traced_program *program;
	int error = -ECHILD;

	(void)pthread_mutex_lock(&tracing->lock);
	/* Another thread may have waited for it meanwhile: it is looked for again. */
	while ((program = find(tracing, pid)) && !has_news(program, with_stops))
		(void)pthread_cond_wait(&tracing->changed, &tracing->lock);
	if (program && !program->has_ended) {
		*status = program->stop_signal << 8 | STOPPED;
		program->stop_signal = 0;
		error = 0;
	} else if (program) {
		program->was_waited = true;
		if (program->has_status) {
			*status = program->status;
			error = 0;
		}
	}
	collect(tracing, false);
	(void)pthread_mutex_unlock(&tracing->lock);
	return error;
}

int tracing_take_stop(struct tracing *tracing, pid_t pid)
{
	struct traced_program *program;
	int number = 0;

	(void)pthread_mutex_lock(&tracing->lock);
	program = find(tracing, pid);
	if (program && !program->has_ended) {
		number = program->stop_signal;
		program->stop_signal = 0;
	}
	(void)pthread_mutex_unlock(&tracing->lock);
	return number;
}

/* The lock is held. */
static bool is_all_over(const struct tracing *tracing)
{
	for (const struct traced_program *program = tracing->programs; program;
	     program = program->next)
		if (!program->is_over)
			return false;
	return true;
}

void tracing_wait_all(struct tracing *tracing)
{
	(void)pthread_mutex_lock(&tracing->lock);
	while (!is_all_over(tracing))
		(void)pthread_cond_wait(&tracing->changed, &tracing->lock);
	(void)pthread_mutex_unlock(&tracing->lock);
}

/* The program's thread kills the rest when it hears of the end of this one. The lock is held. */
static void kill_program(struct traced_program *program)
{
	atomic_store(&program->is_killed, true);
	if (program->wake_fd >= 0)
		(void)syscall(SYS_pidfd_send_signal, program->wake_fd, SIGKILL, NULL, 0);
	else if (program->wake_pid > 0)
		(void)kill(program->wake_pid, SIGKILL);
}

void tracing_kill(struct tracing *tracing, pid_t pid)
{
	struct traced_program *program;

	(void)pthread_mutex_lock(&tracing->lock);
	program = find(tracing, pid);
	if (program)
		kill_program(program);
	(void)pthread_mutex_unlock(&tracing->lock);
}

void tracing_kill_all(struct tracing *tracing)
{
	(void)pthread_mutex_lock(&tracing->lock);
	for (struct traced_program *program = tracing->programs; program; program = program->next)
		kill_program(program);
	(void)pthread_mutex_unlock(&tracing->lock);
}

void tracing_limit_changed(struct tracing *tracing)
{
	judges_limit_changed(&tracing->judges);
}

void tracing_free(struct tracing *tracing)
{
	if (!tracing)
		return;
	tracing_kill_all(tracing);
	tracing_wait_all(tracing);
	collect(tracing, true);
	judges_end(&tracing->judges);
	(void)pthread_cond_destroy(&tracing->changed);
	(void)pthread_mutex_destroy(&tracing->lock);
	free(tracing);
}
