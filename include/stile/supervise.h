/* SPDX-License-Identifier: MIT */
#ifndef STILE_SUPERVISE_H
#define STILE_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <stile/abi.h>
#include <stile/ruleset.h>
#include <stile/spawn.h>

struct stile;

/*
 * Handlers: functions of the supervisor that answer calls of a target. stile_on()'s are asked
 * by user notification, before the call is made; stile/intercept.h has others, with registers.
 *
 *	static struct stile_answer on_unlink(struct stile_call *call, void *data)
 *	{
 *		return stile_answer_fail(EPERM);
 *	}
 *	...
 *	stile_on(s, "unlink", on_unlink, NULL);
 *	status = stile_supervise(s, "/usr/bin/program", argv, NULL);
 */

struct stile_call; /* a call that waits for an answer; valid until the handler returns */

enum stile_answer_kind {
	STILE_ANSWER_ALLOW,  /* the call is made; no pointer of it may have been looked at */
	STILE_ANSWER_FAIL,   /* it is not made and fails */
	STILE_ANSWER_RETURN, /* it is not made and returns a value */
	STILE_ANSWER_KILL,   /* the process is killed (SIGKILL) */
	STILE_ANSWER_DONE    /* stile_call_give_descriptor() has answered */
};

struct stile_answer {
	enum stile_answer_kind kind;
	int64_t value; /* the errno, 1 to 4095, or what is returned */
};

static inline struct stile_answer stile_answer_allow(void)
{
	return (struct stile_answer){ STILE_ANSWER_ALLOW, 0 };
}

static inline struct stile_answer stile_answer_fail(int errno_value)
{
	return (struct stile_answer){ STILE_ANSWER_FAIL, errno_value };
}

static inline struct stile_answer stile_answer_return(int64_t value)
{
	return (struct stile_answer){ STILE_ANSWER_RETURN, value };
}

static inline struct stile_answer stile_answer_kill(void)
{
	return (struct stile_answer){ STILE_ANSWER_KILL, 0 };
}

static inline struct stile_answer stile_answer_done(void)
{
	return (struct stile_answer){ STILE_ANSWER_DONE, 0 };
}

/*
 * Answers one call. Handlers run in threads of the supervisor, several at once when one is
 * slow, so they lock what they share. data is that of stile_on(). They must call neither
 * stile_supervisor_wait() and its like, which can wait for the call that they answer, nor
 * pthread_exit(): the thread is the supervisor's, and goes on.
 *
 * An answer that makes no sense (an errno out of 1 to 4095, another kind, DONE without an
 * answer) refuses the call with EPERM and is a fault (stile_supervisor_message()). So is ALLOW
 * after the handler has read memory of the target or taken a descriptor: the target could change
 * what is there before the kernel looks again.
 */
typedef struct stile_answer (*stile_handler)(struct stile_call *call, void *data);

/*
 * Has a handler asked about a syscall, or all that a grant holds (its conditions apply: other
 * calls never reach the handler). In a refusing context this permits them, as far as the
 * handler does. Of the ruleset basic only those calls can be handled that ask something (getpid,
 * gettid, getrandom, uname, getrlimit, the clock's). Handlers of seccomp(2), and two different
 * handlers for one call, are -EEXIST. The second form replaces what was said of the syscalls
 * before, as stile_override() does; the third is for a ruleset made at run time, with conditions
 * of its own.
 */
int stile_on(struct stile *s, const char *what, stile_handler handler, void *data);
int stile_override_on(struct stile *s, const char *what, stile_handler handler, void *data);
int stile_on_ruleset(struct stile *s, const struct stile_ruleset *ruleset, stile_handler handler,
		     void *data);

/*
 * ---- What a handler can learn ----
 *
 * Without a call (NULL) all functions here and in stile/intercept.h that can fail return -EINVAL,
 * as they do for a NULL place or buffer (of at least one byte) for what is asked for; of the others
 * each returns what says nothing: the name "", the number -1, the ABI STILE_ABI_COUNT, else 0 or
 * NULL.
 */

const char *stile_call_name(const struct stile_call *call); /* "openat"; static memory */
long stile_call_number(const struct stile_call *call);
enum stile_abi stile_call_abi(const struct stile_call *call);
pid_t stile_call_thread(const struct stile_call *call);	 /* as the supervisor sees it */
pid_t stile_call_process(const struct stile_call *call); /* its thread group; 0: it is gone */

/* An argument by index, 0 to 5 (0 for others), as it stands in the register. */
uint64_t stile_call_argument(const struct stile_call *call, unsigned int index);

/* By its name in the manual page, cut to the bits that the kernel uses and extended if it is
 * signed. -ENOENT: the call has no such argument. */
int stile_call_argument_by_name(const struct stile_call *call, const char *name, uint64_t *value);

/* "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY)": with what pointers point to if that can be
 * read (which counts as looking), escaped and cut, so that any terminal or log can have it. A few
 * KiB at most. Allocated; NULL: out of memory. */
char *stile_call_format(struct stile_call *call);

/* The same for one argument: its name in the manual page (NULL: the call has no such argument;
 * static memory), and its text, "" if the call has or uses no such argument. At exit
 * (stile/intercept.h) bytes that the call has filled in are shown. */
const char *stile_call_argument_name(const struct stile_call *call, unsigned int index);
char *stile_call_format_argument(struct stile_call *call, unsigned int index);

/*
 * The target's memory, as stile/notify.h has it; the call was still waiting when it had been
 * read. For the target nothing is decided by that: see above. Write changes what the target
 * will see.
 */
int stile_call_read(struct stile_call *call, uint64_t address, void *buffer, size_t size);
int stile_call_write(struct stile_call *call, uint64_t address, const void *buffer, size_t size);
ssize_t stile_call_read_string(struct stile_call *call, uint64_t address, char *buffer,
			       size_t size);

/*
 * The path that an argument of this name points to ("pathname"), and the address of connect(2),
 * bind(2), sendto(2) and sendmsg(2) (*length 0: it sends without one). As stile_call_read_string();
 * -ENOENT too: there is no such argument; -EINVAL: an address longer than the kernel takes.
 */
ssize_t stile_call_path(struct stile_call *call, const char *argument, char *buffer, size_t size);
int stile_call_address(struct stile_call *call, struct sockaddr_storage *address,
		       socklen_t *length);

/* ---- What it can do for the target ---- */

/* Gives a copy of fd as the call's result; then the handler returns stile_answer_done(). 0, or an
 * error of stile_give_descriptor(), and the call still waits; -EINVAL: in an intercept. */
int stile_call_give_descriptor(struct stile_call *call, int fd, bool close_on_exec);

/* A copy of a descriptor of the target, to be closed by the handler (which counts as looking: the
 * number can be another's when the kernel looks). As stile_take_target_descriptor(). */
int stile_call_take_descriptor(struct stile_call *call, int number);

/* ---- The supervisor ---- */

/*
 * Answers the calls of any number of targets. It may be used by several threads, but not be freed
 * by one of its handlers: that frees nothing and is a fault (stile_supervisor_message()). In a
 * child that its process forks, freeing it closes the copies that the child has of its
 * descriptors, and no more; else, if the supervisor dies, calls wait for this child, too.
 *
 * When it is freed, or its process dies, programs with intercepts are killed with all that they
 * have made; of others it kills, when freed, those that it started, and what their children, and
 * everybody after its death, would have asked fails with ENOSYS: nobody gets free.
 *
 * Its process is made not dumpable (PR_SET_DUMPABLE) when it starts a program, since a target of
 * the same user could reach into it else. Targets can neither use ptrace(2), process_vm_readv(2)
 * and pidfd_getfd(2), whatever is granted, unless a handler is asked about these; nor load
 * filters, nor use prlimit(2) with another process id than 0, by which others' limits are set. In a
 * context that allows by default they can still signal their supervisor.
 */
struct stile_supervisor *stile_supervisor_new(void); /* NULL: out of memory */
void stile_supervisor_free(struct stile_supervisor *supervisor);

/*
 * The sentence of the last fault, of handlers too, "" if there was none; and how many there
 * were. The text is copied into message (size bytes).
 */
uint64_t stile_supervisor_message(struct stile_supervisor *supervisor, char *message, size_t size);

/*
 * At most this many handlers run at once (1 to 1024, at first 64): more only when one has run for
 * some milliseconds while others wait. One program has half of what the others leave, so that no
 * program can keep all of them busy. 1: never two, for handlers that lock nothing.
 */
int stile_supervisor_set_threads(struct stile_supervisor *supervisor, unsigned int count);

/*
 * Starts a program under a context with handlers, as stile_spawn(); the context may be freed
 * afterwards, the handlers' data must live as long as the supervisor. Threads and children of
 * the program are targets as well. Errors are those of stile_spawn(), with the sentence in the
 * context; -EPERM: the program may not be traced. With intercepts nobody in this process may wait
 * for any child, a handler of SIGCHLD neither (stile/intercept.h).
 */
int stile_supervisor_spawn(struct stile_supervisor *supervisor, struct stile *s, const char *path,
			   char *const argv[], char *const envp[],
			   const struct stile_spawn_signals *signals, pid_t *pid);

/*
 * Answers what comes from a listener that was got otherwise (stile_apply_with_listener(), a
 * socket), by the handlers of the context it was applied with. The listener belongs to the
 * supervisor then, also after an error.
 */
int stile_supervisor_add_listener(struct stile_supervisor *supervisor, struct stile *s,
				  int listener);

/* Waits until a program that was started has ended; *status as by waitpid(2), which must not be
 * called for it. -ECHILD: it is none of the supervisor's, or was waited for; or it has ended and
 * nobody knows how, since SIGCHLD is ignored here (SIG_IGN, SA_NOCLDWAIT) and it was not traced. */
int stile_supervisor_wait(struct stile_supervisor *supervisor, pid_t pid, int *status);

/* The same, and it returns when the program has stopped by job control as well (SIGTSTP and its
 * like; WIFSTOPPED(*status)): for whoever stops with it, as the shell expects. It is waited for
 * again then. */
int stile_supervisor_wait_stop(struct stile_supervisor *supervisor, pid_t pid, int *status);

/* Waits until no target is left. */
int stile_supervisor_wait_all(struct stile_supervisor *supervisor);

/* ---- In one call ---- */

/*
 * Starts a program under a context with handlers and answers until it has ended: its wait status
 * (as by waitpid(2)), or a negative error with its sentence in the context. -ECHILD: the caller
 * ignores SIGCHLD (SIG_IGN, SA_NOCLDWAIT), so that the kernel would keep no status; nothing was
 * started. What stile_supervisor_spawn() says of intercepts and SIGCHLD holds here, too.
 */
int stile_supervise(struct stile *s, const char *path, char *const argv[], char *const envp[]);

/*
 * Puts the calling program itself under supervision: the process forks, the child returns 0
 * here under the context, and the parent answers its calls, passes signals on to it (without
 * their values and senders), stops and goes on with it, and ends as it ends, by _exit(2): handlers
 * flush what they print. For programs with one thread: -EBUSY if there are more. The program goes
 * on with another process id; children and timers of before are the parent's (SIGALRM is passed
 * on), and descriptors stay open in both, for the handlers: who waits for the end of a pipe closes
 * what the program should not keep open before. The parent blocks all signals: no handler of
 * the program's runs in it.
 *
 * If the parent is killed the program is, too, by PR_SET_PDEATHSIG. A program that may call
 * prctl(2) can reset that; without intercepts it then outlives its supervisor, and what would be
 * asked fails with ENOSYS.
 *
 * The parent becomes not dumpable. A program that is not dumpable is so again when this returns:
 * of such a one the handlers of an ordinary user (no CAP_SYS_PTRACE) can neither read memory nor
 * take descriptors (-EPERM), until it executes another.
 */
int stile_supervise_self(struct stile *s);

/*
 * Puts the calling thread under the context, supervised by a thread of the same process.
 * *supervisor is to be freed by the caller, when the thread has ended. The handlers must not need
 * what the thread may hold: a lock of malloc is one. Threads that it makes are targets too.
 * This is for code that is trusted, and no boundary: threads of a process share the listener, too,
 * and a process that the thread forks has a copy of it, so they could answer for one another; and
 * after the process's death calls of such a copy's owner wait instead of failing.
 * Intercepts (stile/intercept.h) are not possible: -EINVAL.
 */
int stile_supervise_thread(struct stile *s, struct stile_supervisor **supervisor);

#endif
