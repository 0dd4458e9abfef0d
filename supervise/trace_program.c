/* SPDX-License-Identifier: MIT */
/* The thread that traces a program: it waits for what happens to it and sees to that. */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traced_program.h"

/* How many things that have happened already are looked at in turn. */
#define EVENTS_MAX 64

struct event {
	pid_t tid;
	int status;
};

/*
 * What this thread traces, and nothing else: ordinary children that a handler has made in it are
 * no concern of __WCLONE.
 */
static bool next_event(struct event *event, int options)
{
	do {
		event->tid = waitpid(-1, &event->status, __WCLONE | __WNOTHREAD | options);
	} while (event->tid < 0 && errno == EINTR);
	return event->tid > 0;
}

/* A stopped thread that has been killed is heard of again: only its last event is about it. */
static size_t keep_last(struct event *events, size_t count)
{
	const struct event last = events[count];

	for (size_t i = 0; i < count; i++)
		if (events[i].tid == last.tid) {
			events[i] = last;
			return count;
		}
	return count + 1;
}

/*
 * The kernel tells first of the one that it finds first, always the same if that is quick enough.
 * So what else has happened is taken note of before anything goes on. 0: nothing is left to trace.
 */
static size_t next_events(const struct traced_program *program, struct event events[EVENTS_MAX])
{
	size_t count = next_event(&events[0], 0) ? 1 : 0;

	if (count && program->threads.count > 1)
		while (count < EVENTS_MAX && next_event(&events[count], WNOHANG))
			count = keep_last(events, count);
	return count;
}

static void lock(struct traced_program *program)
{
	(void)pthread_mutex_lock(&program->tracing->lock);
}

static void unlock(struct traced_program *program)
{
	(void)pthread_cond_broadcast(&program->tracing->changed);
	(void)pthread_mutex_unlock(&program->tracing->lock);
}

void trace_note_stop(struct traced_program *program, int number)
{
	lock(program);
	program->stop_signal = number;
	unlock(program);
	if (number && program->settings->stopped)
		program->settings->stopped(program->settings->data);
}

/* Its number may be another's by now, but not if it is traced by this thread. */
static void kill_traced(pid_t tid)
{
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0)
		trace_kill(tid);
}

void trace_kill_program(struct traced_program *program, const char *fault)
{
	if (fault)
		program->settings->fault(program->settings->data, fault);
	atomic_store(&program->is_killed, true);
	threads_each(&program->threads, kill_traced);
}

/* A process whose end wakes this thread, if it is to be woken. The lock is held. */
static void choose_wake(struct traced_program *program, const struct traced_thread *leader)
{
	if (program->wake_fd >= 0)
		(void)close(program->wake_fd);
	program->wake_pid = leader ? leader->tid : 0;
	program->wake_fd = leader ? (int)syscall(SYS_pidfd_open, leader->tid, 0) : -1;
}

static bool is_any(pid_t process, pid_t tid)
{
	(void)process;
	(void)tid;
	return true;
}

static void on_end(struct traced_program *program, const struct event *event)
{
	const struct traced_thread *thread = threads_find(&program->threads, event->tid);
	bool is_killed;

	/* All threads of a process end before the first one does, but one may do so unheard: in
	 * exec it loses its own number, and if it is killed then, nothing tells of that. */
	if (thread && thread->process == event->tid)
		threads_remove_process(&program->threads, event->tid);
	else
		threads_remove(&program->threads, event->tid);
	if (event->tid != program->wake_pid && event->tid != program->pid)
		return;
	lock(program);
	if (event->tid == program->pid && !program->has_ended) {
		program->has_ended = true;
		program->has_status = true;
		program->status = event->status;
	}
	if (event->tid == program->wake_pid)
		choose_wake(program, threads_find_leader(&program->threads, is_any, 0));
	is_killed = atomic_load(&program->is_killed);
	unlock(program);
	if (is_killed)
		threads_each(&program->threads, kill_traced);
}

/* May we not signal it, it is there all the same. */
static bool has_thread(pid_t process, pid_t tid)
{
	return syscall(SYS_tgkill, process, tid, 0) == 0 || errno != ESRCH;
}

/* That of a new thread, which is stopped. */
static pid_t process_of(const struct traced_program *program, pid_t tid)
{
	const struct traced_thread *leader = NULL;

	if (!has_thread(tid, tid))
		leader = threads_find_leader(&program->threads, has_thread, tid);
	return leader ? leader->process : tid;
}

static struct traced_thread *add(struct traced_program *program, pid_t tid)
{
	struct traced_thread *thread = threads_add(&program->threads, tid,
						   process_of(program, tid));

	if (thread && thread->process == tid && program->wake_pid == 0) {
		lock(program);
		choose_wake(program, thread);
		unlock(program);
	}
	return thread;
}

static void on_event(struct traced_program *program, const struct event *event)
{
	struct traced_thread *thread;

	if (trace_is_bell(program, event->tid, event->status))
		return;
	if (!WIFSTOPPED(event->status)) {
		on_end(program, event);
		return;
	}
	thread = threads_find(&program->threads, event->tid);
	if (!thread)
		thread = add(program, event->tid);
	if (!thread) {
		trace_kill(event->tid);
		trace_kill_program(program, "a program was killed, because there is no memory to "
					    "trace what it makes");
	} else if (atomic_load_explicit(&program->is_killed, memory_order_relaxed)) {
		trace_kill(event->tid);
	} else {
		trace_stop(program, thread, event->status);
	}
}

static void follow(struct traced_program *program)
{
	struct event events[EVENTS_MAX];
	size_t count;

	for (;;) {
		trace_before_wait(program);
		count = next_events(program, events);
		/*
		 * First of all: whoever is heard of is in its call no more, and may be another
		 * one, by exec. As we have heard, the kernel takes requests for it again.
		 */
		for (size_t i = 0; i < count; i++)
			trace_forget_calls(program, events[i].tid);
		trace_after_wait(program);
		if (!count)
			break;
		for (size_t i = 0; i < count; i++)
			on_event(program, &events[i]);
	}
	trace_end_deferred(program);
}

static void announce(struct traced_program *program, int error)
{
	lock(program);
	program->is_attached = true;
	program->attach_error = error;
	if (!error && program->threads.count)
		choose_wake(program, threads_find(&program->threads, program->pid));
	error = atomic_load(&program->is_killed);
	unlock(program);
	if (error)
		threads_each(&program->threads, kill_traced);
}

static void finish(struct traced_program *program)
{
	static const char stolen[] = "the end of a program was not seen by its tracer: somebody "
				     "else waits for children that are not theirs";
	const bool is_stolen = !program->has_status && !program->attach_error;

	if (is_stolen)
		program->settings->fault(program->settings->data, stolen);
	threads_free(&program->threads);
	lock(program);
	choose_wake(program, NULL);
	program->has_ended = true;
	program->is_over = true;
	unlock(program);
}

void *trace_program(void *argument)
{
	struct traced_program *program = argument;
	int error = trace_attach(program);

	if (error == -ESRCH && program->has_status) {
		announce(program, 0);
	} else if (error) {
		/* Dead before anybody is told. */
		(void)kill(program->pid, SIGKILL);
		trace_kill_program(program, NULL);
		follow(program);
		if (!program->has_ended)
			(void)trace_reap(program->pid, NULL, 0);
		announce(program, error);
	} else {
		announce(program, 0);
		follow(program);
	}
	finish(program);
	return NULL;
}
