/* SPDX-License-Identifier: MIT */
/* A program that waits at its entry point, with the threads that its constructors have made, gets
 * its tracer. */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn_proc.h"
#include "traced_program.h"

#define OPTIONS                                                                                 \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD)

bool trace_reap(pid_t pid, int *status, int options)
{
	pid_t answer;

	do {
		answer = waitpid(pid, status, __WALL | options);
	} while (answer < 0 && errno == EINTR);
	return answer == pid;
}

static int add(struct traced_program *program, pid_t tid)
{
	return threads_add(&program->threads, tid, program->pid) ? 0 : -ENOMEM;
}

/* One whose maker we trace is ours from its start. */
static bool is_traced_by_us(pid_t pid, pid_t tid)
{
	uint64_t tracer = 0;

	return proc_status_number(pid, tid, "TracerPid", 10, &tracer) == 0 &&
	       tracer == (uint64_t)gettid();
}

struct search {
	struct traced_program *program;
	bool has_found; /* one that was not known */
};

static int seize_thread(void *context, pid_t tid)
{
	struct search *search = context;
	struct traced_program *program = search->program;
	int error;

	if (threads_find(&program->threads, tid))
		return 0;
	if (ptrace(PTRACE_SEIZE, tid, NULL, OPTIONS) < 0) {
		error = -errno;
		if (error == -ESRCH)
			return 0; /* it has ended */
		/* It says itself when it stops first. */
		return is_traced_by_us(program->pid, tid) ? 0 : error;
	}
	search->has_found = true;
	return add(program, tid);
}

int trace_attach(struct traced_program *program)
{
	const pid_t pid = program->pid;
	struct search search = { .program = program };
	int error = 0;

	if (ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) < 0) {
		error = -errno;
		program->has_status = trace_reap(pid, &program->status, WNOHANG);
		return program->has_status ? -ESRCH : error;
	}
	program->is_starting = true;
	error = add(program, pid);
	/* Whoever is not traced yet can still be in the middle of making a thread. */
	do {
		search.has_found = false;
		if (!error)
			error = proc_each_thread(pid, seize_thread, &search);
	} while (!error && search.has_found);
	/* It is being killed: its end will be heard of. */
	return error == -ENOENT || error == -ESRCH ? 0 : error;
}
