/* SPDX-License-Identifier: MIT */
/* Calls in words, with what their pointers point to. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "call_fixture.h"

/* Memory that 32-bit programs could have. */
static char *low_page(void)
{
#ifdef MAP_32BIT
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	ck_assert_ptr_ne(page, MAP_FAILED);
	return page;
#else
	return NULL;
#endif
}

START_TEST(programs_of_32_bits_have_their_own_layout)
{
	const struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };
	static const enum stile_abi abis[] = { STILE_ABI_I386, STILE_ABI_X32 };
	char *page = low_page();
	uint32_t *words = (uint32_t *)page;

	if (!page) {
		(void)printf("skip: no memory below 4 GiB can be asked for here\n");
		return;
	}
	strcpy(page + 64, "ls");
	strcpy(page + 80, "-l");
	memcpy(page + 96, &in, sizeof(in));
	for (unsigned int i = 0; i < 2; i++) {
		struct sockaddr_storage address;
		socklen_t length;
		struct stile_call call =
			make_call(abis[i], "execve",
				  (const uint64_t[6]){ ADDRESS(page + 64), ADDRESS(page), 0 });

		words[0] = (uint32_t)ADDRESS(page + 64);
		words[1] = (uint32_t)ADDRESS(page + 80);
		words[2] = 0;
		check_format(call, "execve(\"ls\", [\"ls\", \"-l\"], NULL)");

		words[0] = (uint32_t)ADDRESS(page + 96);
		words[1] = sizeof(in);
		call = make_call(abis[i], "sendmsg", (const uint64_t[6]){ 3, ADDRESS(page) });
		ck_assert_int_eq(stile_call_address(&call, &address, &length), 0);
		ck_assert_uint_eq(length, sizeof(in));
		ck_assert_mem_eq(&address, &in, sizeof(in));
	}
}
END_TEST

/* ---- Words */

START_TEST(calls_are_formatted_with_what_they_point_to)
{
	static const char path[] = "/etc/passwd", other[] = "/tmp/x", bytes[] = "ab\0c\n";
	const char *arguments[] = { "ls", "-l", NULL };

	check_format(CALL(X86_64, "openat", (uint32_t)AT_FDCWD, ADDRESS(path), 0),
		     "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY)");
	check_format(CALL(X86_64, "openat", 3, ADDRESS(path), O_WRONLY | O_CREAT, 0644),
		     "openat(3, \"/etc/passwd\", O_WRONLY|O_CREAT, 0644)");
	check_format(CALL(X86_64, "mkdir", ADDRESS(other), 0xffff0000), "mkdir(\"/tmp/x\", 0)");
	check_format(CALL(X86_64, "open", 0, 0), "open(NULL, O_RDONLY)");
	check_format(CALL(X86_64, "rename", ADDRESS(path), ADDRESS(other)),
		     "rename(\"/etc/passwd\", \"/tmp/x\")");
	check_format(CALL(X86_64, "unlink", 16), "unlink(0x10)");
	check_format(CALL(X86_64, "rename", ADDRESS(path), UINT64_MAX),
		     "rename(\"/etc/passwd\", 0xffffffffffffffff)");
	check_format(CALL(X86_64, "close", 3), "close(3)");
	check_format(CALL(X86_64, "getpid", 0), "getpid()");
	check_format(CALL(X86_64, "socket", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC),
		     "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0)");
	check_format(CALL(X86_64, "write", 1, ADDRESS(bytes), 5), "write(1, \"ab\\x00c\\x0a\", 5)");
	check_format(CALL(X86_64, "write", 1, ADDRESS(bytes), 0), "write(1, \"\", 0)");
	check_format(CALL(X86_64, "write", 1, 0, 5), "write(1, NULL, 5)");
	check_format(CALL(X86_64, "execve", ADDRESS(path), ADDRESS(arguments), 0),
		     "execve(\"/etc/passwd\", [\"ls\", \"-l\"], NULL)");
}
END_TEST

START_TEST(strings_are_harmless_and_short)
{
	char expected[512], path[300];

	check_format(CALL(X86_64, "unlink", ADDRESS("a\"b\\c\x1b[2J\r\n\x7f")),
		     "unlink(\"a\\\"b\\\\c\\x1b[2J\\x0d\\x0a\\x7f\")");
	/* no call that is not there: the quotation mark ends nothing */
	check_format(CALL(X86_64, "unlink", ADDRESS("x\", O_RDONLY) = 3")),
		     "unlink(\"x\\\", O_RDONLY) = 3\")");
	check_format(CALL(X86_64, "unlink", ADDRESS("\xc3\xa4 \xff \xe2\x80\xae \xc2\x9b")),
		     "unlink(\"\xc3\xa4 \\xff \\xe2\\x80\\xae \\xc2\\x9b\")");
	memset(path, 'p', sizeof(path));
	path[64] = '\0';
	(void)snprintf(expected, sizeof(expected), "unlink(\"%.64s\")", path);
	check_format(CALL(X86_64, "unlink", ADDRESS(path)), expected);
	path[64] = 'p';
	path[65] = '\0';
	(void)snprintf(expected, sizeof(expected), "unlink(\"%.64s\"...)", path);
	check_format(CALL(X86_64, "unlink", ADDRESS(path)), expected);
	path[65] = 'p';
	path[299] = '\0';
	check_format(CALL(X86_64, "unlink", ADDRESS(path)), expected);
	(void)snprintf(expected, sizeof(expected), "write(1, \"%.64s\"..., 200)", path);
	check_format(CALL(X86_64, "write", 1, ADDRESS(path), 200), expected);
	(void)snprintf(expected, sizeof(expected), "write(1, \"%.64s\", 64)", path);
	check_format(CALL(X86_64, "write", 1, ADDRESS(path), 64), expected);
}
END_TEST

START_TEST(no_text_is_unbounded)
{
	static char bytes[4096];
	const char *list[4000];
	struct stile_call call = CALL(X86_64, "execve", ADDRESS(bytes), ADDRESS(list), 0);
	char *text;

	memset(bytes, '\x01', sizeof(bytes) - 1);
	for (size_t i = 0; i < 3999; i++)
		list[i] = bytes;
	list[3999] = NULL;
	text = stile_call_format(&call);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(strlen(text), 5000);
	ck_assert_ptr_nonnull(strstr(text, ", ...], NULL)"));
	free(text);
}
END_TEST

START_TEST(unreadable_lists_are_numbers)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t *last = (uint64_t *)(pages + 4096) - 2;

	ck_assert_ptr_ne(pages, MAP_FAILED);
	ck_assert_int_eq(munmap(pages + 4096, 4096), 0);
	last[0] = ADDRESS("x");
	last[1] = 1;
	check_format(CALL(X86_64, "execve", ADDRESS("y"), ADDRESS(last), 0),
		     "execve(\"y\", [\"x\", 0x1, ...], NULL)");
	check_format(CALL(X86_64, "execve", ADDRESS("y"), 1, 0), "execve(\"y\", 0x1, NULL)");
}
END_TEST

static void check_address(const void *address, size_t length, const char *expected)
{
	char whole[1024];

	(void)snprintf(whole, sizeof(whole), "connect(3, %s, %zu)", expected, length);
	check_format(CALL(X86_64, "connect", 3, ADDRESS(address), length), whole);
}

START_TEST(addresses_are_formatted)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(443),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	const struct sockaddr_nl netlink = { .nl_family = AF_NETLINK,
					     .nl_pid = 5,
					     .nl_groups = 17 };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/run/x" };
	const sa_family_t strange = 12345;
	const size_t path = offsetof(struct sockaddr_un, sun_path);
	char expected[256];

	in.sin_addr.s_addr = htonl(0x01020304);
	check_address(&in, sizeof(in), "{sa_family=AF_INET, sin_port=80, sin_addr=1.2.3.4}");
	check_address(&in, 8, "{sa_family=AF_INET, sa_data=\"\\x00P\\x01\\x02\\x03\\x04\"}");
	check_address(&in, 2, "{sa_family=AF_INET}");
	check_address(&in, 1, "{}");
	check_address(&in6, sizeof(in6), "{sa_family=AF_INET6, sin6_port=443, sin6_addr=::1}");
	in6.sin6_scope_id = 2;
	in6.sin6_flowinfo = htonl(9);
	check_address(&in6, sizeof(in6),
		      "{sa_family=AF_INET6, sin6_port=443, sin6_addr=::1, sin6_flowinfo=9, "
		      "sin6_scope_id=2}");
	check_address(&netlink, sizeof(netlink),
		      "{sa_family=AF_NETLINK, nl_pid=5, nl_groups=0x11}");
	check_address(&un, sizeof(un), "{sa_family=AF_UNIX, sun_path=\"/run/x\"}");
	check_address(&un, path + 4, "{sa_family=AF_UNIX, sun_path=\"/run\"}");
	check_address(&un, path, "{sa_family=AF_UNIX}");
	un.sun_path[0] = '\0';
	check_address(&un, path + 6, "{sa_family=AF_UNIX, sun_path=@\"run/x\"}");
	memset(un.sun_path, 'n', sizeof(un.sun_path));
	(void)snprintf(expected, sizeof(expected), "{sa_family=AF_UNIX, sun_path=\"%.64s\"...}",
		       un.sun_path);
	check_address(&un, sizeof(un), expected);
	check_address(&strange, sizeof(strange), "{sa_family=12345}");
	check_format(CALL(X86_64, "connect", 3, 5, 16), "connect(3, 0x5, 16)");
	/* longer than the kernel takes */
	(void)snprintf(expected, sizeof(expected), "connect(3, 0x%" PRIx64 ", 129)", ADDRESS(&in));
	check_format(CALL(X86_64, "connect", 3, ADDRESS(&in), 129), expected);
}
END_TEST

static void check_argument(struct stile_call call, unsigned int index, const char *name,
			   const char *expected)
{
	char *text = stile_call_format_argument(&call, index);

	ck_assert_pstr_eq(stile_call_argument_name(&call, index), name);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(arguments_are_formatted_one_by_one)
{
	const struct stile_call call = CALL(X86_64, "openat", (uint32_t)AT_FDCWD, ADDRESS("/x"),
					    O_RDONLY, 0644);
	struct stile_call unknown = call;

	check_argument(call, 0, "dirfd", "AT_FDCWD");
	check_argument(call, 1, "pathname", "\"/x\"");
	check_argument(call, 2, "flags", "O_RDONLY");
	check_argument(call, 3, "mode", ""); /* not used */
	check_argument(call, 4, NULL, "");
	check_argument(call, UINT_MAX, NULL, "");
	unknown.syscall = -1;
	check_argument(unknown, 3, NULL, "0x1a4");
	check_argument(unknown, 6, NULL, "");
}
END_TEST

static struct stile_call at_exit(struct stile_call call, int64_t result)
{
	call.is_exit = true;
	call.result = result;
	return call;
}

START_TEST(what_a_call_has_filled_in_is_shown_at_its_exit)
{
	const char bytes[] = "ab\ncd";
	const int32_t pair[] = { 3, -4 };
	const struct stile_call call = CALL(X86_64, "read", 0, ADDRESS(bytes), 1000);
	char address[32], expected[64];

	(void)snprintf(address, sizeof(address), "0x%" PRIx64, ADDRESS(bytes));
	check_argument(call, 1, "buf", address);
	check_argument(at_exit(call, 4), 1, "buf", "\"ab\\x0ac\"");
	check_argument(at_exit(call, 0), 1, "buf", "\"\"");
	check_argument(at_exit(call, -EIO), 1, "buf", address);
	(void)snprintf(expected, sizeof(expected), "read(0, \"ab\\x0ac\", 1000)");
	check_format(at_exit(call, 4), expected);
	check_argument(at_exit(CALL(X86_64, "getcwd", ADDRESS("/tmp"), 64), 5), 0, "buf",
		       "\"/tmp\"");
	check_argument(at_exit(CALL(X86_64, "pipe2", ADDRESS(pair), 0), 0), 0, "pipefd", "[3, -4]");
	check_argument(at_exit(CALL(X86_64, "read", 0, 16, 8), 8), 1, "buf", "0x10");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("unit_call_format");
	TCase *tcase = tcase_create("calls");

	tcase_add_test(tcase, programs_of_32_bits_have_their_own_layout);
	tcase_add_test(tcase, calls_are_formatted_with_what_they_point_to);
	tcase_add_test(tcase, strings_are_harmless_and_short);
	tcase_add_test(tcase, no_text_is_unbounded);
	tcase_add_test(tcase, unreadable_lists_are_numbers);
	tcase_add_test(tcase, addresses_are_formatted);
	tcase_add_test(tcase, arguments_are_formatted_one_by_one);
	tcase_add_test(tcase, what_a_call_has_filled_in_is_shown_at_its_exit);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
