/* SPDX-License-Identifier: MIT */
/* Kafel's policies: what they mean, as Kafel's own filters showed. */
#include <check.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "test_support.h"

static struct diagnostics said;
static struct stile_policy *p;

static void set_up(void)
{
	p = NULL;
}

static void tear_down(void)
{
	stile_policy_free(p);
	diagnostics_free(&said);
}

static bool read_for(enum stile_abi abi, const char *text)
{
	const struct source source = { "test.policy", text, strlen(text), -1 };
	const struct read_options options = { .abi = abi };

	tear_down();
	p = format_kafel.read(&source, &options, &said);
	ck_assert(!p == has_errors(&said));
	return p;
}

static void ck_read(const char *text)
{
	ck_assert_msg(read_for(STILE_ABI_X86_64, text), "%s: %s", text, said.items[0].text);
}

/* What a call gets, in words. */
static const char *answer_to(enum stile_abi abi, long number, uint64_t a, uint64_t b, uint64_t c)
{
	const struct seccomp_data data = { .nr = (int)number,
					   .arch = stile_audit_arch(abi),
					   .args = { a, b, c } };
	struct stile_decision decision;
	static char text[80];

	ck_assert_int_eq(stile_policy_decide(p, &data, &decision), 0);
	stile_format_action(decision.action, text, sizeof(text));
	return text;
}

#define ck_answer(call, a, b, c, words)                                                            \
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, stile_syscall_number(STILE_ABI_X86_64, call), \
				   (a), (b), (c)),                                                 \
			 (words))

START_TEST(first_entry_decides)
{
	ck_read("POLICY a { ALLOW { exit, read { fd == 0 && count == 0 } } }\n"
		"POLICY b { USE a, DENY { exit }, ERRNO(1) { read { count == 0 } } }\n"
		"USE b, USE a, LOG { write } ALLOW { read { fd == 7 } } DEFAULT KILL_PROCESS\n");
	ck_answer("exit", 0, 0, 0, "allow");
	ck_answer("read", 0, 0, 0, "allow");
	ck_answer("read", 5, 0, 0, "fail with EPERM");
	ck_answer("read", 7, 0, 0, "fail with EPERM");
	ck_answer("read", 7, 0, 1, "allow");
	ck_answer("read", 5, 0, 1, "kill the process");
	ck_answer("write", 0, 0, 0, "log");
	ck_answer("close", 0, 0, 0, "kill the process");
	ck_assert_uint_eq(said.count, 0);
}
END_TEST

START_TEST(actions_and_defaults)
{
	ck_read("ALLOW { read } LOG { write } DENY { open } KILL { close } KILL_THREAD { poll } "
		"KILL_PROCESS { lseek } USER_NOTIF { mmap } ERRNO(0) { brk } ERRNO(65535) { dup } "
		"TRAP(7) { dup2 } TRACE(9) { pause }");
	ck_answer("read", 0, 0, 0, "allow");
	ck_answer("open", 0, 0, 0, "kill the thread");
	ck_answer("close", 0, 0, 0, "kill the thread");
	ck_answer("poll", 0, 0, 0, "kill the thread");
	ck_answer("lseek", 0, 0, 0, "kill the process");
	ck_assert_int_eq(stile_policy_default(p).kind, STILE_ACTION_KILL_THREAD);
	ck_assert_int_eq(stile_policy_foreign_abi(p).kind, STILE_ACTION_KILL_THREAD);
	ck_answer("brk", 0, 0, 0, "seem to succeed");
	ck_read("ALLOW { exit } DEFAULT ALLOW");
	ck_answer("read", 0, 0, 0, "allow");
	ck_assert_str_eq(answer_to(STILE_ABI_I386, 1, 0, 0, 0), "kill the thread");
	/* Kafel does not look for x32 */
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, 0x40000000, 0, 0, 0), "allow");
}
END_TEST

/* Any number may be asked for: x32's, of which Kafel knows nothing, and a tracer's -1. */
START_TEST(numbers_of_no_call)
{
	ck_read("ALLOW { SYSCALL[-1] (a) { a == 1 }, SYSCALL[0x40000005] } "
		"ERRNO(1) { SYSCALL[0x80000000], SYSCALL[4294967295] } DEFAULT KILL");
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, UINT32_MAX, 1, 0, 0), "allow");
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, UINT32_MAX, 2, 0, 0), "fail with EPERM");
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, 0x40000005, 0, 0, 0), "allow");
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, 0x40000006, 0, 0, 0), "kill the thread");
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, 0x80000000, 0, 0, 0), "fail with EPERM");
	ck_assert_str_eq(answer_to(STILE_ABI_X86_64, 5, 0, 0, 0), "kill the thread");
}
END_TEST

START_TEST(widths)
{
	/* an int, unless a number has more than 32 bits, or something else is wide */
	ck_read("ALLOW { fcntl { fd == 0x1234 }, read { fd == 0x100001234 } }");
	ck_answer("fcntl", 0x1234, 0, 0, "allow");
	ck_answer("fcntl", 0x100001234, 0, 0, "allow");
	ck_answer("read", 0x1234, 0, 0, "kill the thread");
	ck_answer("read", 0x100001234, 0, 0, "allow");
	ck_read("ALLOW { read { fd & buf == 1 }, write { fd & -1 == 1 }, "
		"close(fd) { fd == 1 }, dup { fildes == -1 } }");
	ck_answer("read", 0x100000001, UINT64_MAX, 0, "kill the thread");
	ck_answer("read", 0x100000001, UINT32_MAX, 0, "allow");
	ck_answer("write", 0x100000001, 0, 0, "allow");
	ck_answer("close", 0x100000001, 0, 0, "kill the thread");
	ck_answer("close", 1, 0, 0, "allow");
	ck_answer("dup", UINT32_MAX, 0, 0, "kill the thread");
	ck_answer("dup", UINT64_MAX, 0, 0, "allow");
	/* Kafel compares 64 bits of writev's fd; nothing is signed */
	ck_read("ALLOW { writev { fd == 1 }, read { fd > 0x7fffffff } }");
	ck_answer("writev", 0x100000001, 0, 0, "kill the thread");
	ck_answer("read", 0x80000000, 0, 0, "allow");
	ck_answer("read", 3, 0, 0, "kill the thread");
	ck_assert(read_for(STILE_ABI_I386, "ALLOW { write { buf == 1 } }"));
	ck_assert_str_eq(answer_to(STILE_ABI_I386, 4, 0, 0x100000001, 0), "allow");
}
END_TEST

START_TEST(names)
{
	ck_read("ALLOW { newstat, umount }\n#define close 3\n#define fd 1\n"
		"ERRNO(2) { close, write { fd == 1 }, read { fd == 2 } }");
	ck_answer("stat", 0, 0, 0, "allow");
	ck_answer("umount2", 0, 0, 0, "allow");
	ck_answer("close", 0, 0, 0, "fail with ENOENT");
	ck_answer("write", 9, 0, 0, "fail with ENOENT");
	ck_answer("read", 2, 0, 0, "kill the thread");
	ck_assert(read_for(STILE_ABI_I386, "ALLOW { chown }"));
	ck_assert_str_eq(answer_to(STILE_ABI_I386, 212, 0, 0, 0), "allow");
	ck_assert_str_eq(answer_to(STILE_ABI_I386, 182, 0, 0, 0), "kill the thread");
	ck_read("ALLOW { SYSCALL[0x3], SYSCALL[04], SYSCALL[0b101](a, b) { b == 2 } }");
	ck_answer("close", 0, 0, 0, "allow");
	ck_answer("stat", 0, 0, 0, "allow");
	ck_answer("fstat", 0, 2, 0, "allow");
	ck_answer("fstat", 2, 0, 0, "kill the thread");
}
END_TEST

START_TEST(guards)
{
	static const char text[] = "ALLOW { read ON x86_64, write ON {ARM, aarch64}, "
				   "no_such_call ON m68k { foo == 1 } }";

	ck_read(text);
	ck_answer("read", 0, 0, 0, "allow");
	ck_answer("write", 0, 0, 0, "kill the thread");
	ck_assert(read_for(STILE_ABI_AARCH64, text));
	ck_assert_str_eq(answer_to(STILE_ABI_AARCH64, 64, 0, 0, 0), "allow");
	ck_assert_str_eq(answer_to(STILE_ABI_AARCH64, 63, 0, 0, 0), "kill the thread");
}
END_TEST

START_TEST(comments)
{
	ck_read("/* a */ ALLOW { read } // b\nALLOW { write /* , close */ }");
	ck_answer("write", 0, 0, 0, "allow");
	ck_answer("close", 0, 0, 0, "kill the thread");
	ck_assert_uint_eq(said.count, 0);
	ck_read("ALLOW { read } /* **/ ALLOW { close } /* */ ALLOW { write }");
	ck_answer("write", 0, 0, 0, "allow");
	ck_answer("close", 0, 0, 0, "kill the thread");
	ck_assert_uint_eq(said.count, 1);
	ck_assert_uint_eq(said.items[0].column, 19);
}
END_TEST

#define ck_warned(file, sentence)                                 \
	do {                                                      \
		ck_read(file);                                    \
		ck_assert_uint_eq(said.count, 1);                 \
		ck_assert_str_eq(said.items[0].text, (sentence)); \
	} while (0)

START_TEST(warnings)
{
	ck_warned("POLICY a { ALLOW { read } } POLICY b { USE a }",
		  "no policy is used: every call is answered by killing the thread");
	ck_warned("POLICY a { ALLOW { read } } POLICY b {} USE a",
		  "policy 'b' is not used and decides nothing");
	ck_warned("ALLOW { SYSCALL[0x100000003] }",
		  "Kafel uses the low 32 bits of this number alone: call 3");
	ck_answer("close", 0, 0, 0, "allow");
	ck_warned("ALLOW { read { fd == 0190 } }",
		  "'0190' begins with 0 and so is octal, and Kafel reads it up to its first 8 or "
		  "9, as '01'");
	ck_answer("read", 1, 0, 0, "allow");
}
END_TEST

START_TEST(likeness)
{
	static const char *const likely[] = { "POLICY a {}",	"/* x */ // y\n USE a",
					      "ALLOW{ read }",	"#define A 1",
					      "#include \"a\"", "ERRNO(1) {}" };
	static const char *const unlikely[] = {
		"{}", "", "read: 1", "# a comment", "POLICYa", "ALLOW: 1", "/* POLICY a {}"
	};
	struct source source = { .name = "test" };

	for (size_t i = 0; i < sizeof(likely) / sizeof(*likely); i++) {
		source.bytes = likely[i];
		source.length = strlen(likely[i]);
		ck_assert_msg(format_kafel.is_likely(&source), "%s", likely[i]);
	}
	for (size_t i = 0; i < sizeof(unlikely) / sizeof(*unlikely); i++) {
		source.bytes = unlikely[i];
		source.length = strlen(unlikely[i]);
		ck_assert_msg(!format_kafel.is_likely(&source), "%s", unlikely[i]);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kafel");
	TCase *tcase = tcase_create("kafel");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, first_entry_decides);
	tcase_add_test(tcase, actions_and_defaults);
	tcase_add_test(tcase, widths);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, guards);
	tcase_add_test(tcase, comments);
	tcase_add_test(tcase, warnings);
	tcase_add_test(tcase, likeness);
	tcase_add_test(tcase, numbers_of_no_call);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
