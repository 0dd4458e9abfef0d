/* SPDX-License-Identifier: MIT */
/*
 * Stand in for a program that was started: a shell, a service manager or a user who deals
 * with this process deals with the program.
 */
#ifndef CLI_RUN_PROGRAM_H
#define CLI_RUN_PROGRAM_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* The signals as this process got them, with which the program is to start. */
struct run_signals {
	sigset_t blocked;
	sigset_t ignored;
};

/*
 * To be called before the program is started, or a signal in between would be lost: from
 * here on signals wait for run_program(). They stay blocked. 0 or -1 with errno.
 */
int run_signals_block(struct run_signals *signals);

/*
 * While the program starts nobody reads signals, and a hostile one may never come to its
 * end: those that ask for an end (SIGHUP, SIGINT, SIGTERM) do what they do to any program, unless
 * they were blocked already. Our death ends the start, and the program with it.
 */
void run_signals_while_starting(const struct run_signals *signals, bool is_starting);

/*
 * Wait for the program, a child of ours, and return the status for our own exit: its own,
 * or 128 and the signal that ended it. name is for messages.
 *
 * It runs in our session and process group and has the terminal as if it ran alone. What
 * the terminal sends reaches it directly; what is sent to us is passed on, except by itself.
 * When it stops, we stop in the same way, and when we are continued, so is it.
 * If we are killed by SIGKILL it goes on, sandboxed, without a parent.
 */
int run_program(pid_t pid, const char *name);

#endif
