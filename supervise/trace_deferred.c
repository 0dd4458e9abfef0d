/* SPDX-License-Identifier: MIT */
#include "trace_deferred.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "thread_registers.h"
#include "traced_program.h"

/* How long others wait at most for a handler: a quick one costs no bell then. */
#define PATIENCE_NANOSECONDS 1000000

void deferred_init(struct deferred *deferred)
{
	(void)pthread_mutex_init(&deferred->lock, NULL); /* on Linux these cannot fail */
	(void)pthread_cond_init(&deferred->changed, NULL);
}

void deferred_destroy(struct deferred *deferred)
{
	(void)pthread_cond_destroy(&deferred->changed);
	(void)pthread_mutex_destroy(&deferred->lock);
}

/* In a thread of the judges. */
static void note_done(struct judgement *judgement)
{
	struct deferred *deferred = judgement->deferred;

	(void)pthread_mutex_lock(&deferred->lock);
	judgement->next = deferred->done;
	deferred->done = judgement;
	if (deferred->is_waiting)
		doorbell_ring(&deferred->bell);
	else
		(void)pthread_cond_signal(&deferred->changed);
	(void)pthread_mutex_unlock(&deferred->lock);
}

static struct judgement *take_done(struct deferred *deferred)
{
	struct judgement *done;

	(void)pthread_mutex_lock(&deferred->lock);
	done = deferred->done;
	deferred->done = NULL;
	(void)pthread_mutex_unlock(&deferred->lock);
	return done;
}

static void unlink_pending(struct deferred *deferred, const struct judgement *judgement)
{
	struct judgement **at = &deferred->pending;

	while (*at && *at != judgement)
		at = &(*at)->next_pending;
	if (*at)
		*at = judgement->next_pending;
}

/* The first of a process; NULL: it has none. */
static struct judgement *first_of(const struct deferred *deferred, pid_t process)
{
	struct judgement *judgement = deferred->pending;

	while (judgement && judgement->process != process)
		judgement = judgement->next_pending;
	return judgement;
}

/* Its handler has answered. */
static void apply(struct traced_program *program, const struct judgement *judgement)
{
	const pid_t tid = judgement->call.notification.thread;
	struct traced_thread *thread = threads_find(&program->threads, tid);

	if (judgement->is_void || !thread)
		return;
	if (atomic_load_explicit(&program->is_killed, memory_order_relaxed))
		trace_kill(tid);
	else
		trace_apply(program, thread, judgement);
}

/* The next call of a process whose last one is answered; calls for which there is no thread are
 * answered here. */
static void ask_next(struct traced_program *program, pid_t process)
{
	struct judgement *judgement;

	while ((judgement = first_of(&program->deferred, process))) {
		judgement->is_asked = judges_ask(&program->tracing->judges, judgement);
		if (judgement->is_asked)
			return;
		unlink_pending(&program->deferred, judgement);
		judgement_run(judgement, program->settings);
		apply(program, judgement);
		free(judgement);
	}
}

static void apply_done(struct traced_program *program)
{
	struct judgement *done = take_done(&program->deferred);

	while (done) {
		struct judgement *judgement = done;
		const pid_t process = judgement->process;

		done = judgement->next;
		unlink_pending(&program->deferred, judgement);
		apply(program, judgement);
		free(judgement);
		ask_next(program, process);
	}
}

/* Until one is done, or for ever; false: time is up. */
static bool wait_done(struct deferred *deferred, bool is_patient)
{
	struct timespec end;
	int error = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += PATIENCE_NANOSECONDS;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	(void)pthread_mutex_lock(&deferred->lock);
	while (!deferred->done && !error) {
		if (is_patient)
			error = pthread_cond_wait(&deferred->changed, &deferred->lock);
		else
			error = pthread_cond_clockwait(&deferred->changed, &deferred->lock,
						       CLOCK_MONOTONIC, &end);
	}
	(void)pthread_mutex_unlock(&deferred->lock);
	return !error;
}

bool trace_defer(struct traced_program *program, const struct traced_thread *thread,
		 const struct judgement *judgement)
{
	struct deferred *deferred = &program->deferred;
	struct judgement **end = &deferred->pending;
	struct judgement *copy;

	if (program->threads.processes < 2 && !deferred->pending)
		return false;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return false;
	*copy = *judgement;
	copy->call.registers = &copy->registers;
	/* Only the tracer can read them. */
	if (registers_read(&copy->registers) < 0) {
		free(copy);
		return false;
	}
	copy->deferred = deferred;
	copy->done = note_done;
	copy->process = thread->process;
	copy->next_pending = NULL;
	copy->is_asked = copy->is_void = false;
	while (*end)
		end = &(*end)->next_pending;
	*end = copy;
	if (first_of(deferred, copy->process) != copy)
		return true;
	ask_next(program, copy->process);
	if (deferred->pending && wait_done(deferred, false))
		apply_done(program);
	return true;
}

void trace_before_wait(struct traced_program *program)
{
	struct deferred *deferred = &program->deferred;

	for (;;) {
		bool is_ready;

		if (deferred->pending)
			apply_done(program);
		if (!deferred->pending) {
			doorbell_stop(
				&deferred->bell); /* else there always is something to trace */
			return;
		}
		if (!deferred->bell.pid && doorbell_start(&deferred->bell) < 0) {
			(void)wait_done(deferred, true);
			continue;
		}
		(void)pthread_mutex_lock(&deferred->lock);
		is_ready = !deferred->done;
		deferred->is_waiting = is_ready;
		(void)pthread_mutex_unlock(&deferred->lock);
		if (is_ready)
			return;
	}
}

void trace_after_wait(struct traced_program *program)
{
	struct deferred *deferred = &program->deferred;

	if (!deferred->pending)
		return;
	(void)pthread_mutex_lock(&deferred->lock);
	deferred->is_waiting = false;
	(void)pthread_mutex_unlock(&deferred->lock);
	apply_done(program);
}

void trace_forget_calls(struct traced_program *program, pid_t tid)
{
	struct judgement *next;
	pid_t process = 0; /* whose next call it is now */

	for (struct judgement *judgement = program->deferred.pending; judgement; judgement = next) {
		next = judgement->next_pending;
		if (judgement->call.notification.thread != tid)
			continue;
		judgement->is_void = true;
		if (judgement->is_asked) {
			if (!judges_withdraw(&program->tracing->judges, judgement))
				continue;
			process = judgement->process;
		}
		unlink_pending(&program->deferred, judgement);
		free(judgement);
	}
	if (process)
		ask_next(program, process);
}

bool trace_is_bell(struct traced_program *program, pid_t tid, int status)
{
	struct doorbell *bell = &program->deferred.bell;

	if (tid != bell->pid)
		return false;
	if (WIFSTOPPED(status))
		doorbell_resume(bell);
	else
		doorbell_has_ended(bell);
	return true;
}

void trace_end_deferred(struct traced_program *program)
{
	doorbell_stop(&program->deferred.bell);
	while (program->deferred.pending) {
		(void)wait_done(&program->deferred, true);
		apply_done(program);
	}
}
