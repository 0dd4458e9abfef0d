/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_FIFO_H
#define SUPERVISE_BROKER_FIFO_H

/* Opening a FIFO, which waits for its other end: for ever if nobody comes. */

struct stile_call;

/* How many wait, for as long as one of them or the broker lives. NULL: out of memory. */
struct fifo_waits *fifo_waits_new(void);
void fifo_waits_drop(struct fifo_waits *waits);

/*
 * Opens it (a descriptor with O_PATH) with flags until the other end is opened or the call waits no
 * more (-ENOENT). A negative errno; -ENFILE: too many wait.
 */
int fifo_open(struct fifo_waits *waits, const struct stile_call *call, int fifo, int flags);

#endif
