/* SPDX-License-Identifier: MIT */
/* What a broker can be told, and what addresses its ranges have. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stile.h>

#include "broker_address.h"
#include "test_support.h"

/* ---- Ranges ---- */

static bool range_has(const char *range_text, const char *text, uint16_t port)
{
	struct address_range range = { .first_port = 10, .last_port = 20 };
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&storage;
	const char *problem;

	ck_assert_int_eq(address_range_parse(range_text, &range, &problem), 0);
	if (strchr(text, ':')) {
		ipv6->sin6_family = AF_INET6;
		ipv6->sin6_port = htons(port);
		ck_assert_int_eq(inet_pton(AF_INET6, text, &ipv6->sin6_addr), 1);
	} else {
		ipv4->sin_family = AF_INET;
		ipv4->sin_port = htons(port);
		ck_assert_int_eq(inet_pton(AF_INET, text, &ipv4->sin_addr), 1);
	}
	return address_range_has(&range, &storage);
}

START_TEST(ranges_have_what_they_say)
{
	const struct sockaddr_storage neither = { .ss_family = AF_UNIX };
	const struct address_range all = { .family = AF_UNSPEC, .last_port = 65535 };

	ck_assert(range_has("127.0.0.1", "127.0.0.1", 10));
	ck_assert(range_has("127.0.0.1", "127.0.0.1", 20));
	ck_assert(!range_has("127.0.0.1", "127.0.0.1", 9));
	ck_assert(!range_has("127.0.0.1", "127.0.0.1", 21));
	ck_assert(!range_has("127.0.0.1", "127.0.0.2", 10));
	ck_assert(range_has("10.0.0.0/8", "10.255.1.2", 10));
	ck_assert(!range_has("10.0.0.0/8", "11.0.0.0", 10));
	ck_assert(range_has("10.64.0.0/10", "10.127.255.255", 10));
	ck_assert(!range_has("10.64.0.0/10", "10.128.0.0", 10));
	ck_assert(!range_has("10.64.0.0/10", "10.63.255.255", 10));
	ck_assert(range_has("0.0.0.0/0", "255.255.255.255", 10));
	ck_assert(!range_has("0.0.0.0/0", "::1", 10));
	ck_assert(range_has("::1", "::1", 10));
	ck_assert(!range_has("::1", "::2", 10));
	ck_assert(range_has("2001:db8::/33", "2001:db8:7fff::1", 10));
	ck_assert(!range_has("2001:db8::/33", "2001:db8:8000::1", 10));
	ck_assert(range_has("10.0.0.0/8", "::ffff:10.1.2.3", 10));
	ck_assert(!range_has("10.0.0.0/8", "::ffff:11.1.2.3", 10));
	ck_assert(!range_has("::/0", "::ffff:10.1.2.3", 10));
	ck_assert(range_has("::/0", "::fffe:10.1.2.3", 10));
	ck_assert(range_has("*", "1.2.3.4", 10));
	ck_assert(range_has("*", "::1", 10));
	ck_assert(range_has("*", "::ffff:1.2.3.4", 10));
	ck_assert(!range_has("*", "::1", 21));
	ck_assert(!address_range_has(&all, &neither));
}
END_TEST

START_TEST(ranges_that_cannot_be_meant)
{
	static const char *const texts[] = { "",
					     "localhost",
					     "1.2.3",
					     "1.2.3.4/33",
					     "1.2.3.4/",
					     "1.2.3.4/-1",
					     "1.2.3.0/024",
					     "10.1.0.0/8",
					     "::1/129",
					     "::1/64",
					     "1.2.3.4/8x",
					     "::ffff:1.2.3.4",
					     "**",
					     "1.2.3.4 ",
					     "1.2.3.4/ 8",
					     "::ffff:0.0.0.0/96",
					     "1.2.3.4/1000000000000",
					     "::1%lo",
					     "[::1]" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct address_range range;
		const char *problem = NULL;

		ck_assert_msg(address_range_parse(texts[i], &range, &problem) == -EINVAL, "%s",
			      texts[i]);
		ck_assert_ptr_nonnull(problem);
	}
}
END_TEST

/* ---- Rules ---- */

/* The first error of a broker stays, with its sentence. */
#define ck_assert_broker_fails(call, error, sentence)                                     \
	do {                                                                              \
		struct stile_broker *broker = stile_broker_new();                         \
		ck_assert_int_eq((call), (error));                                        \
		ck_assert_str_eq(stile_broker_message(broker), sentence);                 \
		ck_assert_int_eq(stile_broker_allow_path(broker, "/", STILE_BROKER_READ), \
				 (error));                                                \
		ck_assert_str_eq(stile_broker_message(broker), sentence);                 \
		stile_broker_free(broker);                                                \
	} while (0)

START_TEST(rules_that_cannot_be_meant)
{
	ck_assert_broker_fails(stile_broker_allow_path(broker, "/none", STILE_BROKER_READ), -ENOENT,
			       "path '/none': No such file or directory");
	ck_assert_broker_fails(stile_broker_allow_path(broker, "/", 0), -EINVAL,
			       "path '/': access must be some of STILE_BROKER_READ, WRITE and "
			       "CREATE");
	ck_assert_broker_fails(stile_broker_allow_path(broker, "/", 8), -EINVAL,
			       "path '/': access must be some of STILE_BROKER_READ, WRITE and "
			       "CREATE");
	ck_assert_broker_fails(stile_broker_allow_path(broker, NULL, 1), -EINVAL,
			       "path 'NULL': access must be some of STILE_BROKER_READ, WRITE and "
			       "CREATE");
	ck_assert_broker_fails(stile_broker_allow_path(broker, "/etc/passwd", STILE_BROKER_CREATE),
			       -EINVAL,
			       "path '/etc/passwd': STILE_BROKER_CREATE is for folders, and this "
			       "is a file");
	ck_assert_broker_fails(stile_broker_allow_connect(broker, "10.1.0.0/8", 1, 2), -EINVAL,
			       "address '10.1.0.0/8': the address has bits behind its prefix");
	ck_assert_broker_fails(stile_broker_allow_connect(broker, "name", 1, 2), -EINVAL,
			       "address 'name': it is no IPv4 or IPv6 address, \"*\", \"/path\" or "
			       "\"@name\"");
	ck_assert_broker_fails(stile_broker_allow_connect(broker, "*", 2, 1), -EINVAL,
			       "address '*': ports 2 to 1 are no range within 0 to 65535");
	ck_assert_broker_fails(stile_broker_allow_connect(broker, "*", 0, 0), -EINVAL,
			       "address '*': nobody can be connected to at port 0: say 1 to 65535 "
			       "for all ports");
	ck_assert_broker_fails(stile_broker_allow_connect(broker, "::1", 0, 65535), -EINVAL,
			       "address '::1': nobody can be connected to at port 0: say 1 to "
			       "65535 for all ports");
	ck_assert_broker_fails(stile_broker_allow_bind(broker, "*", 1, 65536), -EINVAL,
			       "address '*': ports 1 to 65536 are no range within 0 to 65535");
	ck_assert_broker_fails(stile_broker_allow_bind(broker, "@name", 0, 1), -EINVAL,
			       "address '@name': UNIX sockets have no ports: say 0, 0");
	ck_assert_broker_fails(stile_broker_allow_bind(broker, "/none/x", 0, 0), -ENOENT,
			       "path '/none/x': No such file or directory");
	ck_assert_broker_fails(stile_broker_allow_bind(broker, NULL, 0, 0), -EINVAL,
			       "an address is NULL");
}
END_TEST

START_TEST(no_broker_at_all)
{
	struct stile *s = stile_new();

	ck_assert_int_eq(stile_broker_allow_path(NULL, "/", STILE_BROKER_READ), -ENOMEM);
	ck_assert_int_eq(stile_broker_allow_connect(NULL, "*", 0, 0), -ENOMEM);
	ck_assert_int_eq(stile_broker_allow_bind(NULL, "*", 0, 0), -ENOMEM);
	ck_assert_str_eq(stile_broker_message(NULL), "out of memory");
	stile_broker_free(NULL);
	ck_assert_fails(stile_use_broker(s, NULL), -ENOMEM,
			"out of memory: free some and make a new context");
	stile_free(s);
}
END_TEST

START_TEST(a_context_says_what_is_wrong_with_its_broker)
{
	struct stile_broker *broker = stile_broker_new();
	struct stile *s = stile_new();

	ck_assert_fails(stile_use_broker(s, broker), -ENODATA,
			"the broker has no rules: stile_broker_allow_path() and its like add them");
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_broker_allow_path(broker, "/none", STILE_BROKER_READ), -ENOENT);
	ck_assert_fails(stile_use_broker(s, broker), -ENOENT,
			"broker: path '/none': No such file or directory");
	stile_free(s);
	stile_broker_free(broker);
}
END_TEST

START_TEST(a_broker_in_use_does_not_change)
{
	struct stile_broker *broker = stile_broker_new();
	struct stile *s = stile_new();

	ck_assert_int_eq(stile_broker_allow_path(broker, "/", STILE_BROKER_READ), 0);
	ck_assert_int_eq(stile_use_broker(s, broker), 0);
	ck_assert_int_eq(stile_broker_allow_path(broker, "/", STILE_BROKER_READ), -EALREADY);
	ck_assert_str_eq(stile_broker_message(broker),
			 "the broker is used by a context: add its rules before, or make another "
			 "broker for another context");
	ck_assert_int_eq(stile_broker_allow_connect(broker, "*", 1, 1), -EALREADY);
	ck_assert_int_eq(stile_broker_allow_bind(broker, "*", 1, 1), -EALREADY);
	stile_free(s);
	/* that was no error of its own: another context may use it as it is */
	s = stile_new();
	ck_assert_int_eq(stile_use_broker(s, broker), 0);
	stile_free(s);
	stile_broker_free(broker);
}
END_TEST

static struct stile_broker *reader_of(const char *path)
{
	struct stile_broker *broker = stile_broker_new();

	ck_assert_int_eq(stile_broker_allow_path(broker, path, STILE_BROKER_READ), 0);
	return broker;
}

START_TEST(one_call_has_one_broker)
{
	struct stile_broker *first = reader_of("/etc"), *second = reader_of("/usr");
	struct stile *s = stile_new();

	ck_assert_int_eq(stile_use_broker(s, first), 0);
	ck_assert_int_eq(stile_use_broker(s, first), 0); /* it is one */
	ck_assert_fails(stile_use_broker(s, second), -EEXIST,
			"broker open: a broker of this context answers open() already: one call "
			"has one broker: give all rules to one, and use that");
	/* nobody uses it */
	ck_assert_int_eq(stile_broker_allow_path(second, "/etc", STILE_BROKER_READ), 0);
	stile_free(s);
	stile_broker_free(first);
	stile_broker_free(second);
}
END_TEST

START_TEST(a_broker_beside_a_grant)
{
	struct stile_broker *broker = reader_of("/etc");
	struct stile *s = stile_new();

	ck_assert_int_eq(stile_use_broker(s, broker), 0);
	ck_assert_fails(stile_grant(s, "system_io.open_readonly"), -EEXIST,
			"system_io.open_readonly: open: the broker answers every open(), and "
			"system_io.open_readonly says 'allow' for some, e.g. open(NULL, O_RDONLY, "
			"0): leave system_io.open_readonly out, and let rules of the broker say "
			"what is permitted (stile_broker_allow_path() and its like)");
	stile_free(s);
	s = stile_new();
	ck_assert_int_eq(stile_allow(s, "openat"), 0);
	ck_assert_fails(stile_use_broker(s, broker), -EEXIST,
			"broker openat: openat: the broker answers every openat(), and allow "
			"openat says 'allow' for some, e.g. openat(0, NULL, O_RDONLY, 0): leave "
			"allow openat out, and let rules of the broker say what is permitted "
			"(stile_broker_allow_path() and its like)");
	stile_free(s);
	stile_broker_free(broker);
}
END_TEST

/* What a filter makes of a call: a broker has those that it has rules for, and no other. */
START_TEST(a_broker_has_the_calls_it_has_rules_for)
{
	struct stile_broker *files = stile_broker_new(), *sockets = stile_broker_new();
	struct stile *s = stile_new();
	char *text;

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(stile_broker_allow_path(files, "/etc", STILE_BROKER_READ), 0);
	ck_assert_int_eq(stile_broker_allow_connect(sockets, "*", 1, 65535), 0);
	ck_assert_int_eq(stile_broker_allow_connect(sockets, "@name", 0, 0), 0);
	ck_assert_int_eq(stile_use_broker(s, files), 0);
	ck_assert_int_eq(stile_use_broker(s, sockets), 0);
	text = stile_print(s);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "openat2"));
	ck_assert_ptr_nonnull(strstr(text, "connect"));
	ck_assert_ptr_null(strstr(text, "bind"));
	free(text);
	stile_free(s);
	stile_broker_free(files);
	stile_broker_free(sockets);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker rules");
	TCase *tcase = tcase_create("rules");

	tcase_add_test(tcase, ranges_have_what_they_say);
	tcase_add_test(tcase, ranges_that_cannot_be_meant);
	tcase_add_test(tcase, rules_that_cannot_be_meant);
	tcase_add_test(tcase, no_broker_at_all);
	tcase_add_test(tcase, a_context_says_what_is_wrong_with_its_broker);
	tcase_add_test(tcase, a_broker_in_use_does_not_change);
	tcase_add_test(tcase, one_call_has_one_broker);
	tcase_add_test(tcase, a_broker_beside_a_grant);
	tcase_add_test(tcase, a_broker_has_the_calls_it_has_rules_for);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
