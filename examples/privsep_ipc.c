/* SPDX-License-Identifier: MIT */
/*
 * Privilege separation: a small web service in three processes, none of which can do what
 * another does.
 *
 *	privsep_ipc [--port PORT] DATABASE
 *
 *	front end	uses sockets		(privsep_front_end.c)
 *	worker		uses its database	(privsep_worker.c)
 *	supervisor	makes processes		(this file)
 *
 * Both are workers in the sense of the library (stile/worker.h), which makes them, sandboxes them
 * and sees to it that they have nothing of the supervisor's and do not outlive it. When the worker
 * dies the supervisor starts another and passes its channel to the front end, so that these two
 * talk to each other. SIGTERM or SIGINT end it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privsep.h"
#include "try_call.h"

struct supervisor {
	struct stile_worker *front_end, *worker;
	bool is_ending;
	int status; /* to exit with */
};

/*
 * A child inherits its parent's filter, and no filter is ever taken off. So the front end is
 * made before this, and a worker that is made after it can have no power that is not here: the
 * supervisor holds all that workers need to start, which they then put down themselves.
 */
static void enter_sandbox(pid_t front_end)
{
	struct stile *s = stile_new();

	worker_allow_start(s);
	stile_allow_sandbox_narrow(s);	      /* a worker's own filters come on top */
	stile_allow_processes_danger_fork(s); /* a worker in place of a dead one; and wait */
	stile_allow_processes_parent_death_signal(s); /* for it: it goes with the supervisor */
	stile_allow_processes_not_dumpable(s);	      /* itself, so that none reaches into it */
	stile_allow_networking_socketpair(s);	      /* its channel */
	stile_allow_memory_map(s);		      /* shared with it, while it starts */
	stile_allow_system_io_poll(s);
	stile_allow_processes_signal_process(s, front_end); /* to end it */
	stile_allow_signals_wait(s); /* for the end of children and of oneself */
	if (stile_apply_to_current_thread(s) < 0)
		errx(1, "supervisor: cannot sandbox: %s", stile_message(s));
	stile_free(s);
}

/* The powers of the front end, and what nobody here needs. */
static void self_test(void)
{
	const struct try_call calls[] = {
		{ "socket(AF_INET, SOCK_STREAM, 0)", "socket", { AF_INET, SOCK_STREAM, 0 } },
		{ "accept4(-1, NULL, NULL, 0)", "accept4", { (unsigned long)-1 } },
		{ "connect(-1, NULL, 0)", "connect", { (unsigned long)-1 } },
		{ "kill(1, SIGTERM)", "kill", { 1, SIGTERM } },
		{ "ptrace(PTRACE_TRACEME)", "ptrace", { PTRACE_TRACEME } },
		{ "execve(\"/bin/true\", NULL, NULL)", "execve", { (unsigned long)"/bin/true" } },
	};
	char text[TEXT_MAX];

	(void)try_calls("supervisor", calls, sizeof(calls) / sizeof(*calls), text, sizeof(text));
	printf("%s", text);
}

static int listen_on(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(*port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	/* non-blocking, as libmicrohttpd wants it */
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(listener, SOMAXCONN) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		err(1, "port %u", *port);
	*port = ntohs(address.sin_port);
	return listener;
}

static struct stile_worker *new_front_end(int *listener)
{
	struct stile *phase = front_end_phase();
	const struct stile_worker_settings settings = { .name = "front end",
							.run = front_end_run,
							.data = listener,
							.phases = &phase,
							.phase_count = 1,
							.descriptors = listener,
							.descriptor_count = 1 };
	struct stile_worker *worker = stile_worker_new(&settings);

	if (stile_worker_start(worker) < 0)
		errx(1, "supervisor: %s", stile_worker_message(worker));
	stile_free(phase);
	return worker;
}

/* It starts later, under the supervisor's own filter; and again, without restarts_max, only while
 * there is a front end (look_after_both()). */
static struct stile_worker *new_worker(struct stile *const phases[2], char *database)
{
	const struct stile_worker_settings settings = { .name = "worker",
							.run = worker_run,
							.data = database,
							.phases = phases,
							.phase_count = 2 };

	return stile_worker_new(&settings);
}

/* Waits until a new worker is ready, and passes its channel on. Nothing of it is kept here: when
 * the front end is gone, nobody is left at the other end. */
static bool pass_worker_on(struct supervisor *supervisor)
{
	struct stile_channel *channel = stile_worker_channel(supervisor->worker);
	struct message ready;
	bool is_ready;

	is_ready = message_receive(channel, &ready) == 0 && ready.kind == MESSAGE_READY &&
		   stile_channel_send(stile_worker_channel(supervisor->front_end), NULL, 0,
				      &channel->fd, 1) == 0;
	stile_channel_close(channel);
	if (is_ready)
		printf("supervisor: worker %d is ready\n", stile_worker_pid(supervisor->worker));
	return is_ready;
}

static bool start_worker(struct supervisor *supervisor)
{
	(void)fflush(stdout); /* or the child has the same lines to write */
	if (stile_worker_start(supervisor->worker) < 0) {
		warnx("supervisor: %s", stile_worker_message(supervisor->worker));
		return false;
	}
	return pass_worker_on(supervisor);
}

static bool has_ended(struct stile_worker *worker, const char *name)
{
	const pid_t pid = stile_worker_pid(worker);
	int status = 0;

	if (stile_worker_pidfd(worker) < 0)
		return true;
	if (stile_worker_ended(worker, &status) == -EAGAIN)
		return false;
	if (WIFSIGNALED(status))
		printf("supervisor: %s %d was killed by signal %d\n", name, pid, WTERMSIG(status));
	return true;
}

/* Ends the front end; the worker ends by itself, when nobody is left at the other end. */
static void end(struct supervisor *supervisor, int status)
{
	if (!supervisor->is_ending)
		supervisor->status = status;
	supervisor->is_ending = true;
	if (stile_worker_pidfd(supervisor->front_end) >= 0)
		(void)kill(stile_worker_pid(supervisor->front_end), SIGTERM);
}

/* A worker's death is no reason to end, unless it dies starting. */
static void look_after_both(struct supervisor *supervisor)
{
	if (has_ended(supervisor->front_end, "front end"))
		end(supervisor, 1);
	if (has_ended(supervisor->worker, "worker") && !supervisor->is_ending &&
	    !start_worker(supervisor))
		end(supervisor, 1);
}

static bool has_children(const struct supervisor *supervisor)
{
	return stile_worker_pidfd(supervisor->front_end) >= 0 ||
	       stile_worker_pidfd(supervisor->worker) >= 0;
}

/* Until all children are gone. */
static void supervise(struct supervisor *supervisor, const sigset_t *signals)
{
	int number;

	while (has_children(supervisor)) {
		(void)fflush(stdout);
		if (sigwait(signals, &number) != 0)
			errx(1, "supervisor: cannot wait for signals");
		if (number == SIGCHLD)
			look_after_both(supervisor);
		else
			end(supervisor, 0);
	}
}

/* The path from the root, so that SQLite need not ask where it is. */
static char *absolute(const char *path)
{
	char *folder = *path == '/' ? strdup("") : getcwd(NULL, 0), *text;

	if (!folder || asprintf(&text, "%s%s%s", folder, *folder ? "/" : "", path) < 0)
		err(1, "%s", path);
	free(folder);
	return text;
}

static uint16_t parse_port(const char *text)
{
	char *rest;
	unsigned long number = strtoul(text, &rest, 10);

	if (rest == text || *rest || number > UINT16_MAX)
		errx(2, "port '%s': it must be 0 to 65535", text);
	return (uint16_t)number;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "port", required_argument, NULL, 'p' },
						 { NULL, 0, NULL, 0 } };
	const struct rlimit no_core = { 0,
					0 }; /* as workers have it: else they need a grant for it */
	struct supervisor supervisor = { .worker = NULL };
	struct stile *phases[] = { worker_starting(), worker_serving() };
	char *database;
	uint16_t port = 0;
	sigset_t signals;
	int option, listener;

	while ((option = getopt_long(argc, argv, "p:", options, NULL)) != -1) {
		if (option != 'p')
			errx(2, "usage: privsep_ipc [--port PORT] DATABASE");
		port = parse_port(optarg);
	}
	if (optind + 1 != argc)
		errx(2, "usage: privsep_ipc [--port PORT] DATABASE");
	database = absolute(argv[optind]);
	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		err(1, "setrlimit");

	/* These wait until supervise() asks for them: none comes at the wrong moment. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		err(1, "sigprocmask");

	listener = listen_on(&port);
	supervisor.front_end = new_front_end(&listener);
	(void)close(listener);
	supervisor.worker = new_worker(phases, database);
	enter_sandbox(stile_worker_pid(supervisor.front_end));
	self_test();
	printf("supervisor: front end %d\n", stile_worker_pid(supervisor.front_end));
	if (start_worker(&supervisor))
		printf("serving http://127.0.0.1:%u/\n", port);
	else
		end(&supervisor, 1);
	supervise(&supervisor, &signals);
	stile_worker_free(supervisor.front_end);
	stile_worker_free(supervisor.worker);
	stile_free(phases[0]);
	stile_free(phases[1]);
	free(database);
	return supervisor.status;
}
