/* SPDX-License-Identifier: MIT */
/* The interpreter of filters: each instruction's result, and each reason to refuse a program. What
 * is expected here the kernel does too: live_interpreter.c. */
#include <errno.h>
#include <string.h>

#include "backend.h"
#include "interpreter.h"
#include "test_support.h"

#define S(code, k) BPF_STMT((code), (k))
#define J(code, k, jt, jf) BPF_JUMP(BPF_JMP | (code), (k), (jt), (jf))
#define RETURN_A S(BPF_RET | BPF_A, 0)
#define SET_A(k) S(BPF_LD | BPF_IMM, (k))
#define SET_X(k) S(BPF_LDX | BPF_IMM, (k))
#define ALU(code, k) S(BPF_ALU | (code), (k))

static const struct seccomp_data data = {
	.nr = 0x01020304,
	.arch = 0x11121314,
	.instruction_pointer = UINT64_C(0x2122232425262728),
	.args = { UINT64_C(0x3132333435363738), 1, 2, 3, 4, UINT64_C(0x8182838485868788) },
};

#define MOST 8

/* Programs of up to MOST instructions; the rest is zero and not part of it. */
static const struct {
	const char *what;
	size_t count;
	struct sock_filter program[MOST];
	uint32_t answer;
} results[] = {
	{ "ret k", 1, { S(BPF_RET | BPF_K, 0x7fff0000) }, 0x7fff0000 },
	{ "ret a: at first 0", 1, { RETURN_A }, 0 },
	{ "x is 0 at first", 2, { S(BPF_MISC | BPF_TXA, 0), RETURN_A }, 0 },
	{ "nr", 2, { S(BPF_LD | BPF_W | BPF_ABS, 0), RETURN_A }, 0x01020304 },
	{ "arch", 2, { S(BPF_LD | BPF_W | BPF_ABS, 4), RETURN_A }, 0x11121314 },
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	{ "ip low", 2, { S(BPF_LD | BPF_W | BPF_ABS, 8), RETURN_A }, 0x25262728 },
	{ "ip high", 2, { S(BPF_LD | BPF_W | BPF_ABS, 12), RETURN_A }, 0x21222324 },
	{ "first low", 2, { S(BPF_LD | BPF_W | BPF_ABS, 16), RETURN_A }, 0x35363738 },
	{ "last low", 2, { S(BPF_LD | BPF_W | BPF_ABS, 56), RETURN_A }, 0x85868788 },
	{ "last high", 2, { S(BPF_LD | BPF_W | BPF_ABS, 60), RETURN_A }, 0x81828384 },
#endif
	{ "ld len", 2, { S(BPF_LD | BPF_W | BPF_LEN, 0), RETURN_A }, 64 },
	{ "ldx len",
	  3,
	  { S(BPF_LDX | BPF_W | BPF_LEN, 0), S(BPF_MISC | BPF_TXA, 0), RETURN_A },
	  64 },
	{ "tax", 4, { SET_A(5), S(BPF_MISC | BPF_TAX, 0), ALU(BPF_ADD | BPF_X, 0), RETURN_A }, 10 },
	{ "st, ld", 4, { SET_A(5), S(BPF_ST, 15), S(BPF_LD | BPF_MEM, 15), RETURN_A }, 5 },
	{ "stx, ldx",
	  6,
	  { SET_X(7), S(BPF_STX, 0), SET_X(1), S(BPF_LDX | BPF_MEM, 0), S(BPF_MISC | BPF_TXA, 0),
	    RETURN_A },
	  7 },
	{ "add k", 3, { SET_A(0xffffffff), ALU(BPF_ADD | BPF_K, 2), RETURN_A }, 1 },
	{ "sub k", 3, { SET_A(1), ALU(BPF_SUB | BPF_K, 2), RETURN_A }, 0xffffffff },
	{ "mul k", 3, { SET_A(0x10001), ALU(BPF_MUL | BPF_K, 0x10001), RETURN_A }, 0x20001 },
	{ "div k", 3, { SET_A(0xffffffff), ALU(BPF_DIV | BPF_K, 2), RETURN_A }, 0x7fffffff },
	{ "and k", 3, { SET_A(0xff0), ALU(BPF_AND | BPF_K, 0x0ff), RETURN_A }, 0xf0 },
	{ "or k", 3, { SET_A(0xf0), ALU(BPF_OR | BPF_K, 0x0f), RETURN_A }, 0xff },
	{ "xor k", 3, { SET_A(0xff), ALU(BPF_XOR | BPF_K, 0x0f), RETURN_A }, 0xf0 },
	{ "lsh k", 3, { SET_A(3), ALU(BPF_LSH | BPF_K, 31), RETURN_A }, 0x80000000 },
	{ "rsh k", 3, { SET_A(0x80000000), ALU(BPF_RSH | BPF_K, 31), RETURN_A }, 1 },
	{ "neg", 3, { SET_A(1), ALU(BPF_NEG, 0), RETURN_A }, 0xffffffff },
	{ "sub x", 4, { SET_A(9), SET_X(4), ALU(BPF_SUB | BPF_X, 1), RETURN_A }, 5 },
	{ "mul x", 4, { SET_A(9), SET_X(4), ALU(BPF_MUL | BPF_X, 1), RETURN_A }, 36 },
	{ "div x", 4, { SET_A(9), SET_X(4), ALU(BPF_DIV | BPF_X, 1), RETURN_A }, 2 },
	{ "div by 0",
	  5,
	  { SET_A(9), SET_X(0), ALU(BPF_DIV | BPF_X, 1), SET_A(7), RETURN_A },
	  SECCOMP_RET_KILL_THREAD },
	{ "and x", 4, { SET_A(9), SET_X(8), ALU(BPF_AND | BPF_X, 1), RETURN_A }, 8 },
	{ "or x", 4, { SET_A(9), SET_X(4), ALU(BPF_OR | BPF_X, 1), RETURN_A }, 13 },
	{ "xor x", 4, { SET_A(9), SET_X(8), ALU(BPF_XOR | BPF_X, 1), RETURN_A }, 1 },
	{ "lsh x", 4, { SET_A(9), SET_X(4), ALU(BPF_LSH | BPF_X, 1), RETURN_A }, 144 },
	{ "lsh x 33", 4, { SET_A(9), SET_X(33), ALU(BPF_LSH | BPF_X, 1), RETURN_A }, 18 },
	{ "rsh x", 4, { SET_A(9), SET_X(1), ALU(BPF_RSH | BPF_X, 1), RETURN_A }, 4 },
	{ "rsh x 32", 4, { SET_A(9), SET_X(32), ALU(BPF_RSH | BPF_X, 1), RETURN_A }, 9 },
	{ "ja", 4, { SET_A(1), S(BPF_JMP | BPF_JA, 1), SET_A(2), RETURN_A }, 1 },
};

START_TEST(instruction)
{
	uint32_t value = 0;

	ck_assert_int_eq(stile_simulate(results[_i].program, results[_i].count, &data, &value), 0);
	ck_assert_msg(value == results[_i].answer, "%s: %#x", results[_i].what, value);
}
END_TEST

/* Conditional jumps with a constant and with X: less, equal, greater; signs do not count. */
START_TEST(jumps)
{
	static const struct {
		uint16_t code;
		bool less, equal, greater;
	} cases[] = {
		{ BPF_JEQ, false, true, false },
		{ BPF_JGT, false, false, true },
		{ BPF_JGE, false, true, true },
	};
	static const uint32_t low = 0x7fffffff, high = 0x80000000;

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned int j = 0; j < 3; j++) {
			const uint32_t a = j == 2 ? high : low, b = j == 0 ? high : low;
			const uint16_t source = i % 2 ? BPF_X : BPF_K;
			const bool expected = j == 0 ? cases[i / 2].less :
					      j == 1 ? cases[i / 2].equal :
						       cases[i / 2].greater;
			const struct sock_filter program[] = {
				SET_A(a),
				SET_X(b),
				J(cases[i / 2].code | source, source == BPF_K ? b : 0, 1, 2),
				S(BPF_RET | BPF_K, 9),
				S(BPF_RET | BPF_K, true),
				S(BPF_RET | BPF_K, false),
			};
			uint32_t value = 9;

			ck_assert_int_eq(stile_simulate(program, 6, &data, &value), 0);
			ck_assert_uint_eq(value, expected);
		}
	}
}
END_TEST

START_TEST(bit_jumps)
{
	for (unsigned int i = 0; i < 4; i++) {
		const uint32_t mask = i & 1 ? 0x10 : 0x06;
		const uint16_t source = i & 2 ? BPF_X : BPF_K;
		const struct sock_filter program[] = {
			SET_A(0x14),
			SET_X(mask),
			J(BPF_JSET | source, mask, 0, 1),
			S(BPF_RET | BPF_K, 1),
			S(BPF_RET | BPF_K, 0),
		};
		struct sock_filter none[5];
		uint32_t value = 9;

		ck_assert_int_eq(stile_simulate(program, 5, &data, &value), 0);
		ck_assert_uint_eq(value, 1);
		memcpy(none, program, sizeof(none));
		none[0].k = 0x08;
		ck_assert_int_eq(stile_simulate(none, 5, &data, &value), 0);
		ck_assert_uint_eq(value, 0);
	}
}
END_TEST

static const char no_instruction[] = "seccomp has no such instruction";
static const char beyond[] = "it jumps beyond the end";
static const char no_scratch[] = "there is no such scratch word";
static const char unset[] = "it reads a scratch word that may not have been set";
static const char no_word[] = "it loads no word of struct seccomp_data";
static const char no_return[] = "the program does not end with a return";

static const struct {
	size_t count;
	struct sock_filter program[MOST];
	size_t where;
	const char *why;
} refused[] = {
	{ 0, { RETURN_A }, 0, "the program is empty" },
	{ 1, { SET_A(1) }, 0, no_return },
	{ 2, { RETURN_A, S(BPF_JMP | BPF_JA, 0) }, 1, beyond },
	{ 2, { S(BPF_JMP | BPF_JA, 1), RETURN_A }, 0, beyond },
	{ 2, { S(BPF_JMP | BPF_JA, 0xffffffff), RETURN_A }, 0, beyond },
	{ 2, { J(BPF_JEQ, 0, 1, 0), RETURN_A }, 0, beyond },
	{ 2, { J(BPF_JEQ, 0, 0, 1), RETURN_A }, 0, beyond },
	{ 2, { S(BPF_LD | BPF_W | BPF_ABS, 64), RETURN_A }, 0, no_word },
	{ 2, { S(BPF_LD | BPF_W | BPF_ABS, 2), RETURN_A }, 0, no_word },
	{ 2, { S(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc), RETURN_A }, 0, no_word },
	{ 2, { S(BPF_LD | BPF_H | BPF_ABS, 0), RETURN_A }, 0, no_instruction },
	{ 2, { S(BPF_LD | BPF_B | BPF_ABS, 0), RETURN_A }, 0, no_instruction },
	{ 2, { S(BPF_LD | BPF_W | BPF_IND, 0), RETURN_A }, 0, no_instruction },
	{ 2, { S(BPF_LDX | BPF_B | BPF_MSH, 0), RETURN_A }, 0, no_instruction },
	{ 2, { ALU(BPF_MOD | BPF_K, 3), RETURN_A }, 0, no_instruction },
	{ 2, { SET_A(0), S(BPF_RET | BPF_X, 0) }, 1, no_instruction },
	{ 2, { ALU(BPF_DIV | BPF_K, 0), RETURN_A }, 0, "it divides by zero" },
	{ 2, { ALU(BPF_LSH | BPF_K, 32), RETURN_A }, 0, "it shifts by more than 31 bits" },
	{ 2, { ALU(BPF_RSH | BPF_K, 32), RETURN_A }, 0, "it shifts by more than 31 bits" },
	{ 2, { S(BPF_ST, 16), RETURN_A }, 0, no_scratch },
	{ 2, { S(BPF_STX, 16), RETURN_A }, 0, no_scratch },
	{ 2, { S(BPF_LD | BPF_MEM, 16), RETURN_A }, 0, no_scratch },
	{ 2, { S(BPF_LDX | BPF_MEM, 16), RETURN_A }, 0, no_scratch },
	{ 3, { S(BPF_ST, 0), S(BPF_LD | BPF_MEM, 1), RETURN_A }, 1, unset },
	{ 4, { J(BPF_JEQ, 0, 0, 1), S(BPF_STX, 3), S(BPF_LDX | BPF_MEM, 3), RETURN_A }, 2, unset },
	{ 4, { S(BPF_JMP | BPF_JA, 1), S(BPF_ST, 3), S(BPF_LD | BPF_MEM, 3), RETURN_A }, 2, unset },
};

START_TEST(refusal)
{
	size_t where = 99;
	const char *why = "";
	uint32_t value = 5;

	ck_assert_int_eq(filter_check(refused[_i].program, refused[_i].count, &where, &why),
			 -EINVAL);
	ck_assert_str_eq(why, refused[_i].why);
	ck_assert_uint_eq(where, refused[_i].where);
	ck_assert_int_eq(stile_simulate(refused[_i].program, refused[_i].count, &data, &value),
			 -EINVAL);
	ck_assert_uint_eq(value, 5);
}
END_TEST

START_TEST(scratch_set_on_both_ways)
{
	static const struct sock_filter program[] = {
		J(BPF_JEQ, 0, 0, 2), S(BPF_ST, 3),	     S(BPF_JMP | BPF_JA, 1),
		S(BPF_STX, 3),	     S(BPF_LD | BPF_MEM, 3), RETURN_A,
	};

	ck_assert_int_eq(filter_check(program, 6, NULL, NULL), 0);
}
END_TEST

/* Behind a jump that nothing enters there is nothing to be missed; behind a return there is. */
START_TEST(scratch_in_unreachable_code)
{
	struct sock_filter program[] = {
		J(BPF_JEQ, 0, 1, 1),
		S(BPF_LD | BPF_MEM, 3),
		RETURN_A,
	};

	ck_assert_int_eq(filter_check(program, 3, NULL, NULL), 0);
	program[0] = (struct sock_filter)RETURN_A;
	ck_assert_int_eq(filter_check(program, 3, NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(longest)
{
	struct sock_filter *program = calloc(4097, sizeof(*program));
	size_t where = 0;
	const char *why = "";
	uint32_t value = 0;

	for (unsigned int i = 0; i < 4096; i++)
		program[i] = (struct sock_filter)ALU(BPF_ADD | BPF_K, 1);
	program[0] = (struct sock_filter)S(BPF_JMP | BPF_JA, 4093);
	program[4095] = program[4096] = (struct sock_filter)RETURN_A;
	ck_assert_int_eq(stile_simulate(program, 4096, &data, &value), 0);
	ck_assert_uint_eq(value, 1);
	ck_assert_int_eq(filter_check(program, 4097, &where, &why), -EINVAL);
	ck_assert_uint_eq(where, 4096);
	ck_assert_str_eq(why, "the program is longer than 4096 instructions");
	program[0].k = 4094;
	ck_assert_int_eq(stile_simulate(program, 4096, &data, &value), 0);
	ck_assert_uint_eq(value, 0);
	program[0].k = 4095;
	ck_assert_int_eq(filter_check(program, 4096, &where, &why), -EINVAL);
	free(program);
}
END_TEST

START_TEST(null_pointers)
{
	static const struct sock_filter program[] = { RETURN_A };
	uint32_t value;

	ck_assert_int_eq(stile_simulate(NULL, 1, &data, &value), -EINVAL);
	ck_assert_int_eq(stile_simulate(program, 1, NULL, &value), -EINVAL);
	ck_assert_int_eq(stile_simulate(program, 1, &data, NULL), -EINVAL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("interpreter");
	TCase *tests = tcase_create("interpreter");

	tcase_add_loop_test(tests, instruction, 0, sizeof(results) / sizeof(results[0]));
	tcase_add_test(tests, jumps);
	tcase_add_test(tests, bit_jumps);
	tcase_add_loop_test(tests, refusal, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tests, scratch_set_on_both_ways);
	tcase_add_test(tests, scratch_in_unreachable_code);
	tcase_add_test(tests, longest);
	tcase_add_test(tests, null_pointers);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
