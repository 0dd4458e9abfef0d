/* SPDX-License-Identifier: MIT */
/* Internet sockets that a broker connects and binds, and those that it does not. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "broker_support.h"
#include "socket_support.h"
#include "test_support.h"

#define TRIES 20000

/* Made before there is a supervisor, so that the target need not bind. */
static int servers[2]; /* listen at 127.0.0.1 and at 127.0.0.2 */
static uint16_t ports[2];

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

/* No patterns: a rule for them permits what the kernel makes of them, which is loopback. */
static void allow_unspecified(struct stile_broker *broker)
{
	listen_at(0, "127.0.0.1");
	expect(stile_broker_allow_connect(broker, "0.0.0.0", ports[0], ports[0]) == 0);
	expect(stile_broker_allow_connect(broker, "::", 1, 65535) == 0);
}

static void target_connects_to_unspecified(void)
{
	struct sockaddr_in6 peer;
	socklen_t length = sizeof(peer);
	const struct sockaddr_in6 any = ipv6("::", 1);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	expect(ipv4_error(call_connect, SOCK_STREAM, "0.0.0.0", ports[0]) == 0);
	expect(ipv4_error(call_connect, SOCK_STREAM, "127.0.0.1", ports[0]) == EACCES);
	expect(ipv6_error(call_connect, SOCK_DGRAM, "::1", 1) == EACCES);
	expect(ipv6_error(call_connect, SOCK_DGRAM, "2001:db8::1", 1) == EACCES);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		return; /* no IPv6 here */
	expect(getpeername(fd, (struct sockaddr *)&peer, &length) == 0);
	expect(IN6_IS_ADDR_LOOPBACK(&peer.sin6_addr));
}

START_TEST(unspecified_addresses_are_loopback)
{
	check_under_broker(allow_unspecified, target_connects_to_unspecified);
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

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker, sockets");
	TCase *tcase = tcase_create("sockets");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, connecting_is_judged_by_the_address);
	tcase_add_test(tcase, unspecified_addresses_are_loopback);
	tcase_add_test(tcase, binding_is_judged_by_the_address);
	tcase_add_test(tcase, an_address_is_judged_and_used_as_one);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
