/* SPDX-License-Identifier: MIT */
/* UNIX sockets that a broker connects and binds, and those that it does not. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_support.h"
#include "socket_support.h"
#include "test_support.h"

/* ---- Where they are ---- */

/* Abstract names are everybody's: this test's have its folder in them. */
static const char *name_of(const char *kind)
{
	static char name[128];
	char here[64];

	expect(getcwd(here, sizeof(here)));
	(void)snprintf(name, sizeof(name), "@%s/%s", here, kind);
	return name;
}

static void serve(const char *path)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(&address, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	expect(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0);
	expect(listen(fd, 16) == 0);
}

static void allow_unix(struct stile_broker *broker)
{
	serve("allowed/sub/server");
	serve("secret/server");
	serve("secret/one");
	serve(name_of("yes"));
	serve(name_of("no"));
	expect(stile_broker_allow_connect(broker, name_of("yes"), 0, 0) == 0);
	expect(stile_broker_allow_bind(broker, name_of("mine"), 0, 0) == 0);
}

static void allow_unix_paths(struct stile_broker *broker)
{
	char here[PATH_MAX], path[PATH_MAX + 32];

	allow_unix(broker);
	expect(getcwd(here, sizeof(here)));
	(void)snprintf(path, sizeof(path), "%s/allowed", here);
	expect(stile_broker_allow_connect(broker, path, 0, 0) == 0);
	(void)snprintf(path, sizeof(path), "%s/secret/one", here);
	expect(stile_broker_allow_connect(broker, path, 0, 0) == 0);
	(void)snprintf(path, sizeof(path), "%s/allowed/sub", here);
	expect(stile_broker_allow_bind(broker, path, 0, 0) == 0);
	(void)snprintf(path, sizeof(path), "%s/secret/mine", here);
	expect(stile_broker_allow_bind(broker, path, 0, 0) == 0);
}

static void target_uses_unix(void)
{
	char longest[108];
	struct stat status;

	expect(unix_error(call_connect, SOCK_STREAM, "allowed/sub/server") == 0);
	expect(unix_error(call_connect, SOCK_STREAM, "allowed/link") == 0);
	expect(unix_error(call_connect, SOCK_STREAM, "secret/one") == 0);
	expect(unix_error(call_connect, SOCK_STREAM, "secret/server") == EACCES);
	expect(unix_error(call_connect, SOCK_STREAM, "allowed/link-out") == EACCES);
	expect(unix_error(call_connect, SOCK_STREAM, "allowed/../secret/server") == EACCES);
	expect(unix_error(call_connect, SOCK_STREAM, "secret/none") == EACCES);
	expect(unix_error(call_connect, SOCK_STREAM, "allowed/none") == ENOENT);
	expect(unix_error(call_connect, SOCK_STREAM, "allowed/file") == ECONNREFUSED);
	expect(unix_error(call_connect, SOCK_DGRAM, "allowed/sub/server") == EPROTOTYPE);
	expect(unix_error(call_connect, SOCK_STREAM, name_of("yes")) == 0);
	expect(unix_error(call_connect, SOCK_STREAM, name_of("no")) == EACCES);
	expect(unix_error(call_connect, SOCK_STREAM, name_of("ye")) == EACCES);
	expect(unix_error(call_connect, SOCK_STREAM, name_of("yess")) == EACCES);
	(void)umask(027);
	expect(unix_error(call_bind, SOCK_STREAM, "allowed/sub/mine") == 0);
	expect(lstat("allowed/sub/mine", &status) == 0 && S_ISSOCK(status.st_mode));
	expect((status.st_mode & 0777) == 0750);
	expect(unix_error(call_bind, SOCK_STREAM, "allowed/sub/mine") == EADDRINUSE);
	expect(unix_error(call_bind, SOCK_STREAM, "secret/mine") == 0);
	expect(unix_error(call_bind, SOCK_STREAM, "secret/other") == EACCES);
	expect(unix_error(call_bind, SOCK_STREAM, "allowed/mine") == EACCES);
	expect(unix_error(call_bind, SOCK_STREAM, name_of("mine")) == 0);
	expect(unix_error(call_bind, SOCK_STREAM, name_of("other")) == EACCES);
	expect(unix_error(call_bind, SOCK_STREAM, "") == ENOENT || errno == EACCES);
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "allowed/sub/", 12);
	longest[107] = '\0';
	expect(unix_error(call_bind, SOCK_STREAM, longest) == 0);
	expect(unix_error(call_connect, SOCK_STREAM, longest) == ECONNREFUSED);
}

START_TEST(unix_sockets_are_judged_by_where_they_are)
{
	ck_assert_int_eq(symlink("sub/server", "allowed/link"), 0);
	ck_assert_int_eq(symlink("../secret/server", "allowed/link-out"), 0);
	check_under_broker(allow_unix_paths, target_uses_unix);
}
END_TEST

/* ---- Waiting ---- */

static int server_socket;
static atomic_bool is_over;
static struct sockaddr_un full_server;
static socklen_t full_length;

static void fill_server(struct stile_broker *broker)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	full_length = unix_address(&full_server, name_of("full"));
	expect(bind(fd, (struct sockaddr *)&full_server, full_length) == 0 && listen(fd, 0) == 0);
	expect(connect(client, (struct sockaddr *)&full_server, full_length) == 0);
	server_socket = fd;
	expect(stile_broker_allow_connect(broker, name_of("full"), 0, 0) == 0);
	expect(stile_broker_allow_connect(broker, "127.0.0.0/8", 1, 65535) == 0);
}

static int connect_full(int fd)
{
	return connect(fd, (struct sockaddr *)&full_server, full_length) < 0 ? errno : 0;
}

static void *connect_and_wait(void *data)
{
	expect(connect_full(*(int *)data) == 0);
	is_over = true;
	return NULL;
}

/* Others are answered while one waits; who is killed while it waits is gone. */
static void target_waits(void)
{
	const struct timeval time = { .tv_usec = 400000 };
	struct pollfd server = { .fd = server_socket, .events = POLLIN };
	struct timeval after;
	socklen_t size = sizeof(after);
	int fds[4], status = 0;
	pthread_t thread;
	pid_t child;

	for (int i = 0; i < 4; i++)
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
	expect(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 && connect_full(fds[0]) == EAGAIN);
	expect(setsockopt(fds[1], SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) == 0);
	expect(connect_full(fds[1]) == EAGAIN);
	expect(getsockopt(fds[1], SOL_SOCKET, SO_SNDTIMEO, &after, &size) == 0);
	expect(after.tv_sec == 0 && after.tv_usec == 400000);
	child = fork();
	if (child == 0) {
		(void)connect_full(fds[3]);
		_exit(0);
	}
	expect(ipv4_error(call_connect, SOCK_STREAM, "127.0.0.1", 1) == ECONNREFUSED);
	expect(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	expect(WIFSIGNALED(status));
	expect(pthread_create(&thread, NULL, connect_and_wait, &fds[2]) == 0);
	expect(ipv4_error(call_connect, SOCK_STREAM, "127.0.0.1", 1) == ECONNREFUSED);
	/* The child's call may have a place in the queue, too: it ends a moment after the child. */
	while (!is_over)
		expect(poll(&server, 1, 10) <= 0 || accept(server_socket, NULL, NULL) >= 0);
	expect(pthread_join(thread, NULL) == 0);
	expect(getsockopt(fds[2], SOL_SOCKET, SO_SNDTIMEO, &after, &size) == 0);
	expect(after.tv_sec == 0 && after.tv_usec == 0);
}

START_TEST(connecting_can_wait)
{
	check_under_broker(fill_server, target_waits);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker, UNIX sockets");
	TCase *tcase = tcase_create("sockets");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, unix_sockets_are_judged_by_where_they_are);
	tcase_add_test(tcase, connecting_can_wait);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
