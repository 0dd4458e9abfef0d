/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_THREAD_REGISTERS_H
#define SUPERVISE_THREAD_REGISTERS_H

/* Registers of a thread that the calling thread traces and that is stopped at a call. */

#include "registers.h"

/* Reads them if they have not been. 0 or a negative errno; -ESRCH: it is being killed. */
int registers_read(struct registers *registers);

/* Writes what has been changed. 0 or a negative errno; -ESRCH. */
int registers_write(pid_t thread, const struct registers *registers);

#endif
