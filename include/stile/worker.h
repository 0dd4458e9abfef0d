/* SPDX-License-Identifier: MIT */
#ifndef STILE_WORKER_H
#define STILE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stile;

/*
 * Workers: a program splits itself into processes, each under a context of its own, which talk
 * by packets.
 */

#define STILE_MESSAGE_MAX 65536 /* bytes */
#define STILE_MESSAGE_DESCRIPTORS_MAX 16

/* One end of a SOCK_SEQPACKET channel. All of this works without memory being allocated. */
struct stile_channel {
	int fd; /* for poll(2) */
};

/* Two connected ends, close-on-exec. 0 or a negative errno. */
int stile_channel_pair(struct stile_channel ends[2]);
void stile_channel_close(struct stile_channel *channel);

/*
 * Sends one message, whole or not at all, with count descriptors, which stay open here.
 * -EMSGSIZE: longer than STILE_MESSAGE_MAX, or too many descriptors; -EPIPE: the other end is
 * closed (no SIGPIPE); -EAGAIN on a non-blocking channel.
 */
int stile_channel_send(const struct stile_channel *channel, const void *message, size_t length,
		       const int *descriptors, size_t count);

/*
 * Receives one message: its length (0 for an empty one). *count is how many descriptors there
 * is room for, and then how many came; they are close-on-exec and the caller's. -EMSGSIZE: the
 * message is longer than size; -EPERM: descriptors came with it and *count did not permit so
 * many (count NULL: none): in both cases nothing of it is kept open. -ENODATA: the other end
 * is closed.
 */
ssize_t stile_channel_receive(const struct stile_channel *channel, void *buffer, size_t size,
			      int *descriptors, size_t *count);

/*
 * The phases of a worker: contexts, each of which permits no more than the one before it. The
 * library checks that by the meaning of their policies, and keeps what is needed to take the
 * next step (sandbox.narrow) in all but the last.
 */
struct stile_worker;

struct stile_worker_settings {
	const char *name; /* for messages and the process's name */
	/* Runs in the worker; its result is the exit status. The first phase is in force. */
	int (*run)(struct stile_worker *worker, void *data);
	void *data;
	struct stile *const *phases; /* at least one */
	size_t phase_count;
	const int *descriptors; /* that stay open in the worker, besides 0, 1, 2 and its channel */
	size_t descriptor_count;
	unsigned int
		restarts_max; /* how often it is started again after it ended otherwise than by 0 */
};

/* NULL: out of memory. The settings are copied, contexts belong to the caller and outlive it. */
struct stile_worker *stile_worker_new(const struct stile_worker_settings *settings);

/* Kills it, waits for it and frees all. */
void stile_worker_free(struct stile_worker *worker);
const char *stile_worker_message(const struct stile_worker *worker); /* of the last error */

/*
 * Starts it: forks, closes descriptors, applies the first phase, runs. Returns when the worker
 * is sandboxed, or with its error: -ECHILD: it died before; -EPERM: a phase permits what the
 * one before it does not, with a call as witness in the message; or what applying returned.
 */
int stile_worker_start(struct stile_worker *worker);

/*
 * In the supervisor: its end of the channel, a pidfd that is readable when the worker has
 * ended, its process. In the worker: its end.
 */
struct stile_channel *stile_worker_channel(struct stile_worker *worker);
int stile_worker_pidfd(const struct stile_worker *worker);
pid_t stile_worker_pid(const struct stile_worker *worker);

/*
 * After the pidfd has become readable: takes the status (as waitpid(2)'s) and starts the
 * worker again if it may: 1: a new one runs (with a new channel and pidfd), 0: it has ended
 * for good. -EAGAIN: it still runs.
 */
int stile_worker_ended(struct stile_worker *worker, int *status);

/* In the worker: goes on to the next phase. -ERANGE: there is none. */
int stile_worker_next_phase(struct stile_worker *worker);

#endif
