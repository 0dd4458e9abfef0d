/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_TARGET_MEMORY_H
#define SUPERVISE_TARGET_MEMORY_H

/*
 * Memory of a thread that does not go on meanwhile: in a stop of ptrace, or in a call that waits
 * (then whose memory it was is to be asked of the listener afterwards: stile/notify.h has that).
 * Other threads may change the memory at any time.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exactly size bytes. 0, -EFAULT, -EPERM, -ENOENT (no such thread) or -ENOMEM. */
int thread_memory_read(pid_t thread, uint64_t address, void *buffer, size_t size);
int thread_memory_write(pid_t thread, uint64_t address, const void *buffer, size_t size);

/* A string with its NUL: its length; -ENAMETOOLONG or an error as above. Page by page. */
ssize_t thread_memory_read_string(pid_t thread, uint64_t address, char *buffer, size_t size);

#endif
