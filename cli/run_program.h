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

#include <stile/spawn.h>

/* The signals as this process got them, with which the program is to start. */
struct run_signals {
	sigset_t blocked;
	sigset_t ignored;
};

/* The signals that are waited for. Not those that are the fault of our own code or output. */
void run_signals_waited(sigset_t *waited);

/*
 * To be called before the program is started, or a signal in between would be lost: from
 * here on signals wait for run_program(). They stay blocked. 0 or -1 with errno.
 */
int run_signals_block(struct run_signals *signals);

/*
 * Around the start. A hostile program may never come to the end of it: two seconds after SIGHUP,
 * SIGINT or SIGTERM has asked us to end, we do, and the start and the program with us. If the
 * program has started by then it gets these signals like all others.
 */
void run_signals_start(const struct run_signals *signals);
void run_signals_started(const struct run_signals *signals);

/* The same for the library's functions that start programs. */
struct stile_spawn_signals run_signals_kept(const struct run_signals *signals);

/* Did the terminal send it, to the program as well? */
bool signal_is_from_terminal(const siginfo_t *info);

/*
 * Stop as the program did, so that the shell sees the same. Returns when we are continued;
 * the SIGCONT of that is blocked, and passed on like any other.
 */
void stop_too(int number);

struct watch;

/*
 * Wait for the program, a child of ours, and return how it ended, as waitpid() tells; -1: it is
 * lost, and that was said. name is for messages; watch has hold of it, NULL: nobody.
 *
 * It runs in our session and process group and has the terminal as if it ran alone. What
 * the terminal sends reaches it directly; what is sent to us is passed on, except by itself.
 * When it stops, we stop in the same way, and when we are continued, so is it.
 * If we are killed by SIGKILL it goes on, sandboxed, without a parent.
 */
int run_program(pid_t pid, const char *name, struct watch *watch);

#endif
