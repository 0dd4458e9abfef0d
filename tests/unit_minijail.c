/* SPDX-License-Identifier: MIT */
/* minijail's policies: what their lines mean, and what is refused. */
#include "minijail_support.h"

#define X STILE_ABI_X86_64

struct meaning {
	const char *text;
	enum stile_abi abi;
	const char *call;
	uint64_t arguments[6];
	const char *answer;
};

#define ALLOWED "allow"
#define KILLED "kill the thread"

/* How minijail's own compilers answer, tried with their filters. */
static const struct meaning meanings[] = {
	{ "read: 1", X, "read", { 0 }, ALLOWED },
	{ "read: 1", X, "write", { 0 }, KILLED },
	{ "read: return ENOENT", X, "read", { 0 }, "fail with ENOENT" },
	{ "read: return EPERM|ENOENT", X, "read", { 0 }, "fail with ESRCH" },
	{ "read: return", X, "read", { 0 }, KILLED },
	/* 64 bits, unsigned */
	{ "read: arg0 == 3", X, "read", { 3 }, ALLOWED },
	{ "read: arg0 == 3", X, "read", { 0x100000003 }, KILLED },
	{ "read: arg0 == -1", X, "read", { UINT64_MAX }, ALLOWED },
	{ "read: arg0 == -1", X, "read", { UINT32_MAX }, KILLED },
	{ "read: arg0 != 3", X, "read", { 0x100000003 }, ALLOWED },
	{ "read: arg0 < 4", X, "read", { 3 }, ALLOWED },
	{ "read: arg0 < 4", X, "read", { 4 }, KILLED },
	{ "read: arg0 < 4", X, "read", { UINT64_MAX }, KILLED },
	{ "read: arg0 <= 4", X, "read", { 4 }, ALLOWED },
	{ "read: arg0 > 0x100000000", X, "read", { 0x100000000 }, KILLED },
	{ "read: arg0 > 0x100000000", X, "read", { 0x200000000 }, ALLOWED },
	{ "read: arg0 >= 4", X, "read", { UINT64_MAX }, ALLOWED },
	/* On i386 32 bits */
	{ "read: arg0 == 3", STILE_ABI_I386, "read", { 0x100000003 }, ALLOWED },
	{ "read: arg0 == -1", STILE_ABI_I386, "read", { UINT32_MAX }, ALLOWED },
	{ "read: arg0 in 3", STILE_ABI_I386, "read", { 0x700000003 }, ALLOWED },
	/* Any of the bits; no other bits */
	{ "read: arg0 & 6", X, "read", { 2 }, ALLOWED },
	{ "read: arg0 & 6", X, "read", { 9 }, KILLED },
	{ "read: arg0 & ~6", X, "read", { 6 }, KILLED },
	{ "read: arg0 & ~6", X, "read", { 1ull << 63 }, ALLOWED },
	{ "read: arg0 & ~6", X, "read", { 1ull << 40 | 2 }, ALLOWED },
	{ "read: arg0 & ~6", X, "read", { 3 }, ALLOWED },
	{ "read: arg0 & 0", X, "read", { 1 }, KILLED },
	{ "read: arg0 in 6", X, "read", { 4 }, ALLOWED },
	{ "read: arg0 in 6", X, "read", { 5 }, KILLED },
	{ "read: arg0 in 6", X, "read", { 0 }, ALLOWED },
	{ "read: arg0 in 6", X, "read", { 1ull << 32 }, KILLED },
	{ "mmap: arg2 in ~PROT_EXEC", X, "mmap", { 0, 0, 3 }, ALLOWED },
	{ "mmap: arg2 in ~PROT_EXEC", X, "mmap", { 0, 0, 5 }, KILLED },
	{ "read: arg0 & 4 && arg0 in 7 && arg0 & 1", X, "read", { 5 }, ALLOWED },
	{ "read: arg0 & 4 && arg0 in 7 && arg0 & 1", X, "read", { 4 }, KILLED },
	{ "read: arg0 & 4 && arg0 in 3", X, "read", { 4 }, KILLED },
	{ "read: arg0 & 6 && arg1 & 9", X, "read", { 2, 8 }, ALLOWED },
	{ "read: arg0 & 6 && arg1 & 9", X, "read", { 2, 2 }, KILLED },
	/* Constants */
	{ "openat: arg2 == O_RDONLY|O_CLOEXEC", X, "openat", { 0, 0, 02000000 }, ALLOWED },
	{ "read: arg0 == ~(1|(2|~0xff))", X, "read", { 0xfc }, ALLOWED },
	{ "read: arg0 == 010", X, "read", { 8 }, ALLOWED },
	{ "socket: arg0 == PF_UNIX", X, "socket", { 1 }, ALLOWED },
	{ "openat: arg0 == AT_FDCWD", X, "openat", { (uint64_t)-100 }, ALLOWED },
	{ "ioctl: arg1 == FDGETPRM", STILE_ABI_I386, "ioctl", { 0, 0x801c0204 }, ALLOWED },
	/* And, or; lines that go on */
	{ "read: arg0 == 1 && arg1 == 2 || arg0 == 3", X, "read", { 1, 2 }, ALLOWED },
	{ "read: arg0 == 1 && arg1 == 2 || arg0 == 3", X, "read", { 1, 3 }, KILLED },
	{ "read: arg0 == 1 && arg1 == 2 || arg0 == 3", X, "read", { 3, 3 }, ALLOWED },
	{ "read: arg0 == 1 || \\\n arg0 == 3", X, "read", { 3 }, ALLOWED },
	{ "# x \\\n# y\nread: 1", X, "read", { 3 }, ALLOWED },
	{ "read: 1 \\", X, "read", { 3 }, KILLED },
	{ "read: 1\r\nwrite: 1\r\n", X, "write", { 3 }, ALLOWED },
	/* The two parsers: for calls that do not match; for those that do */
	{ "read: arg0 == 1; return EPERM", X, "read", { 1 }, ALLOWED },
	{ "read: arg0 == 1; return EPERM", X, "read", { 2 }, "fail with EPERM" },
	{ "read: { arg0 == 1; return EPERM }", X, "read", { 1 }, "fail with EPERM" },
	{ "read: { arg0 == 1; return EPERM }", X, "read", { 2 }, KILLED },
	{ "read: arg0 == 1; return EPERM # x", X, "read", { 1 }, "fail with EPERM" },
	{ "read: arg0 == 1; return EPERM # x", X, "read", { 2 }, KILLED },
	{ "read: arg0==1; return EPERM", X, "read", { 1 }, "fail with EPERM" },
	{ "read: arg0 == 1; return EPERM\n{ write }: 1", X, "read", { 1 }, "fail with EPERM" },
	/* What only the compiler in python has */
	{ "read: trap", X, "read", { 1 }, "trap" },
	{ "read: kill", X, "read", { 1 }, KILLED },
	{ "read: kill-process", X, "read", { 1 }, "kill the process" },
	{ "read: user-notify", X, "read", { 1 }, "notify" },
	{ "read: { arg0 == 1; log, arg0 == 2, return 5 }", X, "read", { 1 }, "log" },
	{ "read: { arg0 == 1; log, arg0 == 2, return 5 }", X, "read", { 2 }, ALLOWED },
	{ "read: { arg0 == 1; log, arg0 == 2, return 5 }", X, "read", { 3 }, "fail with EIO" },
	{ "{ read, write }: 1", X, "write", { 1 }, ALLOWED },
	{ "read: arg0 == 1\nread: arg0 == 2", X, "read", { 2 }, ALLOWED },
	{ "read: arg0 == 1\nread: trap", X, "read", { 2 }, "trap" },
	{ "read[arch=arm,x86_64]: 1", X, "read", { 2 }, ALLOWED },
	{ "read[arch=arm64]: 1", X, "read", { 2 }, KILLED },
	{ "read[arch=arm64]: 1", STILE_ABI_AARCH64, "read", { 2 }, ALLOWED },
	{ "read[arch=x86]: 1", STILE_ABI_I386, "read", { 2 }, ALLOWED },
	{ "nosuch[arch=arm]: 1", X, "read", { 2 }, KILLED },
	{ "@default trap\nread: arg0 == 1", X, "write", { 2 }, "trap" },
	{ "@default trap\nread: arg0 == 1", X, "read", { 2 }, "trap" },
	{ "read: { arg0 == 1; return 5, allow }", X, "read", { 1 }, ALLOWED },
	{ "@denylist\nread: return 5", X, "read", { 1 }, "fail with EIO" },
	{ "@denylist\nread: return 5", X, "write", { 1 }, ALLOWED },
	{ "@denylist\nread: { arg0 == 1; return 5 }", X, "read", { 1 }, "fail with EIO" },
	{ "@denylist\nread: { arg0 == 1; return 5 }", X, "read", { 2 }, ALLOWED },
	{ "@denylist\n@default trap\nread: arg0 == 1", X, "read", { 2 }, "trap" },
	{ "@denylist\n@default trap\nread: arg0 == 1", X, "write", { 2 }, ALLOWED },
};

START_TEST(means)
{
	const struct meaning *meaning = &meanings[_i];
	struct stile_policy *policy = take_minijail(meaning->abi, meaning->text);
	const long number = stile_syscall_number(meaning->abi, meaning->call);

	ck_assert_int_ge(number, 0);
	ck_assert_msg(strcmp(answer_of(policy, meaning->abi, (uint32_t)number, meaning->arguments),
			     meaning->answer) == 0,
		      "%s: %s", meaning->text,
		      answer_of(policy, meaning->abi, (uint32_t)number, meaning->arguments));
	stile_policy_free(policy);
}
END_TEST

START_TEST(other_abis)
{
	const uint64_t none[6] = { 0 };
	struct stile_policy *policy = take_minijail(X, "read: 1");

	ck_assert_str_eq(answer_of(policy, STILE_ABI_I386, 3, none), KILLED);
	ck_assert_str_eq(answer_of(policy, X, 0x40000000, none), KILLED);
	ck_assert(stile_policy_ignores_x32(policy));
	stile_policy_free(policy);
	policy = take_minijail(X, "@default trap\nread: 1");
	ck_assert_str_eq(answer_of(policy, STILE_ABI_I386, 3, none), KILLED);
	ck_assert_str_eq(answer_of(policy, X, 0x40000000, none), "trap");
	stile_policy_free(policy);
	policy = take_minijail(X, "@denylist\nread: return 5");
	ck_assert_str_eq(answer_of(policy, STILE_ABI_I386, 3, none), "fail with EPERM");
	ck_assert_str_eq(answer_of(policy, X, 0x40000000, none), ALLOWED);
	ck_assert_str_eq(answer_of(policy, X, UINT32_MAX, none), ALLOWED);
	stile_policy_free(policy);
	ck_assert_ptr_null(read_minijail(STILE_ABI_X32, "read: 1", -1));
}
END_TEST

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "raed: 1", "error 1:1: found 'raed', expected a system call: none is called so; did you "
		     "mean 'read'?" },
	{ "mmap2: 1", "error 1:1: found 'mmap2', expected a system call that x86_64 has: i386 has "
		      "this one; remove it" },
	{ "\n read 1", "error 2:7: found '1', expected ':'" },
	{ "read:", "error 1:6: found the end of the statement, expected 1, an argument's "
		   "comparison, return ERRNO, allow, kill, kill-process, kill-thread, trap, trace, "
		   "log or user-notify" },
	{ "read: 2", "error 1:7: found '2', expected 1, which allows" },
	{ "read: argnn == 1",
	  "error 1:7: found 'argnn', expected arg0 to arg5: no call has others" },
	{ "read: arg6 == 1", "error 1:7: found 'arg6', expected arg0 to arg5: no call has others" },
	{ "read: arg0 = 1", "error 1:12: found '=', expected a comparison: == != < <= > >= & (any "
			    "of these bits is set) or in (no bit but these is set)" },
	{ "read: arg0 == ", "error 1:14: found the end of the statement, expected a constant" },
	{ "read: arg0 == NOSUCH",
	  "error 1:15: found 'NOSUCH', expected a number or the name of a constant" },
	{ "read: arg0 == 08", "error 1:15: found '08', expected a number: decimal, octal after 0, "
			      "or hexadecimal after 0x" },
	{ "read: arg0 == 0b1", "error 1:15: found '0b1', expected a number: decimal, octal after "
			       "0, or hexadecimal after 0x" },
	{ "read: arg0 == 0x10000000000000000",
	  "error 1:15: found '0x10000000000000000', expected a number of at most 64 bits" },
	{ "read: arg0 == -0x8000000000000001",
	  "error 1:15: found '-0x8000000000000001', expected a number of at most 64 bits" },
	{ "read: arg0 == (1", "error 1:17: found the end of the statement, expected '|' or ')'" },
	{ "read: arg0 == ~~1", "error 1:16: found '~', expected a constant" },
	{ "read: arg0 == 1 &&",
	  "error 1:19: found the end of the statement, expected an argument: arg0 to arg5" },
	{ "read: arg0 == 1 extra", "error 1:17: found 'extra', expected the end of the statement" },
	{ "read: return -1", "error 1:14: found '-1', expected an errno" },
	{ "read: return\tEPERM",
	  "error 1:14: found a tab between 'return' and the errno, expected a space: minijail's "
	  "parser in C would take this for no errno" },
	{ "read: { return EPERM|EIO }",
	  "error 1:16: found several constants for an errno within '{' and '}', expected one" },
	{ "read: 1\nread: 1", "error 2:7: found more for read, expected nothing: it was decided "
			      "for all calls at dir/test.policy:1; drop one of the two" },
	{ "read: return # x",
	  "error 1:7: found 'return' without an errno, expected one in a policy for "
	  "compile_seccomp_policy.py, which alone takes a comment behind a "
	  "statement at dir/test.policy:1" },
	{ "open@libc: 1",
	  "error 1:1: found the group 'open@libc', expected a system call: groups are "
	  "defined outside of this file, in constants.json; write the calls themselves" },
	{ "@default allow",
	  "error 1:10: found 'allow', expected kill, kill-process, kill-thread, trap or "
	  "user-notify" },
	{ "@denylist\nread: 1", "error 2:7: found another action in a denylist, expected 'return "
				"ERRNO', which is the only one there" },
	{ "@nosuch", "error 1:1: found '@nosuch', expected @include, @default, @denylist or "
		     "@frequency" },
	{ "@include x.policy",
	  "error 1:10: found 'x', expected a path that begins with './' or '/'" },
	{ "@include ../x.policy", "error 1:10: found '../x.policy', expected a path that begins "
				  "with './' or '/'" },
	{ "@include ./x.policy",
	  "error 1:10: \"x.policy\" cannot be included: the policy is in no folder" },
	{ "# x \\\nread: 1",
	  "error 1:5: found '\\' at the end of a comment, expected none: for one of minijail's "
	  "parsers the next line belongs to the comment, for the other it does not; remove it" },
	{ "read: \x01", "error 1:7: found a control character (\\x01), expected text: remove it" },
	{ "read: \xc3\xa4", "error 1:7: found '\\xc3', expected a word, a number or one of : ; , ~ "
			    "( ) { } [ ] | & < > =: remove it" },
	{ "read: 1\rwrite: 1",
	  "error 1:8: found a control character (\\x0d), expected text: remove it" },
	{ "read: \xff", "error 1:7: found '\\xff', expected a word, a number or one of : ; , ~ ( ) "
			"{ } [ ] | & < > =: remove it" },
	{ "read: arg0 == 1111111111222222222233333333334444444444",
	  "error 1:15: found '1111111111222222222233333333334444444444', expected a number of at "
	  "most 64 bits" },
	{ "read: arg0 == 11111111112222222222333333333344444444445",
	  "error 1:15: found '1111111111222222222233333333334444444444'..., expected a number of "
	  "at most 64 bits" },
	{ "read[arch=x86_64;arch=arm]: 1",
	  "error 1:18: found arch a second time, expected it once: write arch=x86_64,arm64" },
};

START_TEST(refuses)
{
	ck_assert_msg(!read_minijail(X, refused[_i].text, -1), "taken: %s", refused[_i].text);
	ck_said(0, refused[_i].sentence);
}
END_TEST

static const struct {
	const char *text, *sentence;
} warned[] = {
	{ "read: arg0 == 1; return 1",
	  "warning 1:7: the errno is for calls that do not match, as minijail's parser in C reads "
	  "it; for compile_seccomp_policy.py it is for those that do" },
	{ "read: arg0 == 1; return 1\nwrite: trap",
	  "warning 1:7: the errno is for calls that match, as compile_seccomp_policy.py reads it; "
	  "minijail's parser in C, for which it is for those that do not, refuses this policy: "
	  "this action at dir/test.policy:2" },
	{ "read: { arg0 == 1; return 1, allow }",
	  "warning 1:9: minijail forgets this: read is allowed at dir/test.policy:1, and then "
	  "always" },
	{ "read: return 0x10001", "warning 1:14: of this errno the kernel keeps 16 bits: 1" },
	{ "read: arg0 & 1 && arg0 in 2",
	  "warning 1:7: a part of this can never be true: bits that must be set and must not, or "
	  "'& 0'" },
	{ "@frequency ./x", "warning 1:1: not read: how often calls are made changes no answer" },
	{ "read: 1 \\", "warning 1:9: the file ends in '\\': minijail drops this whole statement" },
	{ "read[color=red]: 1", "warning 1:6: minijail ignores this: it knows arch" },
};

START_TEST(warns)
{
	stile_policy_free(take_minijail(X, warned[_i].text));
	ck_said(0, warned[_i].sentence);
}
END_TEST

START_TEST(says_all_errors)
{
	ck_assert_ptr_null(read_minijail(X, "raed: 1\nread: 1\nwirte: 1\nread: arg0\n", -1));
	ck_assert_uint_eq(said.error_count, 3);
	ck_assert_uint_eq(said.items[2].line, 4);
}
END_TEST

START_TEST(limits)
{
	char text[4096 * 10 + 200] = "";
	size_t used = 0;

	/* 63 bits twice: more rules than are made of one line */
	ck_assert_ptr_null(read_minijail(X,
					 "read: arg0 & 0x5555555555555555 && "
					 "arg1 & 0x5555555555555555 && "
					 "arg2 & 0x5555555555555555",
					 -1));
	ck_said(0, "error 1:7: found too many comparisons, or tests for any of several bits: "
		   "expected at most 4096 ways to match, of 32 comparisons each; use fewer '&'");
	used = (size_t)sprintf(text, "read: arg0 == 1");
	for (int i = 0; i < 32; i++)
		used += (size_t)sprintf(text + used, " && arg0 != %d", i + 2);
	ck_assert_ptr_null(read_minijail(X, text, -1));
	ck_said(0, "error 1:7: found more than 32 comparisons that must hold together, expected at "
		   "most as many: use fewer '&&'");
	used = (size_t)sprintf(text, "read: arg0 == ");
	memset(text + used, '(', 40);
	text[used + 40] = '\0';
	ck_assert_ptr_null(read_minijail(X, text, -1));
	ck_said(0, "error 1:47: found '(' within 32 others, expected fewer: remove those that "
		   "change nothing");
	used = 0;
	for (int i = 0; i < 4097; i++)
		used += (size_t)sprintf(text + used, "read: 1\n");
	ck_assert_ptr_null(read_minijail(X, text, -1));
	ck_said(0, "error 4097:1: found entry number 4097 of the policy, expected at most 4096: "
		   "join statements of the same meaning");
}
END_TEST

static bool is_likely(const char *text)
{
	const struct source source = { "x", text, strlen(text), -1 };

	return format_minijail.is_likely(&source);
}

/* One statement of more words than are kept. */
START_TEST(long_statement)
{
	static char text[2 * 70000 + 1];

	for (size_t i = 0; i < 70000; i++)
		memcpy(text + 2 * i, "1 ", 2);
	ck_assert_ptr_null(read_minijail(X, text, -1));
	ck_said(0, "error 1:131073: found word number 65537 of this statement, expected fewer: "
		   "write several statements");
}
END_TEST

START_TEST(likely)
{
	ck_assert(is_likely("# x\n\nread: 1\n"));
	ck_assert(is_likely("@include ./x\n"));
	ck_assert(is_likely("{ read, write }: 1"));
	ck_assert(is_likely("getuid32: 1")); /* of any ABI */
	ck_assert(!is_likely("POLICY a { ALLOW { read } } USE a DEFAULT KILL"));
	ck_assert(!is_likely("{ \"defaultAction\": \"SCMP_ACT_ERRNO\" }"));
	ck_assert(!is_likely("defaultAction: SCMP_ACT_ERRNO"));
	ck_assert(!is_likely(""));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("minijail");
	TCase *tests = tcase_create("reading");

	tcase_add_loop_test(tests, means, 0, sizeof(meanings) / sizeof(meanings[0]));
	tcase_add_test(tests, other_abis);
	tcase_add_loop_test(tests, refuses, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(tests, warns, 0, sizeof(warned) / sizeof(warned[0]));
	tcase_add_test(tests, says_all_errors);
	tcase_add_test(tests, limits);
	tcase_add_test(tests, long_statement);
	tcase_add_test(tests, likely);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
