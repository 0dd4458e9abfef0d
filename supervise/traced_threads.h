/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_TRACED_THREADS_H
#define SUPERVISE_TRACED_THREADS_H

/* The threads that one thread of ours traces. Their numbers are not used again before it has
 * waited for their end. */

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "handler.h"

struct traced_thread {
	pid_t tid;
	pid_t process; /* its number is that of its first thread */
	/* A call of it is being made, after which this handler is asked. NULL: none. */
	const struct handler *exit;
	struct seccomp_data data; /* that call, as it was made */
	struct traced_thread *next;
};

struct traced_threads {
	struct traced_thread **buckets;
	size_t bucket_count; /* a power of two, or 0 */
	size_t count, processes;
};

/* NULL: it is not known. */
struct traced_thread *threads_find(const struct traced_threads *threads, pid_t tid);

/* A new one, which must not be there yet; NULL: out of memory. */
struct traced_thread *threads_add(struct traced_threads *threads, pid_t tid, pid_t process);

/* One that is not known is ignored. */
void threads_remove(struct traced_threads *threads, pid_t tid);

/* Takes out all threads of a process. */
void threads_remove_process(struct traced_threads *threads, pid_t process);

/* The first thread of some process for which the answer is true; NULL: there is none. */
struct traced_thread *threads_find_leader(const struct traced_threads *threads,
					  bool (*is_it)(pid_t process, pid_t tid), pid_t tid);

void threads_each(const struct traced_threads *threads, void (*visit)(pid_t tid));

void threads_free(struct traced_threads *threads);

#endif
