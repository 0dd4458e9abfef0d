/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WORKER_SUPPORT_H
#define TESTS_WORKER_SUPPORT_H

/*
 * For live tests of workers. Each runs in a process of its own (tests/child.h), the supervisor, by
 * which the workers are made; expect() is for these too: a worker that does not meet it ends with
 * EXPECTATION_FAILED, after it has left word in memory that all share.
 */

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "open_descriptors.h"
#include "refusal.h"

/* What the workers of these tests do: talk, and look at themselves. */
static inline struct stile *worker_context(void)
{
	struct stile *s = stile_new();

	expect(stile_set_default(s, refuse_999) == 0);
	expect(stile_grant(s, "networking.transfer") == 0);
	expect(stile_grant(s, "networking.send_messages") == 0);
	expect(stile_grant(s, "system_io.descriptor_flags") == 0);
	expect(stile_grant(s, "system_io.close") == 0);
	return s;
}

/* A worker with one phase; the context is freed after the start. */
static inline struct stile_worker *new_worker(int (*run)(struct stile_worker *, void *), void *data,
					      struct stile *phase, unsigned int restarts_max)
{
	struct stile *phases[] = { phase };
	const struct stile_worker_settings settings = { .name = "helper",
							.run = run,
							.data = data,
							.phases = phases,
							.phase_count = 1,
							.restarts_max = restarts_max };
	struct stile_worker *worker = stile_worker_new(&settings);

	expect(worker != NULL);
	return worker;
}

/* The same, started. */
static inline struct stile_worker *start_worker(int (*run)(struct stile_worker *, void *),
						void *data)
{
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(run, data, s, 0);

	expect(stile_worker_start(worker) == 0);
	stile_free(s);
	return worker;
}

static inline void wait_for_end(const struct stile_worker *worker)
{
	struct pollfd end = { .fd = stile_worker_pidfd(worker), .events = POLLIN };

	expect(end.fd >= 0);
	expect(poll(&end, 1, -1) == 1);
}

/* Waits for a worker that is not started again: its status, and that of its expect(). */
static inline int end_status(struct stile_worker *worker)
{
	int status = -1;

	wait_for_end(worker);
	expect(stile_worker_ended(worker, &status) == 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXPECTATION_FAILED)
		_exit(EXPECTATION_FAILED);
	return status;
}

/* There are no children, not even ended ones. */
static inline void expect_no_child(void)
{
	expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

#endif
