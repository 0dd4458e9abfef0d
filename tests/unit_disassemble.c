/* SPDX-License-Identifier: MIT */
/* Filters as text: the whole text of a few, and the names that depend on what comes before. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>

#include "test_support.h"

/* What assembly becomes. To be freed. */
static char *disassembled(const char *text, enum stile_abi abi)
{
	struct sock_filter *instructions;
	char message[512], *result;
	size_t count;

	ck_assert_msg(stile_assemble(text, &instructions, &count, message, sizeof(message)) == 0,
		      "%s", message);
	result = stile_disassemble(instructions, count, abi);
	ck_assert_ptr_nonnull(result);
	free(instructions);
	return result;
}

static char *pseudo_code(const char *text, enum stile_abi abi)
{
	struct sock_filter *instructions;
	char message[512], *result;
	size_t count;

	ck_assert_msg(stile_assemble(text, &instructions, &count, message, sizeof(message)) == 0,
		      "%s", message);
	result = stile_pseudo_code(instructions, count, abi);
	free(instructions);
	return result;
}

static void check_text(const char *text, enum stile_abi abi, const char *wanted)
{
	char *got = disassembled(text, abi);

	ck_assert_str_eq(got, wanted);
	free(got);
}

static void check_pseudo_code(const char *text, const char *wanted)
{
	char *got = pseudo_code(text, STILE_ABI_X86_64);

	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, wanted);
	free(got);
}

/* The remark of the last instruction but one (the last is a return). */
static void check_remark(const char *before, const char *line, const char *wanted)
{
	char text[1024], *got, *end;
	size_t length;

	(void)snprintf(text, sizeof(text), "%s%s, end\nret LOG\nend: ret ALLOW\n", before, line);
	got = disassembled(text, STILE_ABI_X86_64);
	length = strlen(got);
	end = strstr(got, "ret  LOG");
	ck_assert_ptr_nonnull(end);
	while (*end != '\n')
		end--;
	*end = '\0';
	ck_assert_uint_gt(length, strlen(wanted));
	ck_assert_msg(strlen(got) >= strlen(wanted) && strcmp(end - strlen(wanted), wanted) == 0 &&
			      end[-(ptrdiff_t)strlen(wanted) - 1] == ' ',
		      "%s is not the remark at the end of\n%s", wanted, got);
	free(got);
}

#define X86_64 "ld [arch]\njne x86_64, end\nld [nr]\n"

static const char example[] = ".abi x86_64\n"
			      "ld [arch]\n"
			      "jne x86_64, kill\n"
			      "ld [nr]\n"
			      "jset #0x40000000, kill\n"
			      "jeq openat, flags\n"
			      "jge fchmodat, no\n"
			      "yes: ret ALLOW\n"
			      "flags: ld [args[2]].lo\n"
			      "and #3\n"
			      "jeq #0, yes1\n"
			      "no: ret ERRNO(EPERM)\n"
			      "yes1: ret ALLOW\n"
			      "kill: ret KILL_PROCESS\n";

START_TEST(test_whole_text)
{
	check_text(example, STILE_ABI_X86_64,
		   "        ld   [arch]                    ;    0\n"
		   "        jne  #0xc000003e, L12          ;    1  arch != x86_64\n"
		   "        ld   [nr]                      ;    2\n"
		   "        jset #0x40000000, L12          ;    3  (nr & 0x40000000) != 0\n"
		   "        jeq  #257, L7                  ;    4  nr == openat\n"
		   "        jge  #268, L10                 ;    5  nr >= 268 /* fchmodat */\n"
		   "        ret  ALLOW                     ;    6  read, write, open, close, stat, "
		   "fstat, lstat, poll and 259 more\n"
		   "L7:     ld   [args[2]].lo              ;    7  openat: flags\n"
		   "        and  #3                        ;    8\n"
		   "        jeq  #0, L11                   ;    9  (flags & O_ACCMODE) == "
		   "O_RDONLY\n"
		   "L10:    ret  ERRNO(EPERM)              ;   10\n"
		   "L11:    ret  ALLOW                     ;   11  openat\n"
		   "L12:    ret  KILL_PROCESS              ;   12\n");
}
END_TEST

START_TEST(test_whole_pseudo_code)
{
	check_pseudo_code(example,
			  "if (arch != x86_64) return KILL_PROCESS;\n"
			  "if ((nr & 0x40000000) != 0) return KILL_PROCESS;\n"
			  "if (nr != openat) {\n"
			  "    if (nr >= 268 /* fchmodat */) return ERRNO(EPERM);\n"
			  "    return ALLOW;  /* read, write, open, close, stat, fstat, lstat, "
			  "poll and 259 more */\n"
			  "}\n"
			  "if ((flags & O_ACCMODE) == O_RDONLY) return ALLOW;\n"
			  "return ERRNO(EPERM);\n");
}
END_TEST

START_TEST(test_registers_in_pseudo_code)
{
	check_pseudo_code("ld [args[0]].lo\nst M[1]\nldx M[1]\nadd #1\nadd x\nneg\nldx len\n"
			  "jgt x, end\nret #0x12345678\nend: ret a\n",
			  "A = args[0].lo;\nM[1] = A;\nX = M[1];\nA += 1;\nA += X;\nA = -A;\n"
			  "X = 64;\nif (A > 64) return A;\nreturn #0x12345678;\n");
}
END_TEST

/* Parts that two ways share have a label; a jump that leads to one adds no line. */
START_TEST(test_shared_parts)
{
	check_pseudo_code("ld [args[0]].lo\njeq #1, both\nld [args[1]].lo\njne #2, end\nja both\n"
			  "both: ld [args[2]].lo\njeq #3, end\nret LOG\nend: ret ALLOW\n",
			  "if (args[0].lo == 1) goto L5;\n"
			  "if (args[1].lo == 2) goto L5;\n"
			  "return ALLOW;\n"
			  "\n"
			  "L5:\n"
			  "if (args[2].lo == 3) return ALLOW;\n"
			  "return LOG;\n");
}
END_TEST

START_TEST(test_pseudo_code_of_what_the_kernel_refuses)
{
	ck_assert_ptr_null(pseudo_code("ld [nr]\n", STILE_ABI_X86_64));
	ck_assert_ptr_null(pseudo_code("", STILE_ABI_X86_64));
	ck_assert_ptr_null(stile_pseudo_code(NULL, 3, STILE_ABI_X86_64));
}
END_TEST

START_TEST(test_empty)
{
	char *text = stile_disassemble(NULL, 0, STILE_ABI_X86_64);

	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/* Instructions that are none, jumps out of the program, something in unused fields. */
START_TEST(test_raw)
{
	check_text(".raw 0x30 0 0 0\n.raw 0x15 9 0 1\n.raw 0x06 1 0 0x7fff0000\n"
		   ".raw 0x07 0 0 5\n.raw 0x1d 0 1 5\n.raw 0x20 0 0 64\nret ALLOW\nret a\n",
		   STILE_ABI_X86_64,
		   "        .raw 0x30 0 0 0x0              ;    0  REFUSED by the kernel: seccomp "
		   "has "
		   "no such instruction\n"
		   "        .raw 0x15 9 0 0x1              ;    1\n"
		   "        .raw 0x06 1 0 0x7fff0000       ;    2  as 'ret  ALLOW'\n"
		   "        .raw 0x07 0 0 0x5              ;    3  as 'tax  '  never reached\n"
		   "        .raw 0x1d 0 1 0x5              ;    4  as 'jne  x, L6'  never reached\n"
		   "        .raw 0x20 0 0 0x40             ;    5  never reached\n"
		   "L6:     ret  ALLOW                     ;    6  never reached\n"
		   "        ret  a                         ;    7  never reached\n");
}
END_TEST

START_TEST(test_answers)
{
	check_text(
		"jeq #1, l1\njeq #2, l2\nret #0x12345678\nl1: ret ERRNO(0)\nl2: ret ERRNO(5000)\n",
		STILE_ABI_COUNT,
		"        jeq  #1, L3                    ;    0  0 == 1\n"
		"        jeq  #2, L4                    ;    1  0 == 2\n"
		"        ret  #0x12345678               ;    2  no action: the process is killed\n"
		"L3:     ret  ERRNO(0)                  ;    3  never reached\n"
		"L4:     ret  ERRNO(5000)               ;    4  never reached\n");
	check_text("ld [nr]\njeq #1, l1\njeq #2, l2\nret TRACE(0)\nl1: ret ERRNO(0)\n"
		   "l2: ret ERRNO(5000)\n",
		   STILE_ABI_COUNT,
		   "        ld   [nr]                      ;    0\n"
		   "        jeq  #1, L4                    ;    1  nr == 1\n"
		   "        jeq  #2, L5                    ;    2  nr == 2\n"
		   "        ret  TRACE(0)                  ;    3\n"
		   "L4:     ret  ERRNO(0)                  ;    4  the call is not made and seems "
		   "to "
		   "succeed\n"
		   "L5:     ret  ERRNO(5000)               ;    5  the errno is 4095\n");
}
END_TEST

START_TEST(test_names_of_numbers)
{
	check_remark("ld [arch]\n", "jeq aarch64", "arch == aarch64");
	check_remark("ld [arch]\n", "jeq #7", "arch == 7");
	check_remark("ld [nr]\n", "jeq #257", "nr == openat"); /* by the ABI that was said */
	check_remark("ld [arch]\njne i386, end\nld [nr]\n", "jeq #295", "nr == openat");
	check_remark("ld [arch]\njne i386, end\nld [nr]\n", "jeq #257", "nr == remap_file_pages");
	check_remark("ld [arch]\njne aarch64, end\nld [nr]\n", "jeq #56", "nr == openat");
	check_remark("ld [arch]\njne riscv64, end\nld [nr]\n", "jgt #56", "nr > 56 /* openat */");
	check_remark(X86_64, "jeq #0x40000101", "nr == x32:openat");
	check_remark(X86_64, "jeq #1000", "nr == 1000");
	check_remark("ld [arch]\njeq x86_64, end\nld [nr]\n", "jeq #257", "nr == 257");
	/* one number, two calls */
	check_remark("ld [arch]\njeq x86_64, next, l2\nja l1\nl2: jne i386, end\nl1: ld [nr]\n",
		     "jeq #257", "nr == 257");
	check_remark("ld [arch]\njeq x86_64, next, l2\nja l1\nl2: jne i386, end\nl1: ld [nr]\n",
		     "jeq #3", "nr == 3");
}
END_TEST

#define OPENAT X86_64 "jne #257, end\n"
#define IOCTL X86_64 "jne #16, end\n"
#define SETSOCKOPT X86_64 "jne #54, end\n"

START_TEST(test_names_of_arguments)
{
	check_remark(OPENAT "ld [args[0]].lo\n", "jeq #0xffffff9c", "dirfd == AT_FDCWD");
	check_remark(OPENAT "ld [args[2]].lo\n", "jeq #0x80241",
		     "flags == O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC");
	check_remark(OPENAT "ld [args[2]].lo\n", "jset #0x240", "(flags & (O_CREAT|O_TRUNC)) != 0");
	check_remark(OPENAT "ld [args[2]].hi\n", "jeq #1", "flags.hi == 1");
	check_remark(OPENAT "ld [args[1]].lo\n", "jeq #0", "pathname.lo == NULL");
	check_remark(OPENAT "ld [args[4]].lo\n", "jeq #0", "args[4].lo == 0");
	check_remark(OPENAT "ld [args[3]].lo\n", "jgt #0777", "mode > 511");
	/* chmod's mode has 16 bits */
	check_remark(OPENAT "ld [args[3]].lo\n", "jeq #0x10001", "mode == 0x10001");
	check_remark(IOCTL "ld [args[1]].lo\n", "jeq #0x5401", "request == TCGETS");
	check_remark(IOCTL "ld [args[1]].lo\n", "jge #0x5401", "request >= 0x5401");
	check_remark(X86_64 "jne #41, end\nld [args[1]].lo\nand #0xfff7f7ff\n", "jeq #1",
		     "(type & ~(SOCK_NONBLOCK|SOCK_CLOEXEC)) == SOCK_STREAM");
}
END_TEST

/* A number means one option for TCP, another for sockets, and nothing where that is not known. */
START_TEST(test_names_of_socket_options)
{
	check_remark(SETSOCKOPT "ld [args[1]].lo\njne #6, end\nld [args[2]].lo\n", "jeq #1",
		     "optname == TCP_NODELAY");
	check_remark(SETSOCKOPT "ld [args[1]].lo\njne #1, end\nld [args[2]].lo\n", "jeq #1",
		     "optname == SO_DEBUG");
	check_remark(SETSOCKOPT "ld [args[2]].lo\n", "jeq #1", "optname == 1");
	check_remark(SETSOCKOPT "ld [args[1]].lo\njeq #6, l1\njne #1, end\nl1: ld [args[2]].lo\n",
		     "jeq #1", "optname == 1");
}
END_TEST

/* Several calls that come to one instruction: what they agree on. */
START_TEST(test_calls_that_agree)
{
	/* pread64 and pwrite64: fd, buf, count, offset */
	check_remark(X86_64 "jeq #17, l1\njne #18, end\nl1: ld [args[0]].lo\n", "jeq #3",
		     "fd == 3");
	/* open(pathname, flags) and read(fd, buf) */
	check_remark(X86_64 "jeq #2, l1\njne #0, end\nl1: ld [args[1]].lo\n", "jeq #3",
		     "args[1].lo == 3");
	/* by both architectures */
	check_remark("ld [arch]\njeq i386, l2\njne x86_64, end\nld [nr]\njeq #257, l1\nja end\n"
		     "l2: ld [nr]\njne #295, end\nl1: ld [args[2]].lo\n",
		     "jeq #2", "flags == O_RDWR");
	/* a number that is no call is among them */
	check_remark(X86_64 "jeq #17, l1\njne #1000, end\nl1: ld [args[0]].lo\n", "jeq #3",
		     "args[0].lo == 3");
}
END_TEST

START_TEST(test_registers)
{
	check_remark("ld [nr]\nst M[2]\nld [arch]\nld M[2]\n", "jeq #257", "nr == openat");
	check_remark("ld [nr]\ntax\nld #5\ntxa\n", "jeq #257", "nr == openat");
	check_remark("ldx #257\nld [nr]\n", "jeq x", "nr == openat");
	check_remark("ldx M[0]\nld [nr]\nst M[0]\nldx M[0]\nld [arch]\n", "jeq x", "arch == nr");
}
END_TEST

/* More instructions than the kernel takes: no names, and the one too many is marked. */
START_TEST(test_too_long)
{
	const size_t count = 4097;
	struct sock_filter *program = calloc(count, sizeof(*program));
	char *text, *mark;

	ck_assert_ptr_nonnull(program);
	for (size_t i = 0; i < count; i++)
		program[i] = (struct sock_filter)BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW);
	text = stile_disassemble(program, count, STILE_ABI_X86_64);
	ck_assert_ptr_nonnull(text);
	mark = strstr(text, "; 4096  REFUSED by the kernel: ");
	ck_assert_ptr_nonnull(mark);
	ck_assert_ptr_null(strstr(text, "never reached"));
	free(text);
	free(program);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("disassemble");
	TCase *tcase = tcase_create("disassemble");

	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, test_whole_text);
	tcase_add_test(tcase, test_whole_pseudo_code);
	tcase_add_test(tcase, test_registers_in_pseudo_code);
	tcase_add_test(tcase, test_shared_parts);
	tcase_add_test(tcase, test_pseudo_code_of_what_the_kernel_refuses);
	tcase_add_test(tcase, test_empty);
	tcase_add_test(tcase, test_raw);
	tcase_add_test(tcase, test_answers);
	tcase_add_test(tcase, test_names_of_numbers);
	tcase_add_test(tcase, test_names_of_arguments);
	tcase_add_test(tcase, test_names_of_socket_options);
	tcase_add_test(tcase, test_calls_that_agree);
	tcase_add_test(tcase, test_registers);
	tcase_add_test(tcase, test_too_long);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
