/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_CALL_H
#define SUPERVISE_CALL_H

/* A call of a target while a handler judges it. */

#include <linux/seccomp.h>
#include <stdbool.h>

#include <stile/notify.h>
#include <stile/supervise.h>

struct registers;

struct stile_call {
	/* Of a stop of ptrace listener is -1, and id 0. At an exit the arguments are those of the
	 * entry. */
	int listener;
	struct stile_notification notification;
	enum stile_abi abi; /* STILE_ABI_COUNT: none that is known */
	int syscall;	    /* in the table; -1: not there */
	const char *name;   /* "" if the table has none */

	bool has_looked;  /* memory or a descriptor of the target was looked at */
	bool is_answered; /* a descriptor was given as the answer */
	/* Why a handler of our own can do nothing for this target, which gets EPERM: a sentence in
	 * static memory; else NULL. */
	const char *fault;

	/* Of a stop alone. */
	struct registers *registers; /* as they are to be when the thread goes on */
	bool is_exit, is_exec;
	int64_t result; /* at an exit */
	bool has_set_result;
};

/* What handlers get to know instead of NULL: a call without a name, a thread and arguments. */
extern const struct stile_call call_of_nobody;

static inline const struct stile_call *call_or_nobody(const struct stile_call *call)
{
	return call ? call : &call_of_nobody;
}

/* Fills in what follows from notification.data. */
void call_describe(struct stile_call *call);

/*
 * What an answer comes to for a notification or an entry: itself, or FAIL with EPERM if it makes no
 * sense; *fault is a sentence about that then, else NULL (static memory).
 */
struct stile_answer call_check_answer(const struct stile_call *call, struct stile_answer answer,
				      const char **fault);

#endif
