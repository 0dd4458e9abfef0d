/* SPDX-License-Identifier: MIT */
/* Sockets that a broker connects and binds, and those that it does not. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_support.h"
#include "test_support.h"

#define TRIES 20000

/* Made before there is a supervisor, so that the target need not bind. */
static int servers[2]; /* listen at 127.0.0.1 and at 127.0.0.2 */
static uint16_t ports[2];

static struct sockaddr_in ipv4(const char *text, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	expect(inet_pton(AF_INET, text, &address.sin_addr) == 1);
	return address;
}

static struct sockaddr_in6 ipv6(const char *text, uint16_t port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	expect(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
	return address;
}

static socklen_t unix_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	(void)snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) +
			   (path[0] != '@'));
}

typedef int (*socket_call)(int socket, const struct sockaddr *address, socklen_t length);

static int call_bind(int socket, const struct sockaddr *address, socklen_t length)
{
	return bind(socket, address, length);
}

static int call_connect(int socket, const struct sockaddr *address, socklen_t length)
{
	return connect(socket, address, length);
}

/* 0 or the errno of a call on a new socket. */
static int error_of(socket_call call, int domain, int type, const void *address, size_t length)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, 0), error;

	expect(fd >= 0);
	error = call(fd, address, (socklen_t)length) < 0 ? errno : 0;
	(void)close(fd);
	return error;
}

static int ipv4_error(socket_call call, int type, const char *text, uint16_t port)
{
	const struct sockaddr_in address = ipv4(text, port);

	return error_of(call, AF_INET, type, &address, sizeof(address));
}

static int ipv6_error(socket_call call, int type, const char *text, uint16_t port)
{
	const struct sockaddr_in6 address = ipv6(text, port);

	return error_of(call, AF_INET6, type, &address, sizeof(address));
}

static int unix_error(socket_call call, int type, const char *path)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(&address, path);

	return error_of(call, AF_UNIX, type, &address, length);
}

static void listen_at(int index, const char *text)
{
	struct sockaddr_in address = ipv4(text, 0);
	socklen_t length = sizeof(address);

	servers[index] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	expect(bind(servers[index], (struct sockaddr *)&address, sizeof(address)) == 0);
	expect(listen(servers[index], 16) == 0);
	expect(getsockname(servers[index], (struct sockaddr *)&address, &length) == 0);
	ports[index] = ntohs(address.sin_port);
}

static void allow_one_port(struct stile_broker *broker)
{
	listen_at(0, "127.0.0.1");
	listen_at(1, "127.0.0.2");
	expect(stile_broker_allow_connect(broker, "127.0.0.1", ports[0], ports[0]) == 0);
	expect(stile_broker_allow_connect(broker, "10.0.0.0/8", 53, 53) == 0);
}

/* ---- Internet ---- */

static void target_connects(void)
{
	struct sockaddr_in address = ipv4("127.0.0.1", ports[0]);
	struct sockaddr unspecified = { .sa_family = AF_UNSPEC };
	int fd;

	expect(ipv4_error(call_connect, SOCK_STREAM, "127.0.0.1", ports[0]) == 0);
	expect(ipv4_error(call_connect, SOCK_DGRAM, "127.0.0.1", ports[0]) == 0);
	expect(ipv4_error(call_connect, SOCK_STREAM, "127.0.0.2", ports[1]) == EACCES);
	expect(ipv4_error(call_connect, SOCK_STREAM, "127.0.0.1", ports[0] - 1) == EACCES);
	expect(ipv4_error(call_connect, SOCK_STREAM, "0.0.0.0", ports[0]) == EACCES);
	expect(ipv4_error(call_connect, SOCK_DGRAM, "11.0.0.1", 53) == EACCES);
	expect(ipv6_error(call_connect, SOCK_STREAM, "::ffff:127.0.0.1", ports[0]) == 0);
	expect(ipv6_error(call_connect, SOCK_STREAM, "::ffff:127.0.0.2", ports[1]) == EACCES);
	expect(ipv6_error(call_connect, SOCK_STREAM, "::1", ports[0]) == EACCES);
	/* IPv6 sockets take addresses of IPv4, if they are no streams. */
	expect(error_of(call_connect, AF_INET6, SOCK_DGRAM, &address, sizeof(address)) == 0);
	expect(error_of(call_connect, AF_INET6, SOCK_STREAM, &address, sizeof(address)) == EINVAL);
	expect(error_of(call_connect, AF_UNIX, SOCK_STREAM, &address, sizeof(address)) ==
	       EAFNOSUPPORT);
	expect(error_of(call_connect, AF_INET, SOCK_STREAM, &address, 15) == EINVAL);
	expect(error_of(call_connect, AF_INET, SOCK_STREAM, &address, 1) == EINVAL);
	expect(error_of(call_connect, AF_INET, SOCK_STREAM, &address, 129) == EINVAL);
	expect(error_of(call_connect, AF_INET, SOCK_STREAM, NULL, 16) == EFAULT);
	expect(connect(1000, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EBADF);
	expect(connect(-1, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EBADF);
	fd = open("allowed/file", O_RDONLY);
	expect(connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == ENOTSOCK);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	expect(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	expect(send(fd, "x", 1, 0) == 1);
	expect(connect(fd, &unspecified, sizeof(unspecified)) == 0);
	expect(send(fd, "x", 1, 0) < 0 && errno == EDESTADDRREQ);
}

START_TEST(connecting_is_judged_by_the_address)
{
	check_under_broker(allow_one_port, target_connects);
}
END_TEST

static void allow_binding(struct stile_broker *broker)
{
	expect(stile_broker_allow_bind(broker, "127.0.0.0/8", 0, 0) == 0);
	expect(stile_broker_allow_bind(broker, "::1", 1024, 65535) == 0);
}

static void target_binds(void)
{
	struct sockaddr_in any = ipv4("0.0.0.0", 0);

	any.sin_family = AF_UNSPEC; /* the kernel would read this as an address of IPv4 */
	expect(ipv4_error(call_bind, SOCK_STREAM, "127.0.0.1", 0) == 0);
	expect(ipv4_error(call_bind, SOCK_STREAM, "127.1.2.3", 0) == 0);
	expect(ipv4_error(call_bind, SOCK_STREAM, "127.0.0.1", 2345) == EACCES);
	expect(ipv4_error(call_bind, SOCK_STREAM, "0.0.0.0", 0) == EACCES);
	expect(error_of(call_bind, AF_INET, SOCK_STREAM, &any, sizeof(any)) == EACCES);
	expect(ipv6_error(call_bind, SOCK_STREAM, "::", 2345) == EACCES);
	expect(ipv6_error(call_bind, SOCK_STREAM, "::1", 80) == EACCES);
	expect(ipv6_error(call_bind, SOCK_STREAM, "::ffff:127.0.0.1", 0) == 0);
}

START_TEST(binding_is_judged_by_the_address)
{
	check_under_broker(allow_binding, target_binds);
}
END_TEST

static atomic_bool is_over;

static void *rewrite_address(void *data)
{
	volatile struct sockaddr_in *address = data;

	while (!is_over) {
		address->sin_port = htons(ports[1]);
		address->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
		address->sin_port = htons(ports[0]);
		address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return NULL;
}

/* Nobody ever comes to the server that is not permitted. */
static void target_rewrites_address(void)
{
	struct sockaddr_in address = ipv4("127.0.0.1", ports[0]);
	struct pollfd forbidden = { .fd = servers[1], .events = POLLIN };
	unsigned int connected = 0, refused = 0;
	pthread_t thread;

	expect(pthread_create(&thread, NULL, rewrite_address, &address) == 0);
	for (int i = 0; i < TRIES; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
			expect(close(accept(servers[0], NULL, NULL)) == 0);
			connected++;
		} else {
			refused += errno == EACCES;
		}
		expect(close(fd) == 0);
	}
	is_over = true;
	expect(pthread_join(thread, NULL) == 0);
	expect(connected > 0 && refused > 0 && connected + refused == TRIES);
	expect(poll(&forbidden, 1, 0) == 0);
}

START_TEST(an_address_is_judged_and_used_as_one)
{
	check_under_broker(allow_one_port, target_rewrites_address);
}
END_TEST

/* ---- UNIX ---- */

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

static struct sockaddr_un full_server;
static socklen_t full_length;

static void fill_server(struct stile_broker *broker)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	full_length = unix_address(&full_server, name_of("full"));
	expect(bind(fd, (struct sockaddr *)&full_server, full_length) == 0 && listen(fd, 0) == 0);
	expect(connect(client, (struct sockaddr *)&full_server, full_length) == 0);
	servers[0] = fd;
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
	struct pollfd server = { .fd = servers[0], .events = POLLIN };
	struct timeval after;
	socklen_t size = sizeof(after);
	int fds[4], status;
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
		expect(poll(&server, 1, 10) <= 0 || accept(servers[0], NULL, NULL) >= 0);
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
	Suite *suite = suite_create("broker, sockets");
	TCase *tcase = tcase_create("sockets");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, connecting_is_judged_by_the_address);
	tcase_add_test(tcase, binding_is_judged_by_the_address);
	tcase_add_test(tcase, an_address_is_judged_and_used_as_one);
	tcase_add_test(tcase, unix_sockets_are_judged_by_where_they_are);
	tcase_add_test(tcase, connecting_can_wait);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
