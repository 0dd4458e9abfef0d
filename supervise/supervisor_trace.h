/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_SUPERVISOR_TRACE_H
#define SUPERVISE_SUPERVISOR_TRACE_H

/* A supervisor's programs with intercepts: between it and its tracer (tracer.h). */

#include "supervisor.h"

/* Traces a source's program, which is stopped, from now on, and lets it go. 0 or the context's
 * error; the program is dead and reaped then. */
int supervisor_trace(struct stile_supervisor *supervisor, struct stile *s, struct source *source);

/* Waits for the end, or a stop, of a source's program that is traced (tracing_wait()). 0 or a
 * negative errno. */
int supervisor_wait_traced(struct stile_supervisor *supervisor, pid_t pid, bool with_stops,
			   int *status);

/*
 * A descriptor, the supervisor's, that is readable when a traced program has stopped by job
 * control (an eventfd; reading does not wait), or a negative number with errno. To be called once,
 * before anything is traced.
 */
int supervisor_tell_stops(struct stile_supervisor *supervisor);

/* The signal by which a traced program has stopped (tracing_take_stop()). */
int supervisor_take_stop(struct stile_supervisor *supervisor, pid_t pid);

/* Waits until nothing is traced any more. */
void supervisor_wait_all_traced(struct stile_supervisor *supervisor);

/* Kills a program that is traced, and waits for its end. */
void supervisor_end_traced(struct stile_supervisor *supervisor, pid_t pid);

/* Kills all that is traced. Programs that are traced must be killed in no other way: their numbers
 * are given back as soon as they have ended. */
void supervisor_kill_traced(struct stile_supervisor *supervisor);

/* The supervisor has another number of handlers at once. */
void supervisor_limit_traced(struct stile_supervisor *supervisor);

/* Kills all that is traced, waits for the end of all, and ends the tracer. */
void supervisor_end_tracing(struct stile_supervisor *supervisor);

#endif
