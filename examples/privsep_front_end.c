/* SPDX-License-Identifier: MIT */
/*
 * The front end of privsep_ipc: it reads what anybody sends over HTTP, so it can do the least.
 * It uses sockets that are there already, and nothing else: no files, no new sockets, no
 * processes.
 *
 *	POST /rows		adds the body as a row, answers with its number
 *	GET /rows/NUMBER	the row
 *	GET /self-test		what this process and the worker are refused
 */
#include <err.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "privsep.h"
#include "try_call.h"

struct front_end {
	struct stile_channel *control; /* to the supervisor */
	struct stile_channel channel;  /* to the worker */
};

/* The body of a request. */
struct upload {
	bool is_too_long;
	size_t length;
	char text[TEXT_MAX];
};

/* A new worker's channel. It comes when the supervisor has started one. */
static bool has_channel(struct front_end *front)
{
	size_t count = 1;

	if (front->channel.fd >= 0)
		return true;
	return stile_channel_receive(front->control, NULL, 0, &front->channel.fd, &count) == 0 &&
	       count == 1;
}

/* Sends a request, and receives the answer. False: the worker died over it. It may have been
 * done or not, so it is not sent again: the client decides. */
static bool ask(struct front_end *front, enum message_kind kind, const char *text, size_t length,
		struct message *answer)
{
	while (has_channel(front)) {
		if (message_send(&front->channel, kind, text, length) == 0) {
			if (message_receive(&front->channel, answer) == 0)
				return true;
			stile_channel_close(&front->channel);
			return false;
		}
		stile_channel_close(
			&front->channel); /* nobody has received it: ask the next worker */
	}
	return false;
}

/* What a front end that was taken over might send: the worker must refuse it, and go on. */
static size_t send_rubbish(struct front_end *front, char *text, size_t size)
{
	static const char zeros[sizeof(struct message) + 1];
	const struct message lie = { .kind = MESSAGE_ADD, .length = 5000 };
	const struct message unknown = { .kind = MESSAGE_KINDS };
	const struct {
		const char *what;
		const void *data;
		size_t length;
	} rubbish[] = { { "a message of 3 bytes", zeros, 3 },
			{ "a message that is too long", zeros, sizeof(zeros) },
			{ "a message that lies about its length", &lie, MESSAGE_HEADER + 5 },
			{ "a message of no known kind", &unknown, MESSAGE_HEADER } };
	struct message answer;
	size_t length = 0;

	for (size_t i = 0; i < sizeof(rubbish) / sizeof(*rubbish) && has_channel(front); i++) {
		bool is_rejected = stile_channel_send(&front->channel, rubbish[i].data,
						      rubbish[i].length, NULL, 0) == 0 &&
				   message_receive(&front->channel, &answer) == 0 &&
				   answer.kind == MESSAGE_REJECTED;

		length += (size_t)snprintf(text + length, size - length, "worker: %s: %s\n",
					   rubbish[i].what, is_rejected ? "rejected" : "TAKEN");
	}
	return length;
}

/* The powers of the worker (files) and of the supervisor (processes, new sockets). */
static size_t self_test(struct front_end *front, char *text, size_t size)
{
	const struct try_call calls[] = {
		{ "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY)",
		  "openat",
		  { (unsigned long)AT_FDCWD, (unsigned long)"/etc/passwd", O_RDONLY } },
		{ "pwrite64(-1, NULL, 0, 0)", "pwrite64", { (unsigned long)-1 } },
		{ "fsync(-1)", "fsync", { (unsigned long)-1 } },
		{ "socket(AF_INET, SOCK_STREAM, 0)", "socket", { AF_INET, SOCK_STREAM, 0 } },
		{ "connect(-1, NULL, 0)", "connect", { (unsigned long)-1 } },
		{ "fork()", "clone", { SIGCHLD } },
		{ "execve(\"/bin/true\", NULL, NULL)", "execve", { (unsigned long)"/bin/true" } },
	};
	struct message answer;
	size_t length;

	(void)try_calls("front end", calls, sizeof(calls) / sizeof(*calls), text, size);
	length = strlen(text);
	length += send_rubbish(front, text + length, size - length);
	if (ask(front, MESSAGE_SELF_TEST, "", 0, &answer) && answer.kind == MESSAGE_OK)
		length += (size_t)snprintf(text + length, size - length, "%.*s", (int)answer.length,
					   answer.text);
	return length;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *text, size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length,
									(void *)(uintptr_t)text,
									MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_problem(struct MHD_Connection *connection, unsigned int status,
				      const char *text)
{
	return answer_text(connection, status, text, strlen(text));
}

static enum MHD_Result answer_request(struct front_end *front, struct MHD_Connection *connection,
				      enum message_kind kind, const char *text, size_t length)
{
	struct message answer;

	if (!ask(front, kind, text, length, &answer))
		return answer_problem(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				      "the worker died: it may have been done or not\n");
	switch (answer.kind) {
	case MESSAGE_OK:
		return answer_text(connection, MHD_HTTP_OK, answer.text, answer.length);
	case MESSAGE_MISSING:
		return answer_problem(connection, MHD_HTTP_NOT_FOUND, "no such row\n");
	case MESSAGE_REJECTED:
		return answer_problem(connection, MHD_HTTP_BAD_REQUEST, "rejected\n");
	default:
		return answer_problem(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				      "the database failed\n");
	}
}

static enum MHD_Result route(struct front_end *front, struct MHD_Connection *connection,
			     const char *url, const char *method, const struct upload *upload)
{
	static const char rows[] = "/rows/";

	if (upload->is_too_long)
		return answer_problem(connection, MHD_HTTP_CONTENT_TOO_LARGE, "too long\n");
	if (strcmp(method, MHD_HTTP_METHOD_POST) == 0 && strcmp(url, "/rows") == 0)
		return answer_request(front, connection, MESSAGE_ADD, upload->text, upload->length);
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 && strcmp(url, "/self-test") == 0) {
		char text[2 * TEXT_MAX];
		size_t length = self_test(front, text, sizeof(text));

		return answer_text(connection, MHD_HTTP_OK, text, length);
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 && strncmp(url, rows, strlen(rows)) == 0) {
		const char *id = url + strlen(rows);

		return answer_request(front, connection, MESSAGE_GET, id, strnlen(id, TEXT_MAX));
	}
	return answer_problem(connection, MHD_HTTP_NOT_FOUND, "not here\n");
}

/* Called once for the head of a request, once for each part of its body, once at its end. */
static enum MHD_Result serve(void *data, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *part,
			     size_t *part_length, void **state)
{
	struct upload *upload = *state;

	(void)version;
	if (!upload) {
		*state = upload = calloc(1, sizeof(*upload));
		return upload ? MHD_YES : MHD_NO;
	}
	if (*part_length == 0)
		return route(data, connection, url, method, upload);
	if (*part_length > sizeof(upload->text) - upload->length) {
		upload->is_too_long = true;
	} else {
		memcpy(upload->text + upload->length, part, *part_length);
		upload->length += *part_length;
	}
	*part_length = 0; /* all of it was taken */
	return MHD_YES;
}

static void end_request(void *data, struct MHD_Connection *connection, void **state,
			enum MHD_RequestTerminationCode how)
{
	(void)data;
	(void)connection;
	(void)how;
	free(*state);
	*state = NULL;
}

struct stile *front_end_phase(void)
{
	struct stile *s = stile_new();

	stile_allow_networking_running_tcp_server(s); /* also receives the worker's channels */
	return s;
}

int front_end_run(struct stile_worker *self, void *listener)
{
	struct front_end front = { .control = stile_worker_channel(self), .channel = { -1 } };
	struct MHD_Daemon *daemon;

	/* No thread of its own: MHD_run_wait() below serves, in this one thread. */
	daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, serve, &front,
				  MHD_OPTION_LISTEN_SOCKET, *(int *)listener,
				  MHD_OPTION_NOTIFY_COMPLETED, end_request, NULL,
				  MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_END);
	if (!daemon)
		errx(1, "front end: cannot serve");
	/* Until a signal ends it: it keeps nothing that would have to be saved. */
	while (MHD_run_wait(daemon, -1) == MHD_YES)
		;
	errx(1, "front end: cannot serve any more");
}
