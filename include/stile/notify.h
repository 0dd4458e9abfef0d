/* SPDX-License-Identifier: MIT */
#ifndef STILE_NOTIFY_H
#define STILE_NOTIFY_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct stile;
struct stile_spawn_signals;

/*
 * User notifications (seccomp_unotify(2)), for programs with a loop of their own;
 * stile/supervise.h has one ready. A call that gets the action notify waits until the holder
 * of the filter's listener, the supervisor, has answered. The listener is an ordinary
 * descriptor for poll(2) and epoll(7): readable when a call waits, POLLHUP when the last
 * target is gone. When nobody holds it any more, waiting and later calls fail with ENOSYS.
 *
 * A target can change its memory while a call of it waits. So what a pointer points to is
 * copied once, judged, and the judged copy is used: by doing the call for the target and
 * giving it the descriptor. Letting the call go on after a pointer was judged is no judgement.
 *
 * All functions return 0 or a negative errno of their own list. That a target died, was
 * interrupted or has been answered is normal: -ENOENT. NULL for a notification, or for a buffer of
 * at least one byte, is -EINVAL. Nothing here keeps state, so all of it works from any thread.
 */

/* Sets the action notify for a syscall or what a grant holds, as stile_deny() does; of the ruleset
 * basic only what stile_on() (stile/supervise.h) can handle. */
int stile_notify(struct stile *s, const char *what);

/*
 * Who gets the listener. It is called when what is notified waits already, but nothing is refused
 * yet, so it must not make calls that are notified itself. 0: it has sent, or copied, the
 * listener, which is closed here; 1: it keeps the listener open; a negative error ends the apply.
 */
typedef int (*stile_hand_over)(int listener, void *data);

/*
 * Applies the context, which has an action notify, to the calling thread, in two filters: one that
 * notifies, then, after hand_over, one for the rest. A signal does not interrupt a call that was
 * received (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19). Whoever gets an error must not go
 * on. -EBUSY: a filter of this thread has a listener already: there is one for each chain of
 * filters.
 */
int stile_apply_with_listener(struct stile *s, stile_hand_over hand_over, void *data);

/*
 * Starts a program under the context, which has an action notify, as stile_spawn() does. *listener
 * becomes the caller's, close-on-exec; the program has no copy of it.
 */
int stile_spawn_with_listener(struct stile *s, const char *path, char *const argv[],
			      char *const envp[], const struct stile_spawn_signals *signals,
			      pid_t *pid, int *listener);

/*
 * Has the kernel wake target and supervisor on one processor, which is faster. -ENOSYS: it cannot
 * (before Linux 6.6), and nothing has changed; -EBADF: no listener.
 */
int stile_set_sync_wake_up(int listener);

struct stile_notification {
	uint64_t id;  /* of this call: no other call of this listener ever has it */
	pid_t thread; /* as the caller sees it; 0: not within the caller's PID namespace */
	struct seccomp_data data;
};

/*
 * The next call that waits; blocks until there is one, so poll first. -ENOENT: the target was
 * gone before it could be read, or all are (before Linux 6.11 it blocks then); -EINTR; -EBADF: no
 * listener.
 */
int stile_receive_notification(int listener, struct stile_notification *notification);

/*
 * Whether the call still waits: 0 or -ENOENT. What was read of /proc/THREAD or of its memory
 * is the target's only if this is asked afterwards: the thread's number may be another's by
 * now.
 */
int stile_check_notification(int listener, uint64_t id);

/*
 * Answers: the call returns this value, fails with this errno (1 to 4095, else -EINVAL), or is
 * made as it stands in the target's registers and memory then.
 */
int stile_respond_value(int listener, uint64_t id, int64_t value);
int stile_respond_errno(int listener, uint64_t id, int errno_value);
int stile_respond_continue(int listener, uint64_t id);

struct stile_descriptor_options {
	int number; /* in the target, replacing what is there; -1: the lowest free one */
	bool close_on_exec;
	/* The call returns the number, in one step: else an interrupted target could have a
	 * descriptor that it does not know of (Linux 5.14). */
	bool is_answer;
};

/*
 * Gives the target a copy of a descriptor. options NULL: the lowest number, as the answer. The
 * number in the target, or -ENOENT; -EMFILE: the target may have no more; -EBADF: fd is none, or
 * options->number is beyond the target's limit; -EINVAL; -EBUSY: two threads give it one. After
 * another error than -ENOENT the call still waits. Signals wait meanwhile.
 */
int stile_give_descriptor(int listener, uint64_t id, int fd,
			  const struct stile_descriptor_options *options);

/*
 * The target's memory at an address, exactly size bytes, checked afterwards to be the target's.
 * -EFAULT: some of it is not mapped, or the target itself may not read or write it (what comes
 * before may be written then); -EPERM: the caller may not look into the target; -ENOENT. After an
 * error buffer is all zeros.
 */
int stile_read_target(int listener, const struct stile_notification *notification, uint64_t address,
		      void *buffer, size_t size);
int stile_write_target(int listener, const struct stile_notification *notification,
		       uint64_t address, const void *buffer, size_t size);

/*
 * A string with its NUL: its length, or -ENAMETOOLONG: there is no NUL within size bytes;
 * -EFAULT; -EPERM; -ENOENT. Nothing behind its page is touched before the page's end.
 */
ssize_t stile_read_target_string(int listener, const struct stile_notification *notification,
				 uint64_t address, char *buffer, size_t size);

/* A socket's address of length bytes (at most that of sockaddr_storage, else -EINVAL). */
int stile_read_target_address(int listener, const struct stile_notification *notification,
			      uint64_t address, uint64_t length, struct sockaddr_storage *copy);

/*
 * A copy of a target's descriptor, close-on-exec (pidfd_getfd(2)): sockets stay the same
 * sockets. The descriptor, or -EBADF, -EPERM, -ENOENT. The second takes it of any process that
 * the caller may trace.
 */
int stile_take_target_descriptor(int listener, const struct stile_notification *notification,
				 int number);
int stile_take_descriptor(pid_t process, int number);

/*
 * One descriptor over a UNIX socket (SCM_RIGHTS), with one byte. Receiving: the descriptor,
 * close-on-exec, or -ENODATA: the other side has closed; -EPROTO: something else came (then
 * nothing stays open); -EMFILE: this process may have no more; or socket errors.
 */
int stile_send_descriptor(int socket, int fd);
int stile_receive_descriptor(int socket);

#endif
