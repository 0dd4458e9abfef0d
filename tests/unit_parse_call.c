/* SPDX-License-Identifier: MIT */
/* Calls as people write them to what a filter sees. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "test_support.h"

#define MOST 8

static const struct {
	enum stile_abi abi;
	const char *syscall;
	const char *arguments[MOST]; /* NULL-ended */
	int number;
	uint64_t words[6];
} calls[] = {
	{ STILE_ABI_X86_64, "read", { NULL }, 0, { 0 } },
	{ STILE_ABI_X86_64, "0", { "3" }, 0, { 3 } },
	{ STILE_ABI_X86_64, "0x101", { "AT_FDCWD" }, 257, { 0xffffff9c } },
	{ STILE_ABI_X86_64,
	  "openat",
	  { "AT_FDCWD", "/etc/hostname", "O_RDONLY|O_CLOEXEC", "0644" },
	  257,
	  { 0xffffff9c, 0x1000, 0x80000, 0644 } },
	{ STILE_ABI_X86_64, "openat", { "-1", "\"x\"", "-1" }, 257, { 0xffffffff, 0x1000, ~0u } },
	{ STILE_ABI_X86_64, "openat", { "0", "NULL", "O_RDWR|4" }, 257, { 0, 0, 6 } },
	{ STILE_ABI_X86_64, "openat", { "0", "0x7fff12345678" }, 257, { 0, 0x7fff12345678 } },
	{ STILE_ABI_X86_64, "openat", { "0", "" }, 257, { 0, 0x1000 } },
	{ STILE_ABI_X86_64,
	  "fcntl",
	  { "3", "F_SETFL", "O_NONBLOCK|O_APPEND" },
	  72,
	  { 3, 4, 0xc00 } },
	{ STILE_ABI_X86_64, "mmap", { "NULL", "4096", "PROT_READ" }, 9, { 0, 4096, 1 } },
	{ STILE_ABI_X86_64, "prctl", { "PR_SET_NAME", "\"x\"" }, 157, { 15, 0x1000 } },
	/* what is above an int's bits is in the register all the same */
	{ STILE_ABI_X86_64, "close", { "0x100000003" }, 3, { 0x100000003 } },
	{ STILE_ABI_X86_64, "close", { "-2147483648" }, 3, { 0x80000000 } },
	{ STILE_ABI_X86_64, "close", { "-2147483649" }, 3, { 0xffffffff7fffffff } },
	{ STILE_ABI_X86_64, "lseek", { "3", "-1" }, 8, { 3, UINT64_MAX } },
	{ STILE_ABI_X86_64, "lseek", { "3", "18446744073709551615" }, 8, { 3, UINT64_MAX } },
	{ STILE_ABI_X86_64,
	  "socket",
	  { "AF_INET", "SOCK_STREAM|SOCK_CLOEXEC", "IPPROTO_TCP" },
	  41,
	  { 2, 0x80001, 6 } },
	{ STILE_ABI_RISCV64, "openat", { "AT_FDCWD" }, 56, { 0xffffffffffffff9c } },
	{ STILE_ABI_AARCH64, "openat", { "AT_FDCWD" }, 56, { 0xffffff9c } },
	{ STILE_ABI_I386, "openat", { "-100", "x" }, 295, { 0xffffff9c, 0x1000 } },
	{ STILE_ABI_I386, "read", { "3", "4294967295", "-1" }, 3, { 3, ~0u, ~0u } },
	{ STILE_ABI_X32, "read", { "3" }, 0x40000000, { 3 } },
	/* numbers that the table does not have */
	{ STILE_ABI_X86_64, "-1", { "1", "2", "3", "4", "5", "-6" }, -1, { 1, 2, 3, 4, 5, -6ull } },
	{ STILE_ABI_X86_64, "4294967295", { NULL }, -1, { 0 } },
	{ STILE_ABI_X86_64, "335", { NULL }, 335, { 0 } },
};

START_TEST(test_calls)
{
	struct seccomp_data data;
	char message[256];
	size_t count = 0;

	while (calls[_i].arguments[count])
		count++;
	ck_assert_msg(stile_parse_call(calls[_i].abi, calls[_i].syscall, calls[_i].arguments, count,
				       &data, message, sizeof(message)) == 0,
		      "%s", message);
	ck_assert_str_eq(message, "");
	ck_assert_int_eq(data.nr, calls[_i].number);
	ck_assert_uint_eq(data.instruction_pointer, 0);
	for (unsigned int i = 0; i < 6; i++)
		ck_assert_uint_eq(data.args[i], calls[_i].words[i]);
}
END_TEST

START_TEST(test_architecture)
{
	const struct {
		enum stile_abi abi;
		uint32_t arch;
	} wanted[] = {
		{ STILE_ABI_X86_64, AUDIT_ARCH_X86_64 },
		{ STILE_ABI_X32, AUDIT_ARCH_X86_64 },
		{ STILE_ABI_I386, AUDIT_ARCH_I386 },
		{ STILE_ABI_AARCH64, AUDIT_ARCH_AARCH64 },
		{ STILE_ABI_RISCV64, AUDIT_ARCH_RISCV64 },
	};
	struct seccomp_data data;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		ck_assert_int_eq(stile_parse_call(wanted[i].abi, "read", NULL, 0, &data, NULL, 0),
				 0);
		ck_assert_uint_eq(data.arch, wanted[i].arch);
	}
}
END_TEST

static const struct {
	enum stile_abi abi;
	const char *syscall;
	const char *arguments[MOST];
	int error;
	const char *message;
} mistakes[] = {
	{ STILE_ABI_X86_64,
	  "opennat",
	  { NULL },
	  -ENOENT,
	  "there is no syscall 'opennat': did you mean 'openat'?" },
	{ STILE_ABI_X86_64, "", { NULL }, -ENOENT, "there is no syscall '': see syscalls(2)" },
	{ STILE_ABI_X86_64,
	  "4294967296",
	  { NULL },
	  -ENOENT,
	  "there is no syscall '4294967296': see syscalls(2)" },
	{ STILE_ABI_AARCH64, "open", { NULL }, -ENOENT, "aarch64 has no syscall 'open'" },
	{ STILE_ABI_COUNT, "open", { NULL }, -EINVAL, "there is no ABI 5" },
	{ STILE_ABI_X86_64, NULL, { NULL }, -EINVAL, "a call needs a syscall" },
	{ STILE_ABI_X86_64,
	  "close",
	  { "1", "2" },
	  -EINVAL,
	  "close: 2 arguments were given: it has 1" },
	{ STILE_ABI_X86_64,
	  "1000",
	  { "1", "2", "3", "4", "5", "6", "7" },
	  -EINVAL,
	  "1000: 7 arguments were given: it has 6" },
	{ STILE_ABI_X86_64,
	  "1000",
	  { "x" },
	  -EINVAL,
	  "1000: 'x' is no number, and the arguments of this call are not known" },
	{ STILE_ABI_X86_64,
	  "openat",
	  { "AT_FDCWD", "x", "O_RDONYL" },
	  -EINVAL,
	  "openat: flags: there is no constant 'O_RDONYL': did you mean 'O_RDONLY'?" },
	{ STILE_ABI_X86_64,
	  "openat",
	  { "AT_FDCWD", "x", "zzz" },
	  -EINVAL,
	  "openat: flags: there is no constant 'zzz': write a number, or names of the manual page "
	  "joined by |" },
	{ STILE_ABI_X86_64,
	  "close",
	  { "zzz" },
	  -EINVAL,
	  "close: fd: there is no constant 'zzz': write a number" },
	{ STILE_ABI_X86_64,
	  "close",
	  { "/etc/hostname" },
	  -EINVAL,
	  "close: fd is no pointer: '/etc/hostname' cannot be passed to it" },
	{ STILE_ABI_X86_64,
	  "close",
	  { "NULL" },
	  -EINVAL,
	  "close: fd: there is no constant 'NULL': write a number" },
	{ STILE_ABI_X86_64,
	  "openat",
	  { "AT_FDCWD", "x", "AF_INET" },
	  -EINVAL,
	  "openat: flags: there is no constant 'AF_INET': write a number, or names of the manual "
	  "page joined by |" },
	{ STILE_ABI_X86_64, "close", { "" }, -EINVAL, "close: fd: a value is missing" },
	{ STILE_ABI_X86_64, "close", { "1|" }, -EINVAL, "close: fd: a value is missing" },
	{ STILE_ABI_X86_64, "close", { "|1" }, -EINVAL, "close: fd: a value is missing" },
	{ STILE_ABI_X86_64,
	  "close",
	  { "18446744073709551616" },
	  -EINVAL,
	  "close: fd: '18446744073709551616' does not fit into 64 bits" },
	{ STILE_ABI_X86_64,
	  "close",
	  { "-9223372036854775809" },
	  -EINVAL,
	  "close: fd: '-9223372036854775809' does not fit into 64 bits" },
	{ STILE_ABI_X86_64,
	  "read",
	  { "1", "99999999999999999999" },
	  -EINVAL,
	  "read: buf: '99999999999999999999' does not fit into 64 bits" },
	{ STILE_ABI_I386,
	  "read",
	  { "4294967296" },
	  -EINVAL,
	  "read: '4294967296' does not fit into the 32 bits that i386 has" },
	{ STILE_ABI_I386,
	  "read",
	  { "-2147483649" },
	  -EINVAL,
	  "read: '-2147483649' does not fit into the 32 bits that i386 has" },
	{ STILE_ABI_X86_64,
	  "close",
	  { "\x1b[31m" },
	  -EINVAL,
	  "close: fd: there is no constant '\\x1b[31m': write a number" },
};

START_TEST(test_mistakes)
{
	struct seccomp_data data = { .nr = 77 };
	char message[256];
	size_t count = 0;

	while (mistakes[_i].arguments[count])
		count++;
	ck_assert_int_eq(stile_parse_call(mistakes[_i].abi, mistakes[_i].syscall,
					  mistakes[_i].arguments, count, &data, message,
					  sizeof(message)),
			 mistakes[_i].error);
	ck_assert_str_eq(message, mistakes[_i].message);
	ck_assert_int_eq(data.nr, 77);
}
END_TEST

START_TEST(test_answers)
{
	char text[64], small[4];

	stile_format_answer(0x7fff0000, text, sizeof(text));
	ck_assert_str_eq(text, "ALLOW");
	stile_format_answer(0x00050001, text, sizeof(text));
	ck_assert_str_eq(text, "ERRNO(EPERM)");
	stile_format_answer(0x00050000, text, sizeof(text));
	ck_assert_str_eq(text, "ERRNO(0)");
	stile_format_answer(0, text, sizeof(text));
	ck_assert_str_eq(text, "KILL_THREAD");
	stile_format_answer(0xdeadbeef, text, sizeof(text));
	ck_assert_str_eq(text, "#0xdeadbeef");
	stile_format_answer(0x7fff0000, small, sizeof(small));
	ck_assert_str_eq(small, "ALL");
	stile_format_answer(0, NULL, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("parse_call");
	TCase *tcase = tcase_create("parse_call");

	tcase_add_loop_test(tcase, test_calls, 0, sizeof(calls) / sizeof(*calls));
	tcase_add_test(tcase, test_architecture);
	tcase_add_loop_test(tcase, test_mistakes, 0, sizeof(mistakes) / sizeof(*mistakes));
	tcase_add_test(tcase, test_answers);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
