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

/*
 * One end of a SOCK_SEQPACKET channel. All of this works without memory being allocated; a call
 * that a signal interrupts is made again.
 */
struct stile_channel {
	int fd; /* for poll(2); -1: closed */
};

/* Two connected ends, close-on-exec. 0 or a negative errno. */
int stile_channel_pair(struct stile_channel ends[2]);
void stile_channel_close(struct stile_channel *channel);

/*
 * Sends one message, whole or not at all, with count descriptors, which stay open here (sendmsg(2):
 * networking.send_messages). -EMSGSIZE: longer than STILE_MESSAGE_MAX, or too many descriptors, or
 * more than the system has buffers for; -EPIPE: the other end is closed (no SIGPIPE); -EAGAIN on a
 * non-blocking channel; -EBADF: a descriptor is not open; or another errno of sendmsg(2).
 */
int stile_channel_send(const struct stile_channel *channel, const void *message, size_t length,
		       const int *descriptors, size_t count);

/*
 * Receives one message: its length (0 for an empty one). What stands in the buffer behind it is
 * not defined. -EMSGSIZE: it is longer than size, and lost; -ENODATA: the other end is closed (or
 * sent a packet of no bytes, which no stile_channel_send() does); -EAGAIN on a non-blocking
 * channel; or another errno of recvmsg(2).
 *
 * With count, *count is how many descriptors there is room for (at most
 * STILE_MESSAGE_DESCRIPTORS_MAX), and then how many came: they are close-on-exec and the caller's
 * (recvmsg(2): networking.receive_messages). -EPERM: more came than *count permitted; -EMFILE: this
 * process has no room for them. The message is lost then, as by -EMSGSIZE, and none of its
 * descriptors is open here.
 *
 * Without (NULL), the kernel drops descriptors that come, unseen (recv(2): networking.transfer
 * suffices, and who holds no more cannot be given any).
 */
ssize_t stile_channel_receive(const struct stile_channel *channel, void *buffer, size_t size,
			      int *descriptors, size_t *count);

/*
 * The phases of a worker: contexts, each of which permits no more than the one before it. The
 * library checks that by the meaning of their policies. In all but the last it permits what the
 * next step takes, though the context does not grant it: seccomp(2) to load a filter, with exactly
 * the flags of the later ones. The contexts stay as they are.
 */
struct stile_worker;

struct stile_worker_settings {
	const char *name; /* for messages and the process's name */
	/*
	 * Runs in the worker; its result is the exit status (by _exit(2): nothing that was
	 * registered by atexit(3) runs, and stdio's buffers are lost). The first phase is in force.
	 */
	int (*run)(struct stile_worker *worker, void *data);
	void *data;
	struct stile *const *phases; /* at least one */
	size_t phase_count;
	/* That stay open in the worker under their numbers, besides 0, 1, 2 and its channel. */
	const int *descriptors;
	size_t descriptor_count;
	/* How often it is started again after it ended otherwise than by 0. */
	unsigned int restarts_max;
};

/*
 * NULL: out of memory. The settings are copied. The contexts belong to the caller; the first start
 * makes filters of them (by our own compiler, whatever stile_set_backend() says) and they are not
 * needed afterwards. A struct stile_worker belongs to one thread at a time.
 */
struct stile_worker *stile_worker_new(const struct stile_worker_settings *settings);

/*
 * Kills it, waits for it and frees all. (A supervisor whose own filter permits no signals cannot
 * kill it: then it is left to end by itself when its channel is closed.)
 */
void stile_worker_free(struct stile_worker *worker);
const char *stile_worker_message(const struct stile_worker *worker); /* of the last error */

/*
 * Starts it: forks, closes descriptors, applies the first phase, runs. Returns when the worker
 * is sandboxed, or with its error: -ECHILD: it died before; -EPERM: a phase permits what the
 * one before it does not, with a call as witness in the message, or a filter of the supervisor's
 * refuses what the start needs; -EALREADY: it runs already, or that filter permits no other;
 * -EINVAL: the settings make no sense; or what applying returned.
 *
 * The worker has a copy of all memory of the supervisor, and of its threads the calling one. It is
 * made by fork(3), so that malloc(3) works in it, whatever other threads were doing; other locks
 * that they held stay locked there. Its signals are unblocked and have their default actions, it
 * leaves no core file, and it is killed when the thread that started it ends (PR_SET_PDEATHSIG).
 * The kernel forgets that when a worker changes its user or group ids, or resets it by prctl(2)
 * where its phases permit that (processes.parent_death_signal; contexts that allow): it goes on
 * within its filter then. What waits in stdio's buffers is in both: write it out before.
 *
 * The supervisor's process is made not dumpable (PR_SET_DUMPABLE), and stays so; its workers are
 * so too. Else a worker that may open files would read, by /proc/PID/mem, what its supervisor
 * learns later, as would any process of its user. One with CAP_SYS_PTRACE still can.
 */
int stile_worker_start(struct stile_worker *worker);

/*
 * In the supervisor: its end of the channel, which it may close or give away, a pidfd that is
 * readable when the worker has ended (-1: there is none), its process (0). They change with each
 * start. In the worker: its end, -1, itself.
 */
struct stile_channel *stile_worker_channel(struct stile_worker *worker);
int stile_worker_pidfd(const struct stile_worker *worker);
pid_t stile_worker_pid(const struct stile_worker *worker);

/*
 * After the pidfd has become readable: takes the status (as waitpid(2)'s) and starts the
 * worker again if it may: 1: a new one runs (with a new channel and pidfd), 0: it has ended
 * for good. -EAGAIN: it still runs. Another error: it has ended, and could not be started again;
 * -ECHILD: there is none, or somebody else took its status.
 *
 * A new start closes the supervisor's end of the old channel: what the dead worker had sent must
 * be received before. After 0 it stays open.
 */
int stile_worker_ended(struct stile_worker *worker, int *status);

/*
 * In the worker: all of its threads go on to the next phase. No memory is allocated and no file
 * opened. -ERANGE: there is none; -ESRCH: a thread has a filter of its own; or what applying
 * returned. After an error the phase is still the one before.
 */
int stile_worker_next_phase(struct stile_worker *worker);

#endif
