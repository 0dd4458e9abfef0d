/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_STAND_IN_H
#define SUPERVISE_STAND_IN_H

/*
 * This process stands in for a program, its child that it supervises: who signals it, or waits for
 * it, as a shell does, deals with the program. All signals are blocked meanwhile.
 */

#include "supervisor.h"

struct stand_in {
	struct stile_supervisor *supervisor;
	const struct source *source; /* the program's */
	int child_fd;		     /* a pidfd of it */
	int signals;		     /* a signalfd for all signals */
	int stops; /* readable when the program, if it is traced, has stopped; the supervisor's */
};

/* To be called before the program is traced. 0, and closed by stand_in_close(); or a negative
 * errno. */
int stand_in_open(struct stand_in *stand_in, struct stile_supervisor *supervisor,
		  const struct source *source);
void stand_in_close(struct stand_in *stand_in);

/* Passes signals on, and stops and goes on with the program, until that has ended. */
void stand_in_wait(const struct stand_in *stand_in);

/* Ends this process as the program has ended; status as by waitpid(2). */
_Noreturn void stand_in_end_as(int status);

#endif
