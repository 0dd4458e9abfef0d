/* SPDX-License-Identifier: MIT */
#include "run_listener.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "say.h"

#define VERB "run"
#define RUNTIME_SPEC "1.1.0" /* the oldest that has the container process state */

int run_listener_connect(const struct stile_policy *policy)
{
	const char *path = stile_policy_listener(policy, NULL);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int connection;

	if (strlen(path) >= sizeof(address.sun_path)) {
		say(VERB, path, "\"listenerPath\" has %zu bytes, and a socket's path at most %zu",
		    strlen(path), sizeof(address.sun_path) - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection >= 0 &&
	    connect(connection, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return connection;
	say(VERB, path,
	    "no seccomp agent answers at \"listenerPath\", so nobody would answer what the "
	    "policy notifies: %s",
	    strerror(errno));
	if (connection >= 0)
		(void)close(connection);
	return -1;
}

static struct json_object *container_state(pid_t pid)
{
	struct json_object *state = json_object_new_object();
	char folder[4096], id[32];

	(void)snprintf(id, sizeof(id), "stile-%d", (int)pid);
	json_object_object_add(state, "ociVersion", json_object_new_string(RUNTIME_SPEC));
	json_object_object_add(state, "id", json_object_new_string(id));
	json_object_object_add(state, "status", json_object_new_string("running"));
	json_object_object_add(state, "pid", json_object_new_int64(pid));
	json_object_object_add(state, "bundle",
			       json_object_new_string(getcwd(folder, sizeof(folder)) ? folder :
										       "/"));
	return state;
}

static struct json_object *process_state(const struct stile_policy *policy, pid_t pid)
{
	struct json_object *state = json_object_new_object(), *names = json_object_new_array();
	const char *metadata;

	(void)stile_policy_listener(policy, &metadata);
	json_object_array_add(names, json_object_new_string("seccompFd"));
	json_object_object_add(state, "ociVersion", json_object_new_string(RUNTIME_SPEC));
	json_object_object_add(state, "fds", names);
	json_object_object_add(state, "pid", json_object_new_int64(pid));
	if (metadata)
		json_object_object_add(state, "metadata", json_object_new_string(metadata));
	json_object_object_add(state, "state", container_state(pid));
	return state;
}

/* The text with the descriptor: the descriptor goes with the first byte, and the text in as many
 * parts as the socket takes. */
static int send_with(int connection, const char *text, size_t length, int listener)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr alignment;
	} control = { { 0 } };
	struct iovec part = { (char *)text, length };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &listener, sizeof(int));
	while (part.iov_len) {
		const ssize_t sent = sendmsg(connection, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		part.iov_base = (char *)part.iov_base + sent;
		part.iov_len -= (size_t)sent;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
	return shutdown(connection, SHUT_RDWR); /* the state's end is that of the connection */
}

int run_listener_send(int connection, const struct stile_policy *policy, pid_t pid, int listener)
{
	struct json_object *state = process_state(policy, pid);
	size_t length = 0;
	const char *text = json_object_to_json_string_length(state, JSON_C_TO_STRING_PLAIN,
							     &length);
	const int result = text ? send_with(connection, text, length, listener) : -1;

	if (result < 0)
		say(VERB, stile_policy_listener(policy, NULL),
		    "the listener could not be sent to the seccomp agent: %s: the program is "
		    "killed",
		    strerror(text ? errno : ENOMEM));
	json_object_put(state);
	(void)close(listener);
	return result;
}
