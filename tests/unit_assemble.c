/* SPDX-License-Identifier: MIT */
/* Assembly to instructions: what it means, each mistake with its line, and that what is printed is
 * read back to the same bytes, whatever they are. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <string.h>

#include "random_program.h"
#include "test_support.h"

/* Assembles and compares with the instructions of an array. */
#define CHECK_PROGRAM(text, ...)                                                    \
	do {                                                                        \
		const struct sock_filter wanted_[] = { __VA_ARGS__ };               \
		check_program((text), wanted_, sizeof(wanted_) / sizeof(*wanted_)); \
	} while (0)

static void check_program(const char *text, const struct sock_filter *wanted, size_t wanted_count)
{
	struct sock_filter *instructions;
	char message[512];
	size_t count;

	ck_assert_msg(stile_assemble(text, &instructions, &count, message, sizeof(message)) == 0,
		      "%s: %s", text, message);
	ck_assert_str_eq(message, "");
	ck_assert_uint_eq(count, wanted_count);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(memcmp(&instructions[i], &wanted[i], sizeof(*wanted)) == 0,
			      "%s: instruction %zu is %x %u %u %x", text, i, instructions[i].code,
			      instructions[i].jt, instructions[i].jf, instructions[i].k);
	free(instructions);
}

START_TEST(test_operands)
{
	CHECK_PROGRAM("ld [nr]\nld [arch]\nld [ip].lo\nld [args[0]].lo\nld [args[5]].hi\n",
		      { BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 }, { BPF_LD | BPF_W | BPF_ABS, 0, 0, 4 },
		      { BPF_LD | BPF_W | BPF_ABS, 0, 0, 8 }, { BPF_LD | BPF_W | BPF_ABS, 0, 0, 16 },
		      { BPF_LD | BPF_W | BPF_ABS, 0, 0, 60 });
	CHECK_PROGRAM("ld #1\nld len\nld M[15]\nldx 2\nldx len\nldx M[0]\nst M[3]\nstx M[4]",
		      { BPF_LD | BPF_IMM, 0, 0, 1 }, { BPF_LD | BPF_W | BPF_LEN, 0, 0, 0 },
		      { BPF_LD | BPF_MEM, 0, 0, 15 }, { BPF_LDX | BPF_IMM, 0, 0, 2 },
		      { BPF_LDX | BPF_W | BPF_LEN, 0, 0, 0 }, { BPF_LDX | BPF_MEM, 0, 0, 0 },
		      { BPF_ST, 0, 0, 3 }, { BPF_STX, 0, 0, 4 });
	CHECK_PROGRAM("and #0xff\nrsh x\nneg\ntax\ntxa", { BPF_ALU | BPF_AND | BPF_K, 0, 0, 255 },
		      { BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0 }, { BPF_ALU | BPF_NEG, 0, 0, 0 },
		      { BPF_MISC | BPF_TAX, 0, 0, 0 }, { BPF_MISC | BPF_TXA, 0, 0, 0 });
	CHECK_PROGRAM("add #-1\nadd #017\nadd 4294967295", { BPF_ALU | BPF_ADD | BPF_K, 0, 0, ~0u },
		      { BPF_ALU | BPF_ADD | BPF_K, 0, 0, 15 },
		      { BPF_ALU | BPF_ADD | BPF_K, 0, 0, ~0u });
}
END_TEST

START_TEST(test_jumps)
{
	CHECK_PROGRAM("start: jeq #1, end\njeq #1, next, end\njeq x, end, next\n"
		      "jne #1, end\njle #2, end\njlt #3, end\njset #4, end\njne #5, next, end\n"
		      "ja end\nend: ret a",
		      { BPF_JMP | BPF_JEQ | BPF_K, 8, 0, 1 },
		      { BPF_JMP | BPF_JEQ | BPF_K, 0, 7, 1 },
		      { BPF_JMP | BPF_JEQ | BPF_X, 6, 0, 0 },
		      { BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 1 },
		      { BPF_JMP | BPF_JGT | BPF_K, 0, 4, 2 },
		      { BPF_JMP | BPF_JGE | BPF_K, 0, 3, 3 },
		      { BPF_JMP | BPF_JSET | BPF_K, 2, 0, 4 },
		      { BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 5 }, { BPF_JMP | BPF_JA, 0, 0, 0 },
		      { BPF_RET | BPF_A, 0, 0, 0 });
}
END_TEST

START_TEST(test_answers)
{
	CHECK_PROGRAM("ret ALLOW\nret ERRNO(EPERM)\nret ERRNO(4095)\nret TRACE(3)\nret TRAP\n"
		      "ret KILL_PROCESS\nret KILL_THREAD\nret USER_NOTIF\nret LOG\n"
		      "ret #0x12345678\nret ERRNO(EWOULDBLOCK)\nret ALLOW(1)",
		      { BPF_RET, 0, 0, 0x7fff0000 }, { BPF_RET, 0, 0, 0x00050001 },
		      { BPF_RET, 0, 0, 0x00050fff }, { BPF_RET, 0, 0, 0x7ff00003 },
		      { BPF_RET, 0, 0, 0x00030000 }, { BPF_RET, 0, 0, 0x80000000 },
		      { BPF_RET, 0, 0, 0 }, { BPF_RET, 0, 0, 0x7fc00000 },
		      { BPF_RET, 0, 0, 0x7ffc0000 }, { BPF_RET, 0, 0, 0x12345678 },
		      { BPF_RET, 0, 0, 0x0005000b }, { BPF_RET, 0, 0, 0x7fff0001 });
}
END_TEST

START_TEST(test_lines)
{
	CHECK_PROGRAM("; a comment\n\n\t\nk: b:\nc:ret ALLOW;x\r\n", { BPF_RET, 0, 0, 0x7fff0000 });
	CHECK_PROGRAM(".raw 0x15 1 2 0x101\n.raw 65535, 255, 255, 4294967295",
		      { 0x15, 1, 2, 0x101 }, { 0xffff, 255, 255, 0xffffffff });
	CHECK_PROGRAM("ja end\nend: ja x1\nx1: ret a ; no more\n", { BPF_JMP | BPF_JA, 0, 0, 0 },
		      { BPF_JMP | BPF_JA, 0, 0, 0 }, { BPF_RET | BPF_A, 0, 0, 0 });
}
END_TEST

START_TEST(test_names)
{
	CHECK_PROGRAM("jeq #aarch64, next, next\n.abi x86_64\njeq openat, next, next\n"
		      ".abi i386\njeq openat, next, next\n.abi x32\njeq #read, next, next",
		      { BPF_JMP | BPF_JEQ | BPF_K, 0, 0, AUDIT_ARCH_AARCH64 },
		      { BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 257 },
		      { BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 295 },
		      { BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0x40000000 });
}
END_TEST

START_TEST(test_empty)
{
	struct sock_filter *instructions;
	size_t count = 1;

	ck_assert_int_eq(stile_assemble("", &instructions, &count, NULL, 0), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_ptr_nonnull(instructions);
	free(instructions);
	ck_assert_int_eq(stile_assemble(NULL, &instructions, &count, NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_assemble("", NULL, &count, NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_assemble("", &instructions, NULL, NULL, 0), -EINVAL);
}
END_TEST

#define MANY "a234567890123456789012345678901234567890123456789012345678901234"

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "ret ALLOW\nlod [nr]", "line 2: there is no instruction 'lod': did you mean 'ld'?" },
	{ "frobnicate", "line 1: there is no instruction 'frobnicate'" },
	{ "ld", "line 1: 'ld' needs an operand" },
	{ "ld x", "line 1: 'ld' takes no operand like 'x'" },
	{ "tax #1", "line 1: 'tax' takes no operand like '#1'" },
	{ "st #1", "line 1: 'st' takes no operand like '#1'" },
	{ "ret x", "line 1: 'ret' takes no operand like 'x'" },
	{ "ld #1, 2", "line 1: 'ld' has too many operands" },
	{ "jeq #1, a, b, c, d", "line 1: 'jeq' has too many operands" },
	{ "jeq #1", "line 1: 'jeq' needs a label behind what it compares with: jeq #1, LABEL" },
	{ "ld [args[6]].lo", "line 1: '[args[6]].lo' is no word of a call: write [nr], [arch], "
			     "[args[0]].lo to [args[5]].hi, [ip].lo or [ip].hi" },
	{ "ld M[16]", "line 1: 'M[16]' is no scratch word: write M[0] to M[15]" },
	{ "ld M[", "line 1: 'M[' is no scratch word: write M[0] to M[15]" },
	{ "ld M[-1]", "line 1: 'M[-1]' is no scratch word: write M[0] to M[15]" },
	{ "ld #4294967296", "line 1: '#4294967296' is no number of 32 bits" },
	{ "ld #-2147483649", "line 1: '#-2147483649' is no number of 32 bits" },
	{ "ld #99999999999999999999", "line 1: '#99999999999999999999' is no number of 32 bits" },
	{ "ld #1x", "line 1: '#1x' is no number of 32 bits" },
	{ "ja nowhere", "line 1: there is no label 'nowhere'" },
	{ "a1: ja a1", "line 1: the label 'a1' stands before this line: BPF cannot jump back" },
	{ "l: ret a\nm: ret a\nl: ret a", "line 3: the label 'l' stands before: in line 1" },
	{ "1: ret a", "line 1: '1' is no name for a label: letters, digits and _, no digit first, "
		      "and not a, x, len or next" },
	{ "next: ret a", "line 1: 'next' is no name for a label: letters, digits and _, no digit "
			 "first, and not a, x, len or next" },
	{ "b: c: d: e: f: ret a", "line 1: more than 4 labels: write each in a line of its own" },
	{ ": ret a", "line 1: '' is no name for a label: letters, digits and _, no digit first, "
		     "and not a, x, len or next" },
	{ ", ret", "line 1: an instruction is missing before ','" },
	{ "jeq #1,, l", "line 1: an operand is missing before ','" },
	{ "jeq #1, l,", "line 1: an operand is missing behind the last comma" },
	{ "jeq #1 l", "line 1: a comma is missing behind '#1'" },
	{ "ret ALOW", "line 1: 'ALOW' is no answer: did you mean 'ALLOW'?" },
	{ "ret ERRNO(EFOO)", "line 1: 'ERRNO(EFOO)' is no answer: write ALLOW, ERRNO(EPERM), "
			     "KILL_PROCESS, KILL_THREAD, TRAP, TRACE(0), USER_NOTIF, LOG or a "
			     "number" },
	{ "ret TRACE(65536)", "line 1: 'TRACE(65536)' is no answer: write ALLOW, ERRNO(EPERM), "
			      "KILL_PROCESS, KILL_THREAD, TRAP, TRACE(0), USER_NOTIF, LOG or a "
			      "number" },
	{ "ret ALLOW(EPERM", "line 1: 'ALLOW(EPERM' is no answer: write ALLOW, ERRNO(EPERM), "
			     "KILL_PROCESS, KILL_THREAD, TRAP, TRACE(0), USER_NOTIF, LOG or a "
			     "number" },
	{ ".raw 1 2 3", "line 1: '.raw' needs four numbers: code jt jf k" },
	{ ".raw 1 2 3 4 5", "line 1: '.raw' has too many operands" },
	{ ".raw 65536 2 3 4", "line 1: '.raw': '65536' is no number up to 65535" },
	{ ".raw 1 256 3 4", "line 1: '.raw': '256' is no number up to 255" },
	{ ".abi arm", "line 1: '.abi' needs one of x86_64, i386, x32, aarch64, riscv64" },
	{ ".abi", "line 1: '.abi' needs one of x86_64, i386, x32, aarch64, riscv64" },
	{ ".abi x86_64\nld opennat",
	  "line 2: 'opennat' is no number and no syscall: did you mean 'openat'?" },
	{ ".abi aarch64\nld open", "line 2: aarch64 has no syscall 'open'" },
	{ "ld " MANY, "line 1: the word 'a2345678901234567890123456789012...' is too long" },
	{ "ld [nr\x1b[31m", "line 1: '[nr\\x1b[31m' is no word of a call: write [nr], [arch], "
			    "[args[0]].lo to [args[5]].hi, [ip].lo or [ip].hi" },
};

START_TEST(test_mistakes)
{
	struct sock_filter *instructions = NULL;
	char message[512];
	size_t count = 7;

	ck_assert_int_eq(stile_assemble(mistakes[_i].text, &instructions, &count, message,
					sizeof(message)),
			 -EINVAL);
	ck_assert_str_eq(message, mistakes[_i].message);
	ck_assert_ptr_null(instructions);
	ck_assert_uint_eq(count, 7);
}
END_TEST

START_TEST(test_names_need_an_abi)
{
	struct sock_filter *instructions;
	char message[512], wanted[512];
	size_t count;

	(void)snprintf(wanted, sizeof(wanted),
		       "line 1: 'openat' is no number; to write syscalls by name say first whose, "
		       "e.g. '.abi %s'",
		       stile_abi_name(STILE_ABI_NATIVE));
	ck_assert_int_eq(stile_assemble("ld openat", &instructions, &count, message,
					sizeof(message)),
			 -EINVAL);
	ck_assert_str_eq(message, wanted);
}
END_TEST

/* A jump, some instructions, and where it leads. */
static int assemble_distant(unsigned int between, const char *jump, char message[512])
{
	struct sock_filter *instructions;
	char text[4096];
	size_t count, length = (size_t)snprintf(text, sizeof(text), "%s\n", jump);
	int error;

	for (unsigned int i = 0; i < between; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "tax\n");
	(void)snprintf(text + length, sizeof(text) - length, "far: ret a\n");
	error = stile_assemble(text, &instructions, &count, message, 512);
	if (error == 0)
		free(instructions);
	return error;
}

START_TEST(test_distance)
{
	char message[512];

	ck_assert_int_eq(assemble_distant(255, "jeq #1, far", message), 0);
	ck_assert_int_eq(assemble_distant(256, "ja far", message), 0);
	ck_assert_int_eq(assemble_distant(256, "jeq #1, far", message), -EINVAL);
	ck_assert_str_eq(message, "line 1: the label 'far' is 256 instructions away, and this jump "
				  "reaches 255: jump to a 'ja' nearby");
	ck_assert_int_eq(assemble_distant(256, "jne #1, far", message), -EINVAL);
}
END_TEST

START_TEST(test_limit)
{
	const size_t lines = (1u << 17) + 1;
	struct sock_filter *instructions;
	char message[64], *text = malloc(4 * lines + 1);
	size_t count;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < lines; i++)
		memcpy(text + 4 * i, "tax\n", 4);
	text[4 * lines] = '\0';
	ck_assert_int_eq(stile_assemble(text, &instructions, &count, message, sizeof(message)),
			 -EINVAL);
	ck_assert_str_eq(message, "line 131073: more than 131072 instructions");
	text[4 * lines - 4] = '\0';
	ck_assert_int_eq(stile_assemble(text, &instructions, &count, message, sizeof(message)), 0);
	ck_assert_uint_eq(count, 1u << 17);
	free(instructions);
	free(text);
}
END_TEST

/* A message that is too long for its buffer is cut, and ends. */
START_TEST(test_short_message)
{
	struct sock_filter *instructions;
	char message[8] = "xxxxxxx";
	size_t count;

	ck_assert_int_eq(stile_assemble("lod", &instructions, &count, message, sizeof(message)),
			 -EINVAL);
	ck_assert_str_eq(message, "line 1:");
	ck_assert_int_eq(stile_assemble("lod", &instructions, &count, NULL, 0), -EINVAL);
}
END_TEST

static void check_round_trip(const struct sock_filter *program, size_t count, uint64_t round)
{
	struct sock_filter *again;
	char *text = stile_disassemble(program, count, STILE_ABI_X86_64), message[512];
	size_t count_again;

	ck_assert_ptr_nonnull(text);
	for (const char *c = text; *c; c++)
		ck_assert_msg((*c >= ' ' && *c <= '~') || *c == '\n', "round %llu: byte %d",
			      (unsigned long long)round, *c);
	ck_assert_msg(stile_assemble(text, &again, &count_again, message, sizeof(message)) == 0,
		      "round %llu: %s\n%s", (unsigned long long)round, message, text);
	ck_assert_uint_eq(count_again, count);
	ck_assert_msg(memcmp(again, program, count * sizeof(*program)) == 0, "round %llu:\n%s",
		      (unsigned long long)round, text);
	free(again);
	free(text);
}

/* Random programs, with some fields made what they should not be. */
START_TEST(test_round_trip)
{
	const uint64_t seed = random_seed("unit_assemble");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 3000);

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };
		struct sock_filter program[RANDOM_PROGRAM_MAX];
		const size_t count = random_program(&r, program);

		for (uint32_t damage = random_below(&r, 4); damage > 0; damage--) {
			struct sock_filter *i = &program[random_below(&r, (uint32_t)count)];

			switch (random_below(&r, 5)) {
			case 0:
				i->code = (uint16_t)random_word(&r);
				break;
			case 1:
				i->code = (uint16_t)random_below(&r, 256);
				break;
			case 2:
				i->jt = (uint8_t)random_word(&r);
				break;
			case 3:
				i->jf = (uint8_t)random_word(&r);
				break;
			default:
				i->k = (uint32_t)random_word(&r);
				break;
			}
		}
		check_round_trip(program, count, seed + round);
	}
}
END_TEST

/* Each code there is, with operands at their edges. */
START_TEST(test_round_trip_of_each_code)
{
	static const uint32_t operands[] = { 0, 1, 2, 4, 15, 16, 60, 64, 0x7fff0000, 0xffffffff };

	for (uint32_t code = 0; code <= UINT16_MAX; code += code < 0x200 ? 1 : 251)
		for (unsigned int i = 0; i < sizeof(operands) / sizeof(*operands); i++) {
			struct sock_filter program[4] = {
				{ (uint16_t)code, (uint8_t)(i % 4), (uint8_t)(i / 4), operands[i] },
				{ (uint16_t)code, 0, 0, operands[i] },
				{ (uint16_t)code, 0, 1, 0 },
				{ BPF_RET | BPF_K, 0, 0, operands[i] },
			};

			check_round_trip(program, 4, code);
		}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("assemble");
	TCase *tcase = tcase_create("assemble");

	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, test_operands);
	tcase_add_test(tcase, test_jumps);
	tcase_add_test(tcase, test_answers);
	tcase_add_test(tcase, test_lines);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_empty);
	tcase_add_loop_test(tcase, test_mistakes, 0, sizeof(mistakes) / sizeof(*mistakes));
	tcase_add_test(tcase, test_names_need_an_abi);
	tcase_add_test(tcase, test_distance);
	tcase_add_test(tcase, test_limit);
	tcase_add_test(tcase, test_short_message);
	tcase_add_test(tcase, test_round_trip);
	tcase_add_test(tcase, test_round_trip_of_each_code);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
