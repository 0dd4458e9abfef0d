/* SPDX-License-Identifier: MIT */
#include "tracees.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int stop_event(int status)
{
	return status >> 16;
}

bool stop_is_group_stop(int status)
{
	if (stop_event(status) != PTRACE_EVENT_STOP)
		return false;
	switch (WSTOPSIG(status)) {
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return true;
	}
	return false;
}

int stop_signal(int status)
{
	/* With PTRACE_O_TRACESYSGOOD a syscall stop is SIGTRAP with bit 7. */
	if (stop_event(status) != 0 || WSTOPSIG(status) == (SIGTRAP | 0x80))
		return 0;
	return WSTOPSIG(status);
}

struct tracee *tracees_find(struct tracees *tracees, pid_t tid)
{
	for (size_t i = 0; i < tracees->count; i++)
		if (tracees->all[i].tid == tid)
			return &tracees->all[i];
	return NULL;
}

/* Not malloc(): the process was forked from one whose threads may hold its locks. */
static int grow(struct tracees *tracees)
{
	size_t size = tracees->room * sizeof(*tracees->all);
	size_t wanted = size ? 2 * size : 4096;
	void *all;

	if (size)
		all = mremap(tracees->all, size, wanted, MREMAP_MAYMOVE);
	else
		all = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);
	if (all == MAP_FAILED)
		return -ENOMEM;
	tracees->all = all;
	tracees->room = wanted / sizeof(*tracees->all);
	return 0;
}

int tracees_add(struct tracees *tracees, pid_t tid)
{
	if (tracees_find(tracees, tid))
		return 0;
	if (tracees->count == tracees->room && grow(tracees) < 0)
		return -ENOMEM;
	tracees->all[tracees->count++] = (struct tracee){ .tid = tid };
	return 0;
}

static void tracees_drop(struct tracees *tracees, pid_t tid)
{
	struct tracee *t = tracees_find(tracees, tid);

	if (t)
		*t = tracees->all[--tracees->count];
}

static int note_stop(struct tracees *tracees, pid_t tid, int status)
{
	unsigned long other = 0;
	struct tracee *t;

	/* A new task's first stop may come before its maker's event. */
	if (tracees_add(tracees, tid) < 0)
		return -ENOMEM;
	t = tracees_find(tracees, tid);
	t->stopped = true;
	t->status = status;

	switch (stop_event(status)) {
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		/*
		 * Know it from now on: it has yet to make its first stop. If it was killed
		 * and its end seen already, it is no tracee any more, and must not be waited
		 * for; the request tells, and otherwise asks for the stop that comes anyway.
		 */
		if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &other) == 0 &&
		    ptrace(PTRACE_INTERRUPT, (pid_t)other, NULL, NULL) == 0)
			return tracees_add(tracees, (pid_t)other);
		break;
	case PTRACE_EVENT_EXEC:
		/* A thread that execs takes its leader's id; its own is never heard of again. */
		if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &other) == 0 && (pid_t)other != tid)
			tracees_drop(tracees, (pid_t)other);
		break;
	}
	return 0;
}

int tracees_next(struct tracees *tracees, pid_t *tid, int *status)
{
	do {
		*tid = waitpid(-1, status, __WALL);
	} while (*tid < 0 && errno == EINTR);
	if (*tid < 0)
		return -errno;
	if (WIFSTOPPED(*status))
		return note_stop(tracees, *tid, *status);
	if (*tid == tracees->main) {
		tracees->main_ended = true;
		tracees->main_status = *status;
	}
	tracees_drop(tracees, *tid);
	return 0;
}

int tracees_resume(struct tracees *tracees, pid_t tid, int request, int signal)
{
	struct tracee *t = tracees_find(tracees, tid);

	if (ptrace((enum __ptrace_request)request, tid, NULL, (long)signal) < 0)
		return -errno;
	if (t)
		t->stopped = false;
	return 0;
}

void tracees_kill(struct tracees *tracees)
{
	pid_t tid;
	int status;

	/* Their ids cannot have been reused: we have not waited for their end. */
	for (size_t i = 0; i < tracees->count; i++)
		kill(tracees->all[i].tid, SIGKILL);
	/* -ENOMEM drops nothing: the task is stopped, and killed like the others. */
	while (tracees_next(tracees, &tid, &status) != -ECHILD)
		if (WIFSTOPPED(status))
			kill(tid, SIGKILL);
}
