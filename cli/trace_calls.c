/* SPDX-License-Identifier: MIT */
#include "trace_calls.h"

#include <errno.h>
#include <search.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <stile/intercept.h>

#include "trace_line.h"

static uint64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void trace_begin(struct trace *trace, const struct trace_options *options,
		 struct trace_output *output)
{
	memset(trace, 0, sizeof(*trace));
	trace->options = options;
	trace->output = output;
	trace->process_fd = -1;
	trace->main_thread = pthread_self();
	trace->is_exec_chosen = trace_choice_has(&options->choice, "execve");
	(void)pthread_mutex_init(&trace->lock, NULL); /* on Linux it cannot fail */
}

/* ---- Calls that have begun */

static int compare_threads(const void *a, const void *b)
{
	const struct traced_call *x = a, *y = b;

	return (x->thread > y->thread) - (x->thread < y->thread);
}

static struct traced_call *find_pending(struct trace *trace, pid_t thread)
{
	const struct traced_call wanted = { .thread = thread };
	struct traced_call *const *found = tfind(&wanted, &trace->pending, compare_threads);

	return found ? *found : NULL;
}

static void take_out(struct trace *trace, struct traced_call *traced)
{
	(void)tdelete(traced, &trace->pending, compare_threads);
}

static void drop(void *call)
{
	struct traced_call *traced = call;

	traced_call_free(traced);
	free(traced);
}

static bool exists(pid_t thread)
{
	return syscall(SYS_tkill, thread, 0) == 0 || errno != ESRCH;
}

/* ---- What is written. The lock is held. */

static void write_traced(struct trace *trace, const struct traced_call *traced)
{
	FILE *stream = trace->output->stream;

	if (trace->options->counts) {
		if (!trace_summary_add(&trace->summary, traced))
			trace->has_failed = true;
		return;
	}
	if (trace->output->has_failed)
		return;
	if (trace->options->is_json)
		write_call_json(stream, traced);
	else
		write_call_line(stream, traced, trace->options->follows || trace->has_threads);
	trace_output_flush(trace->output);
}

/* One that never returned: its thread is gone, or does not come back from it. */
static void give_up(struct trace *trace, struct traced_call *traced)
{
	take_out(trace, traced);
	write_traced(trace, traced);
	drop(traced);
}

/* ---- What is seen. The lock is held. */

/* The first call that is seen is that by which the program is executed, in its first thread. */
static void note_program(struct trace *trace, const struct stile_call *call)
{
	if (trace->pid)
		return;
	trace->pid = stile_call_thread(call);
	trace->begin = now();
	trace->process_fd = (int)syscall(SYS_pidfd_open, trace->pid, 0);
	(void)pthread_kill(trace->main_thread, SIGCHLD);
}

int trace_process(struct trace *trace, pid_t *pid)
{
	int fd;

	(void)pthread_mutex_lock(&trace->lock);
	*pid = trace->pid;
	fd = trace->process_fd;
	(void)pthread_mutex_unlock(&trace->lock);
	return fd;
}

static bool is_of_program(const struct trace *trace, pid_t thread)
{
	return thread == trace->pid || syscall(SYS_tgkill, trace->pid, thread, 0) == 0 ||
	       errno != ESRCH;
}

static bool is_wanted(const struct trace *trace, const struct stile_call *call)
{
	return trace->options->follows || is_of_program(trace, stile_call_thread(call));
}

static void begin_call(struct trace *trace, struct stile_call *call)
{
	struct traced_call *traced = find_pending(trace, stile_call_thread(call));

	if (traced)
		give_up(trace, traced);
	traced = calloc(1, sizeof(*traced));
	if (!traced) {
		trace->has_failed = true;
		return;
	}
	traced_call_begin(traced, call);
	if (traced->thread != trace->pid)
		trace->has_threads = true;
	if ((!trace->options->counts &&
	     !traced_call_describe(traced, call, trace->options->shows_paths)) ||
	    !tsearch(traced, &trace->pending, compare_threads)) {
		trace->has_failed = true;
		drop(traced);
		return;
	}
	traced->begin = now() - trace->begin;
}

static bool is_exec(const char *name)
{
	return strcmp(name, "execve") == 0 || strcmp(name, "execveat") == 0;
}

struct exec_search {
	const struct stile_call *call;
	struct traced_call *found;
};

/* A thread that executes a program takes the number of the first thread, and its own is gone. */
static void look_for_exec(const void *node, VISIT visit, void *data)
{
	struct traced_call *traced = *(struct traced_call *const *)node;
	struct exec_search *search = data;

	if ((visit == preorder || visit == leaf) && !search->found && is_exec(traced->name) &&
	    traced->name == stile_call_name(search->call) &&
	    traced->words[0] == stile_call_argument(search->call, 0) &&
	    traced->words[1] == stile_call_argument(search->call, 1) && !exists(traced->thread))
		search->found = traced;
}

/* The call that ends; NULL: its begin was not seen, or not to be. */
static struct traced_call *find_begun(struct trace *trace, const struct stile_call *call)
{
	struct traced_call *traced = find_pending(trace, stile_call_thread(call));
	struct exec_search search = { call, NULL };

	if (!is_exec(stile_call_name(call)) || stile_call_result(call) != 0 ||
	    (traced && is_exec(traced->name)))
		return traced;
	twalk_r(trace->pending, look_for_exec, &search);
	if (!search.found)
		return NULL;
	if (traced)
		give_up(trace, traced);
	take_out(trace, search.found);
	search.found->thread = stile_call_thread(call);
	if (tsearch(search.found, &trace->pending, compare_threads))
		return search.found;
	trace->has_failed = true;
	drop(search.found);
	return NULL;
}

static void end_call(struct trace *trace, struct stile_call *call)
{
	const uint64_t end = now() - trace->begin;
	struct traced_call *traced = find_begun(trace, call);

	if (!traced)
		return;
	take_out(trace, traced);
	traced->duration = end - traced->begin;
	if (trace->options->counts) {
		traced->is_finished = true;
		traced->result = stile_call_result(call);
	} else {
		traced_call_finish(traced, call, trace->options->shows_paths);
	}
	write_traced(trace, traced);
	drop(traced);
}

/* ---- Handlers */

static void see_entry(struct trace *trace, struct stile_call *call, bool is_chosen)
{
	(void)pthread_mutex_lock(&trace->lock);
	note_program(trace, call);
	if (is_chosen && !trace->is_ending && is_wanted(trace, call) &&
	    (trace->has_started || is_exec(stile_call_name(call))))
		begin_call(trace, call);
	(void)pthread_mutex_unlock(&trace->lock);
}

static void see_exit(struct trace *trace, struct stile_call *call, bool is_chosen)
{
	bool is_start;

	(void)pthread_mutex_lock(&trace->lock);
	is_start = is_exec(stile_call_name(call)) && !trace->has_started;
	if (is_start) {
		trace->has_started = stile_call_result(call) == 0;
		trace->exec_errno = trace->has_started ? 0 : (int)-stile_call_result(call);
	}
	if (is_chosen && !trace->is_ending && (trace->has_started || is_start))
		end_call(trace, call);
	(void)pthread_mutex_unlock(&trace->lock);
}

static struct stile_answer on_entry(struct stile_call *call, void *data)
{
	see_entry(data, call, true);
	return stile_answer_allow();
}

static struct stile_answer on_exit_of(struct stile_call *call, void *data)
{
	see_exit(data, call, true);
	return stile_answer_allow();
}

static struct stile_answer on_exec_entry(struct stile_call *call, void *data)
{
	see_entry(data, call, false);
	return stile_answer_allow();
}

static struct stile_answer on_exec_exit(struct stile_call *call, void *data)
{
	see_exit(data, call, false);
	return stile_answer_allow();
}

static struct stile_answer let_through(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_allow();
}

struct trace_handlers trace_handlers(struct trace *trace)
{
	return (struct trace_handlers){ .entry = on_entry,
					.exit = on_exit_of,
					.exec_entry = on_exec_entry,
					.exec_exit = on_exec_exit,
					.let_through = let_through,
					.data = trace };
}

/* ---- The end */

struct gone_search {
	bool is_all; /* those whose threads exist, too */
	struct traced_call *found;
};

static void look_for_gone(const void *node, VISIT visit, void *data)
{
	struct traced_call *traced = *(struct traced_call *const *)node;
	struct gone_search *search = data;

	if ((visit == preorder || visit == leaf) && !search->found &&
	    (search->is_all || !exists(traced->thread)))
		search->found = traced;
}

static void give_up_gone(struct trace *trace, bool is_all)
{
	struct gone_search search = { .is_all = is_all };

	do {
		search.found = NULL;
		twalk_r(trace->pending, look_for_gone, &search);
		if (search.found)
			give_up(trace, search.found);
	} while (search.found);
}

void trace_program_ended(struct trace *trace, int status)
{
	const bool with_thread = trace->options->follows || trace->has_threads;
	FILE *stream = trace->output->stream;

	(void)pthread_mutex_lock(&trace->lock);
	give_up_gone(trace, false);
	if (trace->has_started && !trace->options->counts && !trace->output->has_failed) {
		if (trace->options->is_json)
			write_end_json(stream, trace->pid, status);
		else
			write_end_line(stream, trace->pid, status, with_thread);
		trace_output_flush(trace->output);
	}
	(void)pthread_mutex_unlock(&trace->lock);
}

void trace_end(struct trace *trace)
{
	(void)pthread_mutex_lock(&trace->lock);
	trace->is_ending = true;
	if (trace->has_started)
		give_up_gone(trace, true);
	if (trace->has_started && trace->options->counts && !trace->output->has_failed) {
		if (trace->options->is_json)
			trace_summary_write_json(&trace->summary, trace->output->stream);
		else
			trace_summary_write(&trace->summary, trace->output->stream);
		trace_output_flush(trace->output);
	}
	trace_summary_end(&trace->summary);
	tdestroy(trace->pending, drop);
	trace->pending = NULL;
	(void)pthread_mutex_unlock(&trace->lock);
}
