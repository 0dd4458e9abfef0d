/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "public.h"

static const char no_worker[] = "out of memory: no worker could be made: free some and try again";

static void *copy_array(const void *from, size_t count, size_t size)
{
	void *copy = count < SIZE_MAX ? calloc(count + 1, size) : NULL;

	if (copy && count)
		memcpy(copy, from, count * size);
	return copy;
}

STILE_PUBLIC struct stile_worker *stile_worker_new(const struct stile_worker_settings *settings)
{
	static const struct stile_worker_settings none;
	const struct stile_worker_settings *from = settings ? settings : &none;
	const size_t phases = from->phases ? from->phase_count : 0;
	const size_t descriptors = from->descriptors ? from->descriptor_count : 0;
	struct stile_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->channel.fd = worker->pidfd = -1;
	worker->settings = *from;
	worker->settings.phase_count = phases;
	worker->settings.descriptor_count = descriptors;
	worker->settings.name = strdup(from->name ? from->name : "worker");
	worker->settings.phases = copy_array(from->phases, phases, sizeof(*from->phases));
	worker->settings.descriptors = copy_array(from->descriptors, descriptors,
						  sizeof(*from->descriptors));
	if (worker->settings.name && worker->settings.phases && worker->settings.descriptors)
		return worker;
	stile_worker_free(worker);
	return NULL;
}

STILE_PUBLIC void stile_worker_free(struct stile_worker *worker)
{
	if (!worker)
		return;
	stile_channel_close(&worker->channel);
	/* A worker has copies of these of its supervisor, too. */
	if (worker->pidfd >= 0 && !worker->is_worker && worker->owner == getpid())
		worker_end_process(worker);
	phases_free(&worker->phases);
	free((void *)worker->settings.name);
	free((void *)worker->settings.phases);
	free((void *)worker->settings.descriptors);
	free(worker);
}

STILE_PUBLIC const char *stile_worker_message(const struct stile_worker *worker)
{
	return worker ? worker->message.text : no_worker;
}

STILE_PUBLIC struct stile_channel *stile_worker_channel(struct stile_worker *worker)
{
	return worker ? &worker->channel : NULL;
}

STILE_PUBLIC int stile_worker_pidfd(const struct stile_worker *worker)
{
	return worker ? worker->pidfd : -1;
}

STILE_PUBLIC pid_t stile_worker_pid(const struct stile_worker *worker)
{
	return worker ? worker->pid : 0;
}

/* 0 where a supervisor calls, for a worker that can be started. */
static int check_caller(struct stile_worker *worker)
{
	if (!worker)
		return -ENOMEM;
	if (worker->is_worker || (worker->pidfd >= 0 && worker->owner != getpid()))
		return message_set(&worker->message, -EINVAL,
				   "worker '%s': this is for the process that started it",
				   worker->settings.name);
	if (!worker->settings.run || !worker->settings.phase_count)
		return message_set(&worker->message, -EINVAL,
				   "worker '%s': it needs a function to run and at least one phase",
				   worker->settings.name);
	return 0;
}

static int make_phases(struct stile_worker *worker)
{
	struct message why;
	int error;

	if (worker->phases.all)
		return 0;
	error = phases_make(&worker->phases, worker->settings.phases, worker->settings.phase_count,
			    &why);
	return error ? message_set(&worker->message, error, "worker '%s': %s",
				   worker->settings.name, why.text) :
		       0;
}

STILE_PUBLIC int stile_worker_start(struct stile_worker *worker)
{
	int error = check_caller(worker);

	if (error)
		return error;
	if (worker->pidfd >= 0)
		return message_set(&worker->message, -EALREADY,
				   "worker '%s' was started already: stile_worker_ended() says "
				   "when "
				   "it has ended",
				   worker->settings.name);
	error = make_phases(worker);
	worker->restarts = 0;
	return error ? error : worker_launch(worker);
}

/* As waitpid(2) would have it. */
static int wait_status(const siginfo_t *info)
{
	switch (info->si_code) {
	case CLD_EXITED:
		return W_EXITCODE(info->si_status, 0);
	case CLD_DUMPED:
		return info->si_status | WCOREFLAG;
	default:
		return info->si_status;
	}
}

/* 1: it has ended, 0: it runs, or an error. Whoever waits for any child may have been faster. */
static int take_status(struct stile_worker *worker, int *status)
{
	siginfo_t info = { .si_pid = 0 };
	int result;

	do
		result = waitid(P_PIDFD, (id_t)worker->pidfd, &info, WEXITED | WNOHANG);
	while (result < 0 && errno == EINTR);
	if (result == 0 && info.si_pid == 0)
		return 0;
	*status = wait_status(&info);
	if (result == 0)
		return 1;
	if (errno != ECHILD)
		return message_set(&worker->message, -EIO,
				   "worker '%s': cannot take its status (waitid): %s",
				   worker->settings.name, strerrordesc_np(errno));
	return message_set(&worker->message, -ECHILD,
			   "worker '%s' has ended, and somebody else took its status: do not wait "
			   "for any child, and do not ignore SIGCHLD",
			   worker->settings.name);
}

STILE_PUBLIC int stile_worker_ended(struct stile_worker *worker, int *status)
{
	int error = check_caller(worker), how = 0, result;

	if (error)
		return error;
	if (worker->pidfd < 0)
		return message_set(&worker->message, -ECHILD, "worker '%s' does not run",
				   worker->settings.name);
	result = take_status(worker, &how);
	if (result == 0)
		return -EAGAIN;
	if (result == -EIO)
		return result;
	(void)close(worker->pidfd);
	worker->pidfd = -1;
	worker->pid = 0;
	if (result < 0)
		return result;
	if (status)
		*status = how;
	if (how == 0 || worker->restarts >= worker->settings.restarts_max)
		return 0;
	worker->restarts++;
	error = worker_launch(worker);
	return error ? error : 1;
}

STILE_PUBLIC int stile_worker_next_phase(struct stile_worker *worker)
{
	int error;

	if (!worker)
		return -ENOMEM;
	if (!worker->is_worker)
		return message_set(&worker->message, -EINVAL,
				   "worker '%s': only the worker itself can go on to its next "
				   "phase",
				   worker->settings.name);
	if (worker->phase + 1 >= worker->phases.count)
		return message_set(&worker->message, -ERANGE,
				   "worker '%s': phase %zu is its last one", worker->settings.name,
				   worker->phase + 1);
	error = phases_load(&worker->phases, worker->phase + 1);
	if (error)
		return message_set(&worker->message, error, "worker '%s': phase %zu: %s",
				   worker->settings.name, worker->phase + 2,
				   stile_message(worker->phases.speaker));
	worker->phase++;
	return 0;
}
