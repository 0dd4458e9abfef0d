/* SPDX-License-Identifier: MIT */
/*
 * Every socket that a networking grant lets in, and no other: domains 0 to 63, types 0 to 15
 * with each flag, protocols 0 to 262, clean and with dirty upper bits; interpreted. What should
 * be let in is written down here a second time, by hand and in another form than in the rules.
 */
#include <check.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "test_support.h"

#define MPTCP 262

struct expectation {
	const char *grant, *syscall;
	bool (*is_permitted)(int domain, int type, int protocol);
};

static bool is_ip(int domain)
{
	return domain == AF_INET || domain == AF_INET6;
}

static bool nothing(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	return false;
}

static bool tcp(int domain, int type, int protocol)
{
	return is_ip(domain) && type == SOCK_STREAM && (protocol == 0 || protocol == 6);
}

static bool udp(int domain, int type, int protocol)
{
	return is_ip(domain) && type == SOCK_DGRAM && (protocol == 0 || protocol == 17);
}

static bool unix_any(int domain, int type, int protocol)
{
	return domain == AF_UNIX &&
	       (type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET) &&
	       protocol == 0;
}

static bool unix_pair(int domain, int type, int protocol)
{
	return unix_any(domain, type, protocol) && type != SOCK_DGRAM;
}

static bool unix_datagram_pair(int domain, int type, int protocol)
{
	return unix_any(domain, type, protocol) && type == SOCK_DGRAM;
}

static bool netlink_route(int domain, int type, int protocol)
{
	return domain == AF_NETLINK && (type == SOCK_RAW || type == SOCK_DGRAM) && protocol == 0;
}

static bool dns(int domain, int type, int protocol)
{
	return udp(domain, type, protocol) || tcp(domain, type, protocol) ||
	       netlink_route(domain, type, protocol);
}

static bool echo(int domain, int type, int protocol)
{
	return type == SOCK_DGRAM && ((domain == AF_INET && protocol == IPPROTO_ICMP) ||
				      (domain == AF_INET6 && protocol == IPPROTO_ICMPV6));
}

static const struct expectation expectations[] = {
	{ "networking.start_tcp_server", "socket", tcp },
	{ "networking.start_tcp_client", "socket", tcp },
	{ "networking.running_tcp_server", "socket", nothing },
	{ "networking.running_tcp_client", "socket", nothing },
	{ "networking.start_udp", "socket", udp },
	{ "networking.running_udp", "socket", nothing },
	{ "networking.start_unix_server", "socket", unix_any },
	{ "networking.start_unix_client", "socket", unix_any },
	{ "networking.running_unix_server", "socket", nothing },
	{ "networking.running_unix_client", "socket", nothing },
	{ "networking.connect", "socket", nothing },
	{ "networking.netlink_route", "socket", netlink_route },
	{ "networking.dns", "socket", dns },
	{ "networking.icmp_echo", "socket", echo },
	{ "networking.socketpair", "socket", nothing },
	{ "networking.socketpair", "socketpair", unix_pair },
	{ "networking.socketpair_datagram", "socketpair", unix_datagram_pair },
	{ "networking.start_tcp_client", "socketpair", nothing },
	{ "pledge.inet", "socketpair", nothing },
	{ "pledge.unix", "socket", unix_any },
};

/* What stands in the upper halves of the three registers. */
static const uint64_t dirt[] = { 0, UINT64_C(0xffffffff00000000), UINT64_C(0x0000000100000000) };

static const int flags[] = { 0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC };

/* Bits that are no flag of socket(2): the type is another one with them. */
static const int foreign_flags[] = { 0x10,   0x20,    0x80,	0x100,	    0x400,
				     0x1000, 0x40000, 0x100000, 0x40000000, (int)0x80000000 };

START_TEST(every_socket)
{
	const struct expectation *e = &expectations[_i];
	struct seccomp_data data = { .arch = audit_arch(STILE_ABI_NATIVE) };
	struct stile *s = stile_new();
	struct sock_filter *filter;
	unsigned int permitted = 0, wanted = 0;
	size_t count;

	data.nr = (int)stile_syscall_number(STILE_ABI_NATIVE, e->syscall);
	ck_assert_msg(stile_grant(s, e->grant) == 0, "%s", stile_message(s));
	ck_assert_msg(stile_compile(s, &filter, &count) == 0, "%s", stile_message(s));
	ck_assert_int_eq(filter_check(filter, count, NULL, NULL), 0);
	for (int domain = 0; domain < 64; domain++)
		for (int type = 0; type < 16; type++)
			for (int protocol = 0; protocol <= MPTCP; protocol++)
				for (size_t f = 0; f < 4; f++)
					for (size_t d = 0; d < 3; d++) {
						bool is, should = e->is_permitted(domain, type,
										  protocol);

						data.args[0] = (uint64_t)domain | dirt[d];
						data.args[1] = (uint64_t)(type | flags[f]) |
							       dirt[d];
						data.args[2] = (uint64_t)protocol | dirt[d];
						is = is_permitted(filter_run(filter, &data));
						permitted += is;
						wanted += should;
						if (is != should)
							ck_abort_msg("%s: %s(%d, %d|0x%x, %d) %s",
								     e->grant, e->syscall, domain,
								     type, (unsigned int)flags[f],
								     protocol,
								     is ? "is permitted" :
									  "is refused");
					}
	ck_assert_uint_eq(permitted, wanted);
	for (int domain = 0; domain < 64; domain++)
		for (int type = 0; type < 16; type++)
			for (size_t f = 0; f < sizeof(foreign_flags) / sizeof(int); f++) {
				data.args[0] = (uint64_t)domain;
				data.args[1] = (uint32_t)(type | foreign_flags[f]);
				data.args[2] = 0;
				ck_assert_msg(!is_permitted(filter_run(filter, &data)),
					      "%s: %s(%d, 0x%x, 0) is permitted", e->grant,
					      e->syscall, domain,
					      (unsigned int)(type | foreign_flags[f]));
			}
	free(filter);
	stile_free(s);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("networking");
	TCase *sockets = tcase_create("sockets");

	tcase_set_timeout(sockets, 120);
	tcase_add_loop_test(sockets, every_socket, 0, sizeof(expectations) / sizeof(*expectations));
	suite_add_tcase(all, sockets);
	return all;
}

TEST_MAIN(suite)
