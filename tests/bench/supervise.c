/* SPDX-License-Identifier: MIT */
/*
 * What supervision costs beside the least that it can: a loop of two requests (receive, answer)
 * in one thread, written by hand for just this.
 *
 *   supervise [--only CASE] [--rounds NUMBER]
 *
 * round-trip: a call that is handled and refused, target and supervisor on one CPU;
 * round-trip-2: each on a CPU of its own; ls: "ls -lR /usr/include", whose opens are handled and
 * allowed if they are for reading, from its start to its end.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile.h>
#include <stile/notify.h>
#include <stile/supervise.h>

#include "workers.h"

/* Few, in many rounds: so that the middle one is a round in which nothing else ran. */
#define CALLS_A_ROUND 100
#define ROUNDS_MORE 20

enum way { BARE, BARE_EPOLL, OURS, WAYS };

static const char *const way_names[WAYS] = { "bare", "bare-epoll", "ours" };

/* ---- Who answers ---- */

static struct stile_answer refuse(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_fail(EPERM);
}

static struct stile_answer allow_reading(struct stile_call *call, void *data)
{
	uint64_t flags = O_RDWR;

	(void)data;
	if (stile_call_argument_by_name(call, "flags", &flags) == 0 &&
	    (flags & O_ACCMODE) == O_RDONLY)
		return stile_answer_allow();
	return stile_answer_fail(EACCES);
}

static struct stile *context(const char *what, stile_handler handler)
{
	struct stile *s = stile_new_allowing();

	if (stile_on(s, what, handler, NULL) < 0)
		errx(1, "%s", stile_message(s));
	return s;
}

/* Until the last target is gone. epoll: -1, or has the listener alone. */
static void *answer_calls(int listener, int epoll)
{
	struct seccomp_notif request;
	struct seccomp_notif_resp response;
	struct epoll_event event;

	for (;;) {
		if (epoll >= 0 && epoll_wait(epoll, &event, 1, -1) == 1 &&
		    !(event.events & EPOLLIN))
			return NULL;
		memset(&request, 0, sizeof(request));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0) {
			if (errno == EINTR)
				continue;
			return NULL;
		}
		response = (struct seccomp_notif_resp){ .id = request.id, .error = -EPERM };
		if (request.data.nr == SYS_openat &&
		    (request.data.args[2] & O_ACCMODE) == O_RDONLY) {
			response.error = 0;
			response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		}
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
}

/* The least: it cannot be ended before its targets, nor have others beside. */
static void *answer_bare(void *listener)
{
	return answer_calls(*(int *)listener, -1);
}

/* The least that can. */
static void *answer_bare_epoll(void *listener)
{
	struct epoll_event event = { .events = EPOLLIN };
	const int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, *(int *)listener, &event) < 0)
		err(1, "epoll");
	(void)answer_calls(*(int *)listener, epoll);
	(void)close(epoll);
	return NULL;
}

static int send_to(int listener, void *socket)
{
	return stile_send_descriptor(*(int *)socket, listener);
}

static void pin_to(bool to_first)
{
	cpu_set_t may_use, one;

	if (!to_first) {
		pin_to_one_cpu();
		return;
	}
	if (sched_getaffinity(0, sizeof(may_use), &may_use) < 0)
		err(1, "sched_getaffinity");
	CPU_ZERO(&one);
	for (unsigned int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &may_use))
			CPU_SET(i, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		err(1, "sched_setaffinity");
}

/* ---- One call ---- */

struct subject {
	int sockets[2];
	int listener;
	struct worker worker;
	pthread_t thread;
	struct stile_supervisor *supervisor;
};

static void be_target(void *data)
{
	struct subject *subject = data;
	struct stile *s = context("getppid", refuse);

	if (stile_apply_with_listener(s, send_to, &subject->sockets[1]) < 0)
		errx(1, "%s", stile_message(s));
}

static double nanoseconds_per_call(void *data)
{
	const double start = microseconds();

	(void)data;
	for (unsigned int i = 0; i < CALLS_A_ROUND; i++)
		(void)syscall(SYS_getppid);
	return (microseconds() - start) * 1e3 / CALLS_A_ROUND;
}

static void start(struct subject *subject, enum way way)
{
	struct stile *s;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, subject->sockets) < 0)
		err(1, "socketpair");
	subject->worker = worker_start(be_target, nanoseconds_per_call, subject);
	(void)close(subject->sockets[1]);
	subject->listener = stile_receive_descriptor(subject->sockets[0]);
	(void)close(subject->sockets[0]);
	if (subject->listener < 0)
		errx(1, "no listener");
	if (way != OURS) {
		(void)stile_set_sync_wake_up(subject->listener);
		if (pthread_create(&subject->thread, NULL,
				   way == BARE ? answer_bare : answer_bare_epoll,
				   &subject->listener))
			errx(1, "no thread");
		return;
	}
	s = context("getppid", refuse);
	subject->supervisor = stile_supervisor_new();
	if (stile_supervisor_add_listener(subject->supervisor, s, subject->listener) < 0)
		errx(1, "%s", stile_message(s));
	stile_free(s);
}

static void end(struct subject *subject, enum way way)
{
	worker_end(&subject->worker);
	if (way == OURS) {
		stile_supervisor_free(subject->supervisor);
	} else {
		(void)pthread_join(subject->thread, NULL);
		(void)close(subject->listener);
	}
}

static void print(const char *name, const char *measure, const char *const *names, double *values,
		  size_t count, size_t rounds, const char *unit)
{
	double base = 0;

	for (size_t i = 0; i < count; i++) {
		const double middle = median(&values[i * rounds], rounds);

		if (i == 0)
			base = middle;
		bench_line(name, measure, names[i], middle, unit, base, names[0]);
	}
}

static double *room(size_t count)
{
	double *values = calloc(count, sizeof(*values));

	if (!values)
		err(1, "values");
	return values;
}

static void run_calls(const char *name, bool is_apart, size_t rounds)
{
	double *values = room(WAYS * rounds);
	struct subject subjects[WAYS];
	cpu_set_t before;

	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		err(1, "sched_getaffinity");
	for (size_t i = 0; i < WAYS; i++) {
		pin_to(is_apart);
		start(&subjects[i], (enum way)i);
		(void)sched_setaffinity(0, sizeof(before), &before);
		(void)worker_measure(&subjects[i].worker); /* warm */
	}
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < WAYS; i++)
			values[i * rounds + round] = worker_measure(&subjects[i].worker);
	print(name, "call", way_names, values, WAYS, rounds, "ns");
	for (size_t i = 0; i < WAYS; i++)
		end(&subjects[i], (enum way)i);
	free(values);
}

/* ---- A program ---- */

static char *const ls[] = { (char *)"ls", (char *)"-lR", (char *)"/usr/include", NULL };
static const char *const ls_names[] = { "unsupervised", "bare", "ours" };

static void check_status(int status)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "ls ended with status 0x%x", status);
}

static void list_alone(void)
{
	struct stile *s = stile_new_allowing();
	int status;
	pid_t pid;

	if (stile_deny(s, "getppid") < 0 || stile_spawn(s, "/bin/ls", ls, NULL, NULL, &pid) < 0)
		errx(1, "%s", stile_message(s));
	stile_free(s);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	check_status(status);
}

static void list_bare(void)
{
	int sockets[2], listener, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		err(1, "socketpair");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		struct stile *s = context("openat", allow_reading);

		if (stile_apply_with_listener(s, send_to, &sockets[1]) < 0)
			errx(1, "%s", stile_message(s));
		(void)execv("/bin/ls", ls);
		_exit(127);
	}
	(void)close(sockets[1]);
	listener = stile_receive_descriptor(sockets[0]);
	(void)close(sockets[0]);
	(void)answer_bare(&listener);
	(void)close(listener);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	check_status(status);
}

static void list_supervised(void)
{
	struct stile *s = context("openat", allow_reading);
	const int status = stile_supervise(s, "/bin/ls", ls, NULL);

	if (status < 0)
		errx(1, "%s", stile_message(s));
	stile_free(s);
	check_status(status);
}

static void run_ls(size_t rounds)
{
	void (*const ways[])(void) = { list_alone, list_bare, list_supervised };
	double *values = room(3 * rounds);
	const int out = dup(1), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (out < 0 || null < 0)
		err(1, "/dev/null");
	(void)fflush(stdout);
	(void)dup2(null, 1);
	list_alone(); /* warm */
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < 3; i++) {
			const double begin = microseconds();

			ways[i]();
			values[i * rounds + round] = (microseconds() - begin) / 1e3;
		}
	(void)dup2(out, 1);
	(void)close(out);
	(void)close(null);
	print("ls", "run", ls_names, values, 3, rounds, "ms");
	free(values);
}

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 101);
	const char *only = options.only;

	if (!only || strcmp(only, "round-trip") == 0)
		run_calls("round-trip", false, options.rounds * ROUNDS_MORE);
	if ((!only || strcmp(only, "round-trip-2") == 0) && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		run_calls("round-trip-2", true, options.rounds * ROUNDS_MORE);
	if (!only || strcmp(only, "ls") == 0)
		run_ls(options.rounds > 21 ? 21 : options.rounds);
	return 0;
}
