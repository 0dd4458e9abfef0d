/* SPDX-License-Identifier: MIT */
/* Kafel's policies that Kafel refuses: what is said, and where. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "test_support.h"

static struct diagnostics said;

static void ck_refused(const char *text, const char *sentence)
{
	const struct source source = { "test.policy", text, strlen(text), -1 };
	const struct read_options options = { .abi = STILE_ABI_X86_64 };
	char first[600];

	diagnostics_free(&said);
	ck_assert_msg(!format_kafel.read(&source, &options, &said), "taken: %s", text);
	ck_assert(has_errors(&said));
	(void)snprintf(first, sizeof(first), "%u:%u: %s", said.items[0].line, said.items[0].column,
		       said.items[0].text);
	ck_assert_str_eq(first, sentence);
	diagnostics_free(&said);
}

#define STATEMENTS "POLICY, USE, DEFAULT, #define, #include or an action (ALLOW, ERRNO(1), ...)"

START_TEST(syntax)
{
	ck_refused("", "1:1: expected " STATEMENTS ", found the end of the file");
	ck_refused("// nothing", "1:11: expected " STATEMENTS ", found the end of the file");
	ck_refused("ALLOW { read, }", "1:15: expected a system call, found '}'");
	ck_refused("ALLOW { read }\nfoo", "2:1: expected " STATEMENTS ", found 'foo'");
	ck_refused("POLICY USE {}", "1:8: expected a name for the policy, found the keyword 'USE'");
	ck_refused("POLICY a { ALLOW { read }, }",
		   "1:28: expected USE or an action (ALLOW, ERRNO(1), ...), found '}'");
	ck_refused("POLICY a { #define A 1\n }",
		   "1:12: expected USE or an action (ALLOW, ERRNO(1), ...), found '#'");
	ck_refused("ALLOW { read write }",
		   "1:14: expected ',', '}', '(', '{' or ON, found 'write'");
	ck_refused("ALLOW { SYSCALL[read] }", "1:17: expected a number, found 'read'");
	ck_refused("#define A B", "1:11: expected a number as the constant's value, found 'B'");
	ck_refused("# include \"a\"",
		   "1:3: expected 'define' or 'include' behind '#', found 'include'");
}
END_TEST

START_TEST(words)
{
	ck_refused("ALLOW { _llseek }",
		   "1:9: found '_', expected a letter, with which Kafel's names begin");
	ck_refused("ALLOW { read }\r\n",
		   "1:15: found a carriage return, which Kafel does not take, expected lines that "
		   "end with a newline alone");
	ck_refused("ALLOW { SYSCALL[0x12345678901234567] }",
		   "1:17: found '0x12345678901234567', which has more than 64 bits, expected a "
		   "number up to 0xffffffffffffffff");
	ck_refused("ALLOW { SYSCALL[-0] }", "1:17: found '-', expected a number from 1 behind it");
	ck_refused("ALLOW { read } \x1b[1m",
		   "1:16: found '\\x1b', with which nothing begins in Kafel, expected a name, a "
		   "number or one of { } ( ) [ ] , & | ! = < > #: remove it");
	ck_refused("ALLOW { read }\xff",
		   "1:15: found '\\xff', with which nothing begins in Kafel, expected a name, a "
		   "number or one of { } ( ) [ ] , & | ! = < > #: remove it");
	ck_refused("ALLOW { SYSCALL[11111111112222222222333333333344444444445] }",
		   "1:17: found '1111111111222222222233333333334444444444'..., which has more than "
		   "64 bits, expected a number up to 0xffffffffffffffff");
	ck_refused("ALLOW { read aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeee }",
		   "1:14: expected ',', '}', '(', '{' or ON, found "
		   "'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd'...");
	ck_refused("ALLOW { read } /* a *",
		   "1:16: found the end of the file within this comment, expected \"*/\"");
}
END_TEST

START_TEST(values)
{
	ck_refused("ERRNO(65536) { read }",
		   "1:7: found '65536' in ERRNO(...), expected 0 to 65535");
	ck_refused("#define EPERM 1\nERRNO(EPERM) { read }",
		   "2:7: expected a number in ERRNO(...), found 'EPERM': Kafel takes no name "
		   "here");
	ck_refused("#define a 1\n#define a 0x1\n#define a 2",
		   "3:9: found another value for 'a', expected 1, as above: use another name");
	ck_refused("DEFAULT KILL DEFAULT KILL",
		   "1:14: found a second DEFAULT, expected one: remove one of the two");
	ck_refused("POLICY a {} POLICY a {}", "1:20: found a second policy 'a', expected another "
					      "name than that of the one at test.policy:1");
	ck_refused("POLICY a { USE a }",
		   "1:16: found 'a', expected the name of a policy that is defined above, of which "
		   "there is none");
	ck_refused("POLICY a {} POLICY bc {} USE b",
		   "1:30: found 'b', expected the name of a policy that is defined above: 'a', "
		   "'bc'");
}
END_TEST

START_TEST(calls)
{
	ck_refused("ALLOW { raed }",
		   "1:9: found 'raed', expected a system call that Kafel knows, or "
		   "a constant: did you mean 'read'?");
	ck_refused("ALLOW { stat }",
		   "1:9: found 'stat', expected a system call that Kafel knows, or "
		   "a constant: Kafel calls it 'newstat'");
	ck_refused("POLICY a { ALLOW { raed, wriet } } ALLOW { read }",
		   "1:20: found 'raed', expected a system call that Kafel knows, or a constant: "
		   "did you mean 'read'?");
	ck_refused("ALLOW { write(a, a) { a == 1 } }",
		   "1:18: found a second argument 'a', expected a name of its own");
	ck_refused("ALLOW { write(a, b, c, d, e, f, g) }",
		   "1:33: found a seventh argument 'g', expected six at most, as calls have");
	ck_refused("ALLOW { read ON vax }",
		   "1:17: found 'vax', expected an architecture that Kafel knows: x86_64, x86, "
		   "aarch64, riscv64, arm, mips, mips64 or m68k");
	ck_refused("ALLOW { read ON { x86_64, amd64 } }",
		   "1:27: found 'amd64', which stands in this list already, expected each "
		   "architecture once: remove it");
}
END_TEST

START_TEST(conditions)
{
	ck_refused("ALLOW { write { size == 1 } }",
		   "1:17: found 'size', expected an argument or a constant: 'fd', 'buf', "
		   "'count'");
	ck_refused("ALLOW { SYSCALL[1] { fd == 1 } }", "1:22: found 'fd', expected an argument or "
						       "a constant: none is known of this call, "
						       "name them: CALL(first, second)");
	ck_refused("ALLOW { write() { fd == 1 } }", "1:19: found 'fd', expected an argument or a "
						    "constant: none is known of this call, "
						    "name them: CALL(first, second)");
	ck_refused("ALLOW { write { fd } }", "1:20: expected a comparison, found '}'");
	ck_refused("ALLOW { write { fd && fd == 1 } }",
		   "1:17: expected a comparison beside '&&', found a mere value");
	ck_refused("ALLOW { write { (fd == 1) == 1 } }",
		   "1:18: expected a value beside '==', found a condition");
	ck_refused("ALLOW { write { fd == 1 == 1 } }",
		   "1:25: expected an operator, ',' or '}', found '=='");
	ck_refused("ALLOW { write { !fd } }",
		   "1:18: expected a comparison beside '!', found a mere value");
	ck_refused("ALLOW { write { fd == } }",
		   "1:23: expected an argument, a number or '(', found '}'");
}
END_TEST

/* "fd == 1&1&1...": as deep as Kafel takes, and one deeper. */
START_TEST(depth)
{
	char text[1000] = "ALLOW { read { fd == 1";
	const struct source source = { "test.policy", text, 0, -1 };
	const struct read_options options = { .abi = STILE_ABI_X86_64 };
	struct source whole = source;
	struct stile_policy *policy;

	for (unsigned int i = 0; i < 199; i++)
		(void)strcat(text, "&1");
	(void)strcat(text, "}}");
	whole.length = strlen(text);
	policy = format_kafel.read(&whole, &options, &said);
	ck_assert_ptr_nonnull(policy);
	stile_policy_free(policy);
	text[strlen(text) - 2] = '\0';
	(void)strcat(text, "&1}}");
	ck_refused(text, "1:16: found an expression that is more than 200 operators deep, expected "
			 "one that is not, as Kafel takes: write several entries for this call");
	(void)strcpy(text, "ALLOW { read {");
	for (unsigned int i = 0; i < 300; i++)
		(void)strcat(text, i % 2 ? "(" : "!");
	ck_refused(text, "1:215: found '(' or '!' within 200 others, expected at most 200 deep: "
			 "remove those that change nothing");
}
END_TEST

START_TEST(too_much)
{
	char text[4000] = "ALLOW { read { ";

	for (unsigned int i = 0; i < 12; i++)
		(void)sprintf(text + strlen(text), "%s(buf & %u == %u || count & %u == %u)",
			      i ? " && " : "", 1u << i, 1u << i, 1u << i, 1u << i);
	(void)strcat(text, " } }");
	ck_refused(text, "1:9: found a condition that is too much, expected one of at most 2048 "
			 "rules: use fewer '||' within '&&'");
}
END_TEST

START_TEST(no_such_abi)
{
	const struct source source = { "test.policy", "ALLOW { read }", 14, -1 };
	const struct read_options options = { .abi = STILE_ABI_X32 };

	ck_assert_ptr_null(format_kafel.read(&source, &options, &said));
	ck_assert_str_eq(said.items[0].text,
			 "found the ABI x32, expected x86_64, i386, aarch64 or riscv64: Kafel "
			 "makes no filters for others; give --abi");
	diagnostics_free(&said);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kafel_errors");
	TCase *tcase = tcase_create("kafel_errors");

	tcase_add_test(tcase, syntax);
	tcase_add_test(tcase, words);
	tcase_add_test(tcase, values);
	tcase_add_test(tcase, calls);
	tcase_add_test(tcase, conditions);
	tcase_add_test(tcase, depth);
	tcase_add_test(tcase, too_much);
	tcase_add_test(tcase, no_such_abi);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
