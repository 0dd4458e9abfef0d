/* SPDX-License-Identifier: MIT */
/*
 * A web server that hardens itself: it serves the files of a folder on the loopback interface.
 *
 *	hardened_server [--port PORT] [--try] FOLDER
 *
 * It binds its socket and starts its threads first. From then on it needs no new sockets, no
 * programs, no writing to files: harden() below says what it needs, and the kernel refuses the
 * rest to every thread, also if somebody finds a way to run code of theirs in one.
 *
 * Without --port it takes a free one and prints it. SIGTERM or SIGINT end it; with --try it then
 * makes some calls that it was not granted and prints what came of them (status 1: one was made).
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <microhttpd.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stile.h>

#include "open_beneath.h"
#include "try_call.h"

#define THREADS 4u
#define IDLE_SECONDS 30u

struct server {
	int folder;
	atomic_bool is_hardened;
};

static sem_t end;

/* A semaphore, because its functions may be used in a handler, and because to wait for it takes
 * a futex, which every program may use: waiting for signals would be one more grant. */
static void on_signal(int number)
{
	(void)number;
	(void)sem_post(&end);
}

static void harden(void)
{
	struct stile *s = stile_new(); /* refuses everything */

	stile_allow_system_io_open_readonly(s);	      /* the files that are asked for */
	stile_allow_system_io_metadata(s);	      /* is it a file, and how long? */
	stile_allow_networking_running_tcp_server(s); /* all but to start one */
	if (stile_apply_to_all_threads(s) < 0)
		errx(1, "cannot sandbox: %s", stile_message(s));
	stile_free(s);
}

/* The threads run before the filter is on. Until it is, nobody is let in. */
static enum MHD_Result accept_client(void *data, const struct sockaddr *address, socklen_t length)
{
	struct server *server = data;

	(void)address;
	(void)length;
	return atomic_load(&server->is_hardened) ? MHD_YES : MHD_NO;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text),
									(void *)(uintptr_t)text,
									MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_file(struct MHD_Connection *connection, int fd)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd);
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "no such file\n");
	}
	response = MHD_create_response_from_fd64((uint64_t)status.st_size, fd);
	if (!response) {
		(void)close(fd);
		return MHD_NO;
	}
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response); /* closes the file when it has been sent */
	return result;
}

static enum MHD_Result serve(void *data, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *upload,
			     size_t *upload_size, void **state)
{
	const struct server *server = data;
	int fd;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD\n");
	fd = open_beneath(server->folder, strcmp(url, "/") == 0 ? "index.html" : url);
	if (fd < 0)
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "no such file\n");
	return answer_file(connection, fd);
}

/* What the call got, and the grants that would have let it through. */
static void print_refusal(const struct try_call *call, int error)
{
	char *grants = stile_grants_for_call(call->syscall, call->arguments);
	const char *separator = "";

	printf("%s\n    %s; would be allowed by ", call->text, errno_name(error));
	for (char *grant = grants ? strtok(grants, "\n") : NULL; grant;
	     grant = strtok(NULL, "\n")) {
		printf("%s%s", separator, grant);
		separator = ", ";
	}
	printf("\n");
	free(grants);
}

/* Calls that a thief of this process would like to make. Where the kernel would make one after
 * all, it does no harm. Returns the exit status. */
static int try_refused_calls(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const unsigned long null = (unsigned long)"/dev/null", here = (unsigned long)AT_FDCWD;
	const struct try_call calls[] = {
		{ "socket(AF_INET, SOCK_STREAM, 0)", "socket", { AF_INET, SOCK_STREAM, 0 } },
		{ "socket(AF_ALG, SOCK_SEQPACKET, 0)", "socket", { AF_ALG, SOCK_SEQPACKET, 0 } },
		{ "connect(-1, NULL, 0)", "connect", { (unsigned long)-1, 0, 0 } },
		{ "openat(AT_FDCWD, \"/dev/null\", O_WRONLY)", "openat", { here, null, O_WRONLY } },
		{ "openat(AT_FDCWD, \"/dev/null\", O_RDONLY | O_TRUNC)",
		  "openat",
		  { here, null, O_RDONLY | O_TRUNC } },
		{ "execve(\"/bin/true\", NULL, NULL)", "execve", { (unsigned long)"/bin/true" } },
		{ "fork()", "clone", { SIGCHLD } }, /* what libc's fork() comes to */
		{ "ptrace(PTRACE_TRACEME)", "ptrace", { PTRACE_TRACEME } },
		{ "io_uring_setup(1, NULL)", "io_uring_setup", { 1 } },
		{ "mprotect(page, 4096, PROT_READ | PROT_EXEC)",
		  "mprotect",
		  { (unsigned long)page, 4096, PROT_READ | PROT_EXEC } },
	};
	int status = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int error = try_call(&calls[i]);

		if (!is_refusal(error))
			status = 1;
		print_refusal(&calls[i], error);
	}
	return status;
}

static void parse_options(int argc, char **argv, uint16_t *port, bool *is_trying)
{
	static const struct option options[] = { { "port", required_argument, NULL, 'p' },
						 { "try", no_argument, NULL, 't' },
						 { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "p:t", options, NULL)) != -1) {
		char *rest = NULL;
		unsigned long number;

		if (option == 't') {
			*is_trying = true;
			continue;
		}
		number = option == 'p' ? strtoul(optarg, &rest, 10) : 0;
		if (option != 'p' || rest == optarg || *rest || number > UINT16_MAX)
			errx(2, "usage: hardened_server [--port PORT] [--try] FOLDER");
		*port = (uint16_t)number;
	}
	if (optind + 1 != argc)
		errx(2, "usage: hardened_server [--port PORT] [--try] FOLDER");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sigaction action = { .sa_handler = on_signal };
	struct server server = { .folder = -1 };
	struct MHD_Daemon *daemon;
	bool is_trying = false;
	uint16_t port = 0;
	int status = 0;

	parse_options(argc, argv, &port, &is_trying);
	address.sin_port = htons(port);
	server.folder = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (server.folder < 0)
		err(1, "%s", argv[optind]);
	if (sem_init(&end, 0, 0) < 0 || sigaction(SIGTERM, &action, NULL) < 0 ||
	    sigaction(SIGINT, &action, NULL) < 0)
		err(1, "cannot handle signals");

	daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
					  MHD_USE_ERROR_LOG,
				  0, accept_client, &server, serve, &server, MHD_OPTION_SOCK_ADDR,
				  &address, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
				  MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
	if (!daemon)
		errx(1, "cannot serve on port %u", port);
	port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;

	harden();
	atomic_store(&server.is_hardened, true);
	printf("serving http://127.0.0.1:%u/\n", port);
	(void)fflush(stdout);

	while (sem_wait(&end) < 0 && errno == EINTR)
		;
	if (is_trying)
		status = try_refused_calls();
	MHD_stop_daemon(daemon);
	(void)close(server.folder);
	return status;
}
