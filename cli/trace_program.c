/* SPDX-License-Identifier: MIT */
#include "trace_program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/supervise.h>

#include "commands.h"
#include "run_program.h"
#include "say.h"
#include "start_failure.h"

#define VERB "trace"
#define BECOME "--become-program"
#define ITSELF "/proc/self/exe"

/* What the thread that waits tells the one that deals with signals; which it wakes by SIGCHLD. */
struct news {
	struct stile_supervisor *supervisor;
	pthread_t main_thread;
	pid_t pid;
	pthread_mutex_t lock;
	pthread_cond_t taken;
	int stop_signal; /* the program has stopped, and we have not yet; else 0 */
	bool has_ended, was_lost,
		all_over; /* the program; how is not known; with all its children */
	int status;
};

void trace_become_program(int argc, char **argv)
{
	if (argc < 4 || strcmp(argv[1], BECOME) != 0)
		return;
	(void)execv(argv[2], argv + 3);
	_exit(STATUS_NOT_EXECUTABLE); /* the errno has been seen */
}

/* ---- The thread that waits */

static void wake_main(struct news *news)
{
	(void)pthread_mutex_unlock(&news->lock);
	(void)pthread_kill(news->main_thread, SIGCHLD);
	(void)pthread_mutex_lock(&news->lock);
}

static void *wait_for_news(void *data)
{
	struct news *news = data;
	int status, error;

	for (;;) {
		error = stile_supervisor_wait_stop(news->supervisor, news->pid, &status);
		(void)pthread_mutex_lock(&news->lock);
		if (error || !WIFSTOPPED(status))
			break;
		news->stop_signal = WSTOPSIG(status);
		wake_main(news);
		while (news->stop_signal)
			(void)pthread_cond_wait(&news->taken, &news->lock);
		(void)pthread_mutex_unlock(&news->lock);
	}
	news->has_ended = true;
	news->was_lost = error != 0;
	news->status = status;
	wake_main(news);
	(void)pthread_mutex_unlock(&news->lock);
	(void)stile_supervisor_wait_all(news->supervisor);
	(void)pthread_mutex_lock(&news->lock);
	news->all_over = true;
	wake_main(news);
	(void)pthread_mutex_unlock(&news->lock);
	return NULL;
}

/* ---- The main thread */

static void pass_on(struct trace *trace, const siginfo_t *info)
{
	const bool is_queued = info->si_code == SI_QUEUE;
	siginfo_t copy = *info;
	pid_t pid;
	const int fd = trace_process(trace, &pid);

	if (signal_is_from_terminal(info))
		return;
	/* What it sends to its process group it has got already. */
	if (info->si_code <= 0 && info->si_pid == pid)
		return;
	copy.si_pid = getpid();
	copy.si_uid = getuid();
	(void)syscall(SYS_pidfd_send_signal, fd, info->si_signo, is_queued ? &copy : NULL, 0);
}

/* Stops as the program did, if it has. */
static void stop_with_program(struct news *news)
{
	int number;

	(void)pthread_mutex_lock(&news->lock);
	number = news->stop_signal;
	(void)pthread_mutex_unlock(&news->lock);
	if (number)
		stop_too(number);
	(void)pthread_mutex_lock(&news->lock);
	if (number)
		news->stop_signal = 0;
	(void)pthread_cond_signal(&news->taken);
	(void)pthread_mutex_unlock(&news->lock);
}

static bool is_asked_to_end(int number)
{
	return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM;
}

static bool is_true(struct news *news, const bool *what)
{
	bool answer;

	(void)pthread_mutex_lock(&news->lock);
	answer = *what;
	(void)pthread_mutex_unlock(&news->lock);
	return answer;
}

static void wait_for_program(struct trace *trace, struct news *news)
{
	sigset_t waited, at_first;
	siginfo_t info;
	pid_t pid;

	run_signals_waited(&waited);
	(void)sigemptyset(&at_first);
	(void)sigaddset(&at_first, SIGCHLD);
	while (!is_true(news, &news->has_ended)) {
		/* What is for the program waits until it can be reached. */
		const bool is_known = trace_process(trace, &pid) >= 0;

		if (sigwaitinfo(is_known ? &waited : &at_first, &info) < 0)
			continue; /* EINTR: we were stopped and continued */
		if (info.si_signo == SIGCHLD)
			stop_with_program(news);
		else
			pass_on(trace, &info);
	}
}

/* What the program has started goes on, and would be killed without us. */
static void wait_for_rest(struct news *news)
{
	sigset_t waited;
	siginfo_t info;

	run_signals_waited(&waited);
	while (!is_true(news, &news->all_over)) {
		if (sigwaitinfo(&waited, &info) < 0 || info.si_signo == SIGCHLD)
			continue;
		if (is_asked_to_end(info.si_signo))
			return;
		if (info.si_signo == SIGTSTP)
			stop_too(SIGTSTP);
	}
}

/* What was wrong on the way, if anything was. */
static void say_faults(struct stile_supervisor *supervisor)
{
	char message[512];

	if (stile_supervisor_message(supervisor, message, sizeof(message)))
		say_message(VERB, message);
}

static int status_for(const struct trace *trace, const struct news *news, const char *path,
		      const char *name)
{
	if (trace->exec_errno)
		return say_not_executed(VERB, name, path, trace->exec_errno);
	if (news->was_lost || (!trace->has_started && WIFEXITED(news->status))) {
		say(VERB, name,
		    news->was_lost ? "lost: it is not known how it ended" : "it was not executed");
		return STATUS_RUN_FAILED;
	}
	if (trace->has_failed) {
		say(VERB, NULL, "out of memory: calls are missing");
		return STATUS_RUN_FAILED;
	}
	return WIFSIGNALED(news->status) ? 128 + WTERMSIG(news->status) : WEXITSTATUS(news->status);
}

static int follow(struct trace *trace, struct news *news, const char *path, const char *name)
{
	pthread_t waiter;
	int error = pthread_create(&waiter, NULL, wait_for_news, news);

	if (error) {
		say(VERB, NULL, "cannot start a thread: %s", strerror(error));
		return STATUS_RUN_FAILED;
	}
	wait_for_program(trace, news);
	trace_program_ended(trace, news->status);
	wait_for_rest(news);
	trace_end(trace);
	say_faults(news->supervisor);
	if (is_true(news, &news->all_over)) {
		(void)pthread_join(waiter, NULL);
		stile_supervisor_free(news->supervisor);
	} /* else the kernel kills the rest when we end */
	return status_for(trace, news, path, name);
}

/* The library takes for the reason that we are not dumpable, but only what we execute matters. */
static int start(struct stile_supervisor *supervisor, struct stile *s, const char *path,
		 char **argv, const struct stile_spawn_signals *signals, pid_t *pid)
{
	size_t count = 0;
	char **words;
	int error;

	while (argv[count])
		count++;
	words = calloc(count + 5, sizeof(*words));
	if (!words) {
		say(VERB, NULL, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	words[0] = (char *)"stile";
	words[1] = (char *)"trace";
	words[2] = (char *)BECOME;
	words[3] = (char *)path;
	memcpy(words + 4, argv, count * sizeof(*words));
	error = stile_supervisor_spawn(supervisor, s, ITSELF, words, NULL, signals, pid);
	free(words);
	if (error)
		say_message(VERB, stile_message(s));
	return error;
}

int run_traced(struct trace *trace, struct stile *s, const char *path, char **argv)
{
	/* Stops are many, and nothing that a signal should tell of. */
	const struct sigaction no_stops = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
	struct news news = { .supervisor = stile_supervisor_new(), .main_thread = pthread_self() };
	struct stile_spawn_signals spawn_signals;
	struct run_signals signals;
	int error;

	if (!news.supervisor) {
		say(VERB, NULL, "%s", strerror(ENOMEM));
		return STATUS_RUN_FAILED;
	}
	(void)pthread_mutex_init(&news.lock, NULL); /* on Linux these cannot fail */
	(void)pthread_cond_init(&news.taken, NULL);
	if (run_signals_block(&signals) < 0 || sigaction(SIGCHLD, &no_stops, NULL) < 0) {
		say(VERB, NULL, "cannot block signals: %s", strerror(errno));
		return STATUS_RUN_FAILED;
	}
	spawn_signals = run_signals_kept(&signals);
	run_signals_start(&signals);
	error = start(news.supervisor, s, path, argv, &spawn_signals, &news.pid);
	run_signals_started(&signals);
	if (error)
		return STATUS_RUN_FAILED;
	return follow(trace, &news, path, argv[0]);
}
