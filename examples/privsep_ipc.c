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
 * The front end and the worker talk over a pair of sockets. When a worker dies the supervisor
 * starts another and passes its channel to the front end. SIGTERM or SIGINT end it.
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
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile.h>

#include "privsep.h"
#include "try_call.h"

struct supervisor {
	char *database;
	pid_t front_end, worker;
	int control; /* to the front end */
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
	stile_allow_sandbox_narrow(s);	      /* a worker's own filter comes on top */
	stile_allow_memory_memfd(s);	      /* in which stile prepares that filter */
	stile_allow_processes_danger_fork(s); /* a worker in place of a dead one; and wait */
	stile_allow_processes_signal_process(s, front_end); /* to end it */
	stile_allow_signals_wait(s);		 /* for the end of children and of oneself */
	stile_allow_networking_socketpair(s);	 /* the channel of a worker */
	stile_allow_networking_send_messages(s); /* passes it to the front end */
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

static void start_front_end(struct supervisor *supervisor, int listener)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		err(1, "socketpair");
	supervisor->front_end = fork();
	if (supervisor->front_end < 0)
		err(1, "fork");
	if (supervisor->front_end == 0) {
		sigset_t none;

		/* It goes when the supervisor goes, and the worker goes with it. */
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
			_exit(1);
		(void)close(pair[0]);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		front_end(listener, pair[1]);
	}
	(void)close(pair[1]);
	(void)close(listener);
	supervisor->control = pair[0];
}

/* Starts a worker, waits until it is ready, and passes its channel on. */
static bool start_worker(struct supervisor *supervisor)
{
	struct message ready;
	bool is_ready;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		warn("supervisor: socketpair");
		return false;
	}
	(void)fflush(stdout); /* or the child has the same lines to write */
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		(void)close(supervisor->control);
		worker(pair[1], supervisor->database);
	}
	supervisor->worker = pid < 0 ? 0 : pid;
	(void)close(pair[1]);
	is_ready = pid > 0 && message_receive(pair[0], &ready) == 0 &&
		   ready.kind == MESSAGE_READY && channel_send(supervisor->control, pair[0]) == 0;
	(void)close(pair[0]);
	if (is_ready)
		printf("supervisor: worker %d is ready\n", supervisor->worker);
	return is_ready;
}

/* All children that have ended. A worker's death is no reason to end, unless it dies starting. */
static void bury_children(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (WIFSIGNALED(status))
			printf("supervisor: %s %d was killed by signal %d\n",
			       pid == supervisor->front_end ? "front end" : "worker", pid,
			       WTERMSIG(status));
		if (pid == supervisor->worker)
			supervisor->worker = 0;
		if (pid == supervisor->front_end)
			supervisor->front_end = 0;
	}
}

/* Ends the front end; the worker ends by itself, when nobody is left at the other end. */
static void end(struct supervisor *supervisor, int status)
{
	if (!supervisor->is_ending)
		supervisor->status = status;
	supervisor->is_ending = true;
	if (supervisor->front_end)
		(void)kill(supervisor->front_end, SIGTERM);
}

/* Until all children are gone. */
static void supervise(struct supervisor *supervisor, const sigset_t *signals)
{
	int number;

	while (supervisor->front_end || supervisor->worker) {
		(void)fflush(stdout);
		if (sigwait(signals, &number) != 0)
			errx(1, "supervisor: cannot wait for signals");
		if (number == SIGCHLD)
			bury_children(supervisor);
		else
			end(supervisor, 0);
		if (!supervisor->front_end)
			end(supervisor, 1);
		if (!supervisor->worker && !supervisor->is_ending && !start_worker(supervisor))
			end(supervisor, 1);
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
	struct supervisor supervisor = { .database = NULL };
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
	supervisor.database = absolute(argv[optind]);

	/* These wait until supervise() asks for them: none comes at the wrong moment. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		err(1, "sigprocmask");

	listener = listen_on(&port);
	start_front_end(&supervisor, listener);
	enter_sandbox(supervisor.front_end);
	self_test();
	printf("supervisor: front end %d\n", supervisor.front_end);
	if (start_worker(&supervisor))
		printf("serving http://127.0.0.1:%u/\n", port);
	else
		end(&supervisor, 1);
	supervise(&supervisor, &signals);
	free(supervisor.database);
	return supervisor.status;
}
