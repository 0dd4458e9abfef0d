/* SPDX-License-Identifier: MIT */
#ifndef STILE_CONTEXT_H
#define STILE_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * A context gathers what a program may do; the apply functions (stile/apply.h) and
 * stile_spawn() (stile/spawn.h) enforce it. It belongs to one thread at a time.
 */
struct stile;

/* What the kernel does with a call; the strongest last (seccomp(2), "return values"). */
enum stile_action_kind {
	STILE_ACTION_ALLOW,
	STILE_ACTION_LOG,    /* allow, and write a line to the audit log */
	STILE_ACTION_TRACE,  /* stop for a tracer; ENOSYS without one */
	STILE_ACTION_NOTIFY, /* ask a supervisor; ENOSYS without one */
	STILE_ACTION_ERRNO,  /* fail with an errno, the call is not made */
	STILE_ACTION_TRAP,   /* SIGSYS to the thread */
	STILE_ACTION_KILL_THREAD,
	STILE_ACTION_KILL_PROCESS
};

struct stile_action {
	enum stile_action_kind kind;
	unsigned int errno_value; /* 1 to 4095; for STILE_ACTION_ERRNO alone, else 0 */
};

/*
 * New contexts: one refuses with EPERM all that is not granted, the other allows all
 * that is not refused. Freed by stile_free(). NULL: out of memory (which all functions
 * that take a context understand).
 */
struct stile *stile_new(void);
struct stile *stile_new_allowing(void);

/* Frees a context and all it owns; NULL is ignored. What was applied stays in force. */
void stile_free(struct stile *s);

/*
 * The sentence for the first error, "" while there was none. Belongs to the context; valid
 * until it is freed or a call fails. Bytes that could harm a terminal are shown as \xNN.
 */
const char *stile_message(const struct stile *s);

/* The first error, as the failing call returned it; 0 while there was none. */
int stile_error(const struct stile *s);

/*
 * What is not an error but should be read: a rule that lies within another, an override
 * that replaced something. One line each, "" if there are none. The text belongs to the
 * context and is valid until its next call.
 */
const char *stile_warnings(struct stile *s);

/*
 * Grants by specification: "system_io.read_fd(3)", "networking.start_tcp_client". The typed
 * functions of stile/rulesets.h (stile_allow_system_io_read_fd(s, 3)) do the same.
 */
int stile_grant(struct stile *s, const char *specification);

/*
 * Grants by OpenBSD's words, separated by spaces: "stdio rpath inet". Each is a grant of
 * the ruleset pledge (stile-rulesets(7)).
 */
int stile_pledge(struct stile *s, const char *words);

/*
 * Sets what happens to one syscall ("openat") or to all that a grant holds
 * ("processes.danger_exec"; the conditions of the grant apply). A syscall's name means that
 * one call, not its other spellings: a grant names them all.
 *
 *	allow		permit it
 *	deny		kill the process
 *	fail_with	fail with that errno, 1 to 4095
 *	trap		send SIGSYS
 *	log		permit it and log it
 *	kill_thread	kill the calling thread (the others go on: rarely what is wanted)
 *
 * A refusal without conditions on a call that also has grants sets what the ungranted
 * rest of that call gets. Any other overlap of different actions is -EEXIST. exit,
 * exit_group, rt_sigreturn and the other calls of the ruleset basic cannot be refused.
 */
int stile_allow(struct stile *s, const char *what);
int stile_deny(struct stile *s, const char *what);
int stile_fail_with(struct stile *s, const char *what, int errno_value);
int stile_trap(struct stile *s, const char *what);
int stile_log(struct stile *s, const char *what);
int stile_kill_thread(struct stile *s, const char *what);

/*
 * Sets an action as above but replaces, instead of conflicting with, all that was said of
 * these syscalls before. stile_warnings() then says what was replaced.
 */
int stile_override(struct stile *s, const char *what, struct stile_action action);

/*
 * What calls get that no rule decides. In a refusing context at first EPERM; anything but
 * ALLOW and LOG in a refusing context, either of these in an allowing one.
 */
int stile_set_default(struct stile *s, struct stile_action action);

/*
 * What calls by another ABI get (int 0x80 and x32 on x86_64): KILL_PROCESS at first; any
 * action but ALLOW and LOG.
 */
int stile_set_foreign_abi(struct stile *s, struct stile_action action);

/*
 * The kernel that the program was made for, "6.1". Calls introduced later fail with ENOSYS
 * unless they are granted, so that a libc newer than the policy falls back instead of
 * seeing EPERM. At first the newest kernel that the table knows.
 */
int stile_set_baseline(struct stile *s, const char *kernel);

/*
 * Checks, compiles and proves the context as the apply functions do, without enforcing anything.
 * What was compiled is kept until the context changes. With libseccomp as the back end
 * (stile_set_backend()) a context that is to be applied under another one (sandbox.narrow) must be
 * checked before that one is applied: libseccomp needs system calls that it may refuse.
 */
int stile_check(struct stile *s);

/*
 * The whole rule list in text, one line a rule with its origin. Allocated; to be freed
 * by the caller. NULL: the context has an error or memory is out.
 */
char *stile_print(struct stile *s);

/*
 * The grants that hold a call of this machine's ABI, one on a line, those with parameters as
 * "system_io.read_fd(fd)": what to say beside a refusal. arguments are the words of the
 * call; NULL: whatever they are. Allocated; to be freed by the caller. "" if none holds
 * it or there is no such syscall; NULL: memory is out.
 */
char *stile_grants_for_call(const char *syscall, const uint64_t arguments[6]);

#endif
