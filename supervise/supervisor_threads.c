/* SPDX-License-Identifier: MIT */
/*
 * Who leads, and why no call is lost and no source freed that is in use.
 *
 * Whoever leads is the only one to wait (epoll), to receive, and to drop listeners that are gone.
 * Leading passes on by the word step alone: from the leader, who is in a handler (step is odd), to
 * the watcher, by a compare-and-exchange from the odd number that the watcher has seen for a whole
 * pause to the even one above. The leader's own way out of the handler is the same exchange, so
 * just one of the two succeeds: there are never two leaders, and never none. The number never comes
 * again (64 bits), so what succeeds is about the very handler that was seen.
 *
 * No call is lost: it is received at an even step, where nobody can take over, and by the thread
 * that then answers it, whoever leads meanwhile. And no leader hangs in receiving: epoll has said
 * that a call waits, nobody else receives, and for one whose target is gone the kernel has ENOENT.
 * What nobody has received yet keeps the listener readable, also for the next leader.
 *
 * No source is freed in use: it leaves the list when its listener is closed (and its program waited
 * for), under the lock. The leader closes none but the one that it was told of; while it is at an
 * even step nobody else leads, hence nobody drops. A thread whose leading was taken over is counted
 * in source->running: under the lock, together with the exchange, so before that thread, which
 * then needs the lock, can count itself out, and before the new leader drops anything. The last one
 * counted closes what was dropped meanwhile (is_gone). A dropped listener is out of the epoll set
 * first: a copy of the descriptor, in a child that is about to execute, would keep it there.
 *
 * The watcher never sleeps over a call: it says that it sleeps and then looks at step again, the
 * leader takes a step and then looks whether the watcher sleeps; in the one order of all (these are
 * sequentially consistent) one of them sees the other. At the end is_ending is set first, then
 * whoever may sleep is woken: the leader by the eventfd (which stays readable, for the leaders
 * after it), the watcher by its word, and the idle by the condition. A watcher that says that it
 * sleeps after that looks at is_ending before it does.
 *
 * Threads are joined, each by the one that ends next, the last by who ends the supervisor: when it
 * is freed nothing of it runs any more, not even on its way out.
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "supervisor.h"

/* A handler that takes longer than one to two of these has its thread for itself. */
#define WATCH_NANOSECONDS 4000000

static void *run(void *data);

/* With every signal blocked: they are the program's, not ours. The lock is held. */
static int add_thread(struct stile_supervisor *supervisor)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, run, supervisor);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		supervisor->threads.count++;
	return -error;
}

/* Whoever waits becomes the watcher; a new thread if nobody does. The lock is held. Without one
 * (no memory) a slow handler holds up the others, and no more. */
static void call_watcher(struct stile_supervisor *supervisor)
{
	struct supervisor_threads *threads = &supervisor->threads;

	if (threads->most <= 1 || threads->has_watcher || threads->is_ending)
		return;
	if (threads->idle)
		(void)pthread_cond_broadcast(&supervisor->changed);
	else
		(void)add_thread(supervisor);
}

/* How many slow handlers a source may have: half of what the others leave, so that some are left
 * however many sources have as many as they may. The lock is held. */
static unsigned int share(const struct supervisor_threads *threads, const struct source *source)
{
	const unsigned int slow = threads->count - threads->idle - 1; /* but for the leader */
	const unsigned int others = slow > source->running ? slow - source->running : 0;
	const unsigned int left = threads->most > others ? (threads->most - others) / 2 : 0;

	return left ? left : 1;
}

/* Whether calls of the source are waited for. The lock is held. */
static void listen_to(struct stile_supervisor *supervisor, struct source *source, bool is_on)
{
	struct epoll_event event = { .events = is_on ? EPOLLIN : 0, .data.ptr = source };

	if (source->listener >= 0 &&
	    epoll_ctl(supervisor->epoll, EPOLL_CTL_MOD, source->listener, &event) == 0)
		source->is_paused = !is_on;
}

/* No target is left, and no handler has the listener any more. The lock is held. */
static void close_listener(struct stile_supervisor *supervisor, struct source *source)
{
	(void)close(source->listener);
	source->listener = -1;
	if (source->pid == 0 || source->was_waited)
		supervisor_forget(supervisor, source);
	(void)pthread_cond_broadcast(&supervisor->changed);
}

/* All targets of the listener are gone. */
static void drop_listener(struct stile_supervisor *supervisor, struct source *source)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	(void)epoll_ctl(supervisor->epoll, EPOLL_CTL_DEL, source->listener, NULL);
	if (source->running == 0)
		close_listener(supervisor, source);
	else
		source->is_gone = true;
	(void)pthread_mutex_unlock(&supervisor->lock);
}

/* After a handler in a thread that is the leader no more. */
static void end_slow_call(struct stile_supervisor *supervisor, struct source *source)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	source->running--;
	if (source->is_gone && source->running == 0)
		close_listener(supervisor, source);
	else if (source->is_paused && !source->is_gone)
		listen_to(supervisor, source, true);
	(void)pthread_mutex_unlock(&supervisor->lock);
}

static void futex_wake(atomic_uint *word)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/*
 * Somebody has closed it under us, and maybe has put something else in its place, which is not ours
 * to close. Since a copy could keep it in the epoll set, the source stays until the end.
 */
static void lose_listener(struct stile_supervisor *supervisor, struct source *source, int error)
{
	supervisor_fault(supervisor,
			 "a listener can be received from no more: %s: who else closes "
			 "descriptors in this process? Its targets' calls fail with ENOSYS",
			 strerrordesc_np(-error) ? strerrordesc_np(-error) : "?");
	(void)pthread_mutex_lock(&supervisor->lock);
	(void)epoll_ctl(supervisor->epoll, EPOLL_CTL_DEL, source->listener, NULL);
	source->listener = -1;
	source->is_lost = true;
	(void)pthread_cond_broadcast(&supervisor->changed);
	(void)pthread_mutex_unlock(&supervisor->lock);
}

/* One call of a source; whether this thread still leads afterwards. */
static bool answer(struct stile_supervisor *supervisor, struct source *source)
{
	struct supervisor_threads *threads = &supervisor->threads;
	uint64_t step = atomic_load(&threads->step) + 1;
	struct stile_call call;
	const int error = supervisor_receive(source, &call);

	if (error) {
		if (error != -ENOENT && error != -EINTR)
			lose_listener(supervisor, source, error);
		return true;
	}
	atomic_store_explicit(&threads->busy_with, source, memory_order_relaxed);
	atomic_store(&threads->step, step);
	if (atomic_load(&threads->watcher_sleeps) && atomic_exchange(&threads->watcher_sleeps, 0))
		futex_wake(&threads->watcher_sleeps);
	supervisor_answer(supervisor, source, &call);
	if (atomic_compare_exchange_strong(&threads->step, &step, step + 1))
		return true;
	end_slow_call(supervisor, source);
	return false;
}

/* Until another thread leads, or the end. */
static void lead(struct stile_supervisor *supervisor)
{
	for (;;) {
		struct epoll_event event;
		struct source *source;

		if (epoll_wait(supervisor->epoll, &event, 1, -1) < 1) {
			if (errno == EINTR) /* by a debugger */
				continue;
			supervisor_fault(supervisor,
					 "calls can be waited for no more: %s: who else closes "
					 "descriptors in this process?",
					 strerrordesc_np(errno));
			return;
		}
		source = event.data.ptr;
		if (!source)
			return; /* the end */
		if (!(event.events & EPOLLIN))
			drop_listener(supervisor, source);
		else if (!answer(supervisor, source))
			return;
	}
}

/* Takes over from a leader that is in the same call still. */
static bool take_over(struct stile_supervisor *supervisor, uint64_t step)
{
	struct supervisor_threads *threads = &supervisor->threads;
	bool is_taken = false;

	(void)pthread_mutex_lock(&supervisor->lock);
	if (!threads->is_ending && threads->count - threads->idle <= threads->most) {
		/* It is that of another call if the exchange fails, and then of no use. */
		struct source *source = atomic_load_explicit(&threads->busy_with,
							     memory_order_relaxed);

		is_taken = atomic_compare_exchange_strong(&threads->step, &step, step + 1);
		if (is_taken) {
			threads->has_watcher = false;
			source->running++;
			if (source->running >= share(threads, source))
				listen_to(supervisor, source, false);
		}
	}
	(void)pthread_mutex_unlock(&supervisor->lock);
	return is_taken;
}

/* While calls come it looks after each pause, else it sleeps until one comes. */
static void pause_watching(struct supervisor_threads *threads, bool has_calls)
{
	const struct timespec pause = { 0, WATCH_NANOSECONDS };

	if (has_calls) {
		(void)syscall(SYS_futex, &threads->watcher_sleeps, FUTEX_WAIT_PRIVATE, 0, &pause,
			      NULL, 0);
		return;
	}
	(void)syscall(SYS_futex, &threads->watcher_sleeps, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

static bool is_ending(struct stile_supervisor *supervisor)
{
	bool is;

	(void)pthread_mutex_lock(&supervisor->lock);
	is = supervisor->threads.is_ending;
	(void)pthread_mutex_unlock(&supervisor->lock);
	return is;
}

/* Until it is the leader (true) or the end. */
static bool watch(struct stile_supervisor *supervisor)
{
	struct supervisor_threads *threads = &supervisor->threads;
	uint64_t step = atomic_load(&threads->step);

	while (!is_ending(supervisor)) {
		const uint64_t before = step;

		pause_watching(threads, true);
		step = atomic_load(&threads->step);
		if (step != before)
			continue;
		if (step & 1) {
			if (take_over(supervisor, step))
				return true;
			continue;
		}
		/* A call that begins now sees that it sleeps, or is seen. */
		atomic_store(&threads->watcher_sleeps, 1);
		if (atomic_load(&threads->step) == step && !is_ending(supervisor))
			pause_watching(threads, false);
		atomic_store(&threads->watcher_sleeps, 0);
	}
	return false;
}

/* Until there is something to do; false: the end. The lock is held. */
static bool wait_for_duty(struct stile_supervisor *supervisor)
{
	struct supervisor_threads *threads = &supervisor->threads;

	threads->idle++;
	while (!threads->is_ending && threads->has_watcher)
		(void)pthread_cond_wait(&supervisor->changed, &supervisor->lock);
	threads->idle--;
	return !threads->is_ending;
}

/* The calling thread is about to end; the one that ended before has, or will at once. */
static void leave(struct stile_supervisor *supervisor)
{
	struct supervisor_threads *threads = &supervisor->threads;
	const pthread_t before = threads->ended;
	const bool has_before = threads->has_ended;

	threads->ended = pthread_self();
	threads->has_ended = true;
	threads->count--;
	(void)pthread_cond_broadcast(&supervisor->changed);
	(void)pthread_mutex_unlock(&supervisor->lock); /* with the last one the supervisor goes */
	if (has_before)
		(void)pthread_join(before, NULL);
}

static void *run(void *data)
{
	struct stile_supervisor *supervisor = data;
	struct supervisor_threads *threads = &supervisor->threads;

	supervisor_serve(supervisor);
	(void)pthread_mutex_lock(&supervisor->lock);
	while (!threads->is_ending) {
		bool leads = false;

		if (!threads->has_leader) { /* the first thread */
			threads->has_leader = leads = true;
		} else if (!wait_for_duty(supervisor)) {
			break;
		} else {
			threads->has_watcher = true;
			(void)pthread_mutex_unlock(&supervisor->lock);
			leads = watch(supervisor);
			(void)pthread_mutex_lock(&supervisor->lock);
		}
		if (leads) {
			call_watcher(supervisor);
			(void)pthread_mutex_unlock(&supervisor->lock);
			lead(supervisor);
			(void)pthread_mutex_lock(&supervisor->lock);
		}
	}
	leave(supervisor);
	return NULL;
}

void supervisor_threads_limit(struct stile_supervisor *supervisor, unsigned int most)
{
	(void)pthread_mutex_lock(&supervisor->lock);
	supervisor->threads.most = most;
	if (supervisor->threads.has_leader)
		call_watcher(supervisor); /* there is none if just one handler was allowed */
	(void)pthread_cond_broadcast(&supervisor->changed); /* who waits to begin a handler */
	(void)pthread_mutex_unlock(&supervisor->lock);
}

int supervisor_threads_start(struct stile_supervisor *supervisor)
{
	int error = 0;

	(void)pthread_mutex_lock(&supervisor->lock);
	if (supervisor->threads.count == 0)
		error = add_thread(supervisor);
	(void)pthread_mutex_unlock(&supervisor->lock);
	return error;
}

void supervisor_threads_end(struct stile_supervisor *supervisor)
{
	struct supervisor_threads *threads = &supervisor->threads;
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&supervisor->lock);
	threads->is_ending = true;
	(void)!write(supervisor->wake, &one, sizeof(one)); /* it never blocks: it is written once */
	atomic_store(&threads->watcher_sleeps, 0);
	futex_wake(&threads->watcher_sleeps);
	(void)pthread_cond_broadcast(&supervisor->changed);
	while (threads->count)
		(void)pthread_cond_wait(&supervisor->changed, &supervisor->lock);
	(void)pthread_mutex_unlock(&supervisor->lock);
	if (threads->has_ended)
		(void)pthread_join(threads->ended, NULL);
	threads->has_ended = false;
}
