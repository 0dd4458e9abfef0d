/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_FIFO_H
#define SUPERVISE_BROKER_FIFO_H

/* Opening a FIFO, which waits for its other end: for ever if nobody comes. */

struct stile_call;

/*
 * Opens it (a descriptor with O_PATH) with flags, not O_RDWR or O_NONBLOCK. Waits until the other
 * end was opened or the call waits no more (-ENOENT). The descriptor or a negative errno.
 */
int fifo_open(const struct stile_call *call, int fifo, int flags);

#endif
