/* SPDX-License-Identifier: MIT */
/* The proof on what no compiler of ours writes: all that the kernel takes, verdicts by hand. */
#include <errno.h>
#include <string.h>

#include "proof_search.h"
#include "test_support.h"

#define LENGTH 16
#define NUMBER 7 /* of the call that the policy has conditions on */

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LOWER LOAD(16) /* argument 0 */
#define UPPER LOAD(20)
#define OPERATION(operation, k) BPF_STMT(BPF_ALU | (operation) | BPF_K, (k))
#define BY_X(operation) BPF_STMT(BPF_ALU | (operation) | BPF_X, 0)
#define IF(comparison, k, jt, jf) BPF_JUMP(BPF_JMP | (comparison) | BPF_K, (k), (jt), (jf))
#define IF_X(comparison, jt, jf) BPF_JUMP(BPF_JMP | (comparison) | BPF_X, 0, (jt), (jf))
#define TO_X BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define FROM_X BPF_STMT(BPF_MISC | BPF_TXA, 0)
#define RETURN(k) BPF_STMT(BPF_RET | BPF_K, (k))
#define RETURN_A BPF_STMT(BPF_RET | BPF_A, 0)
#define YES RETURN(SECCOMP_RET_ALLOW)
#define NO RETURN(SECCOMP_RET_ERRNO | 1)

#define CONDITION(bits, is_signed, comparison, mask, value)     \
	{                                                       \
		0, bits, comparison, is_signed, -1, mask, value \
	}
#define LOWER_IS(value) CONDITION(32, 0, STILE_EQUAL, 0, value)
#define MASKED(mask, value) CONDITION(32, 0, STILE_MASKED_EQUAL, mask, value)

/*
 * The policy allows the call where the conditions hold and lets it fail with EPERM elsewhere;
 * without conditions all calls that there are get `rest`.
 */
struct foreign {
	const char *name;
	enum stile_verdict verdict;
	struct stile_table_condition conditions[2];
	unsigned int condition_count;
	struct stile_action rest;
	struct sock_filter program[LENGTH]; /* up to what is all 0 */
};

#define EQUAL STILE_VERDICT_EQUAL
#define DIFFERENT STILE_VERDICT_DIFFERENT
#define UNDECIDED STILE_VERDICT_UNDECIDED
#define ALLOWS                        \
	{                             \
		STILE_ACTION_ALLOW, 0 \
	}
#define FAILS(errno_value)                        \
	{                                         \
		STILE_ACTION_ERRNO, (errno_value) \
	}
#define ALL_KILL                             \
	{                                    \
		STILE_ACTION_KILL_PROCESS, 0 \
	}

static const struct foreign filters[] = {
	{ "plain", EQUAL, { LOWER_IS(5) }, 1, FAILS(1), { LOWER, IF(BPF_JEQ, 5, 0, 1), YES, NO } },
	{ "other value",
	  DIFFERENT,
	  { LOWER_IS(5) },
	  1,
	  FAILS(1),
	  { LOWER, IF(BPF_JEQ, 6, 0, 1), YES, NO } },
	{ "odd product",
	  EQUAL,
	  { LOWER_IS(7) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_MUL, 3), IF(BPF_JEQ, 21, 0, 1), YES, NO } },
	{ "even product",
	  EQUAL,
	  { MASKED(0x7fffffff, 7) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_MUL, 2), IF(BPF_JEQ, 14, 0, 1), YES, NO } },
	{ "even product forgets a bit",
	  DIFFERENT,
	  { LOWER_IS(7) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_MUL, 2), IF(BPF_JEQ, 14, 0, 1), YES, NO } },
	{ "product of a small part",
	  EQUAL,
	  { MASKED(0xc, 0xc) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_AND, 15), OPERATION(BPF_MUL, 100), IF(BPF_JGE, 1200, 0, 1), YES,
	    NO } },
	{ "products that are not followed",
	  UNDECIDED,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOWER, OPERATION(BPF_MUL, 0x10000001), OPERATION(BPF_SUB, 0x12345600),
	    IF(BPF_JGE, 100, 1, 0), NO, YES } },
	{ "quotient",
	  EQUAL,
	  { CONDITION(32, 0, STILE_GREATER_OR_EQUAL, 0, 30), CONDITION(32, 0, STILE_LESS, 0, 40) },
	  2,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_DIV, 10), IF(BPF_JEQ, 3, 0, 1), YES, NO } },
	{ "quotient, one off",
	  DIFFERENT,
	  { CONDITION(32, 0, STILE_GREATER_OR_EQUAL, 0, 30),
	    CONDITION(32, 0, STILE_LESS_OR_EQUAL, 0, 40) },
	  2,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_DIV, 10), IF(BPF_JEQ, 3, 0, 1), YES, NO } },
	{ "division by 0 kills the thread",
	  EQUAL,
	  { CONDITION(64, 0, STILE_LESS, 0, UINT64_C(1) << 32) },
	  1,
	  ALLOWS,
	  { UPPER, TO_X, BPF_STMT(BPF_LD | BPF_IMM, 9), BY_X(BPF_DIV), YES } },
	{ "shift by X",
	  EQUAL,
	  { MASKED(~UINT32_C(1), 6) },
	  1,
	  FAILS(1),
	  { BPF_STMT(BPF_LDX | BPF_IMM, 33), LOWER, BY_X(BPF_RSH), IF(BPF_JEQ, 3, 0, 1), YES,
	    NO } },
	{ "shift to the left",
	  EQUAL,
	  { MASKED(0xff, 0x12) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_LSH, 24), IF(BPF_JEQ, 0x12000000, 0, 1), YES, NO } },
	{ "negative",
	  EQUAL,
	  { CONDITION(32, 0, STILE_NOT_EQUAL, 0, 0), CONDITION(32, 0, STILE_LESS, 0, 16) },
	  2,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_NEG, 0), IF(BPF_JGT, 0xfffffff0, 0, 1), YES, NO } },
	{ "range by one subtraction",
	  EQUAL,
	  { CONDITION(32, 1, STILE_GREATER_OR_EQUAL, 0, 0xfffffffb),
	    CONDITION(32, 1, STILE_LESS_OR_EQUAL, 0, 5) },
	  2,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_SUB, 0xfffffffb), IF(BPF_JGT, 10, 0, 1), NO, YES } },
	{ "signed by a turned bit",
	  EQUAL,
	  { CONDITION(32, 1, STILE_LESS, 0, 5) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_XOR, 0x80000000), IF(BPF_JGE, 0x80000005, 0, 1), NO, YES } },
	{ "signed without it",
	  DIFFERENT,
	  { CONDITION(32, 1, STILE_LESS, 0, 5) },
	  1,
	  FAILS(1),
	  { LOWER, IF(BPF_JGE, 5, 0, 1), NO, YES } },
	{ "16 bits, signed",
	  EQUAL,
	  { CONDITION(16, 1, STILE_GREATER, 0, 0xffff) },
	  1,
	  FAILS(1),
	  { LOWER, IF(BPF_JSET, 0x8000, 0, 1), NO, YES } },
	{ "64 bits, signed",
	  EQUAL,
	  { CONDITION(64, 1, STILE_GREATER, 0, UINT64_MAX - 2) },
	  1,
	  FAILS(1),
	  { UPPER, IF(BPF_JEQ, UINT32_MAX, 2, 0), IF(BPF_JSET, 0x80000000, 0, 4), NO, LOWER,
	    IF(BPF_JGT, UINT32_MAX - 2, 1, 0), NO, YES } },
	{ "64 bits, upper half forgotten",
	  DIFFERENT,
	  { CONDITION(64, 0, STILE_EQUAL, 0, 3) },
	  1,
	  FAILS(1),
	  { LOWER, IF(BPF_JEQ, 3, 0, 1), YES, NO } },
	{ "scratch memory",
	  EQUAL,
	  { MASKED(0x0f, 3) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_AND, 0x0f), BPF_STMT(BPF_ST, 9), UPPER, TO_X,
	    BPF_STMT(BPF_STX, 10), BPF_STMT(BPF_LDX | BPF_MEM, 9), FROM_X, IF(BPF_JEQ, 3, 0, 1),
	    YES, NO } },
	{ "X is a constant",
	  EQUAL,
	  { LOWER_IS(12) },
	  1,
	  FAILS(1),
	  { LOWER, BPF_STMT(BPF_LDX | BPF_IMM, 12), IF_X(BPF_JEQ, 0, 1), YES, NO } },
	{ "A is a constant",
	  EQUAL,
	  { CONDITION(32, 0, STILE_LESS, 0, 12) },
	  1,
	  FAILS(1),
	  { LOWER, TO_X, BPF_STMT(BPF_LD | BPF_IMM, 12), IF_X(BPF_JGT, 0, 1), YES, NO } },
	{ "A is a constant, or equal",
	  DIFFERENT,
	  { CONDITION(32, 0, STILE_LESS, 0, 12) },
	  1,
	  FAILS(1),
	  { LOWER, TO_X, BPF_STMT(BPF_LD | BPF_IMM, 12), IF_X(BPF_JGE, 0, 1), YES, NO } },
	{ "a word and itself",
	  EQUAL,
	  { CONDITION(32, 0, STILE_NOT_EQUAL, 0, 0) },
	  1,
	  FAILS(1),
	  { LOWER, TO_X, IF_X(BPF_JEQ, 0, 3), IF_X(BPF_JGT, 2, 0), IF_X(BPF_JSET, 0, 1), YES,
	    NO } },
	{ "the length",
	  EQUAL,
	  { LOWER_IS(64) },
	  1,
	  FAILS(1),
	  { BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), LOWER, IF_X(BPF_JEQ, 0, 1), YES, NO } },
	{ "the instruction pointer",
	  DIFFERENT,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOAD(8), IF(BPF_JEQ, 0x1234, 0, 1), NO, YES } },
	{ "the instruction pointer for nothing",
	  EQUAL,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOAD(12), IF(BPF_JEQ, 0x1234, 0, 1), YES, YES } },
	{ "two words, rarely equal",
	  UNDECIDED,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOWER, TO_X, UPPER, BY_X(BPF_MUL), IF(BPF_JEQ, 0x12345677, 0, 1), NO, YES } },
	{ "two words, mostly different",
	  DIFFERENT,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOWER, TO_X, UPPER, IF_X(BPF_JEQ, 0, 1), YES, NO } },
	{ "two words for nothing",
	  EQUAL,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOWER, TO_X, UPPER, IF_X(BPF_JEQ, 0, 1), YES, YES } },
	{ "two words, one of them known",
	  EQUAL,
	  { CONDITION(64, 0, STILE_EQUAL, 0, 5) },
	  1,
	  FAILS(1),
	  { UPPER, TO_X, IF(BPF_JEQ, 0, 0, 3), LOWER, IF_X(BPF_JGT, 0, 1), IF(BPF_JEQ, 5, 1, 0), NO,
	    YES } },
	{ "an answer's data that nobody sees",
	  EQUAL,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOWER, OPERATION(BPF_AND, 0xffff), OPERATION(BPF_OR, 0x7fff0000), RETURN_A } },
	{ "an errno of which all are cut",
	  EQUAL,
	  { LOWER_IS(0) },
	  0,
	  FAILS(4095),
	  { LOWER, OPERATION(BPF_AND, 0xffff), OPERATION(BPF_OR, 0x00051000), RETURN_A } },
	{ "an errno that varies",
	  DIFFERENT,
	  { LOWER_IS(0) },
	  0,
	  FAILS(4095),
	  { LOWER, OPERATION(BPF_AND, 0xffff), OPERATION(BPF_OR, 0x00050ff0), RETURN_A } },
	{ "an answer as computed",
	  EQUAL,
	  { MASKED(1, 0) },
	  1,
	  FAILS(1),
	  { LOWER, OPERATION(BPF_AND, 1), OPERATION(BPF_MUL, 0x80060001),
	    OPERATION(BPF_ADD, 0x7fff0000), IF(BPF_JGT, 0x7fff0000, 1, 0), RETURN_A, NO } },
	{ "an answer of two words",
	  DIFFERENT,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOWER, TO_X, UPPER, BY_X(BPF_ADD), RETURN_A } },
	{ "actions that there are not",
	  EQUAL,
	  { LOWER_IS(0) },
	  0,
	  ALL_KILL,
	  { LOWER, IF(BPF_JEQ, 1, 0, 1), RETURN(0x7ffe1234), RETURN(0x80000055) } },
	{ "what is never reached",
	  EQUAL,
	  { LOWER_IS(0) },
	  0,
	  ALLOWS,
	  { LOWER, OPERATION(BPF_AND, 0xf0), IF(BPF_JEQ, 0x11, 0, 3), TO_X, UPPER,
	    IF_X(BPF_JEQ, 0, 0), YES } },
};

struct made {
	struct policy policy;
	struct decision decision;
	struct rule rule;
	struct filter filter;
	struct sock_filter instructions[LENGTH + 5];
};

static void make(const struct foreign *from, struct made *made)
{
	const struct sock_filter head[] = {
		LOAD(4),   IF(BPF_JEQ, audit_arch(STILE_ABI_AARCH64), 0, 2),
		LOAD(0),   IF(BPF_JEQ, NUMBER, 1, 0),
		RETURN(0),
	};
	const size_t length = sizeof(head) / sizeof(head[0]);
	bool divides = false;

	memset(made, 0, sizeof(*made));
	memcpy(made->instructions, head, sizeof(head));
	made->filter.instructions = made->instructions;
	made->filter.count = length;
	for (int i = 0; i < LENGTH && (from->program[i].code || from->program[i].k); i++) {
		made->instructions[made->filter.count++] = from->program[i];
		divides = divides || from->program[i].code == (BPF_ALU | BPF_DIV | BPF_X);
	}
	made->rule = (struct rule){ .condition_count = (uint8_t)from->condition_count,
				    .conditions = from->conditions };
	if (divides)
		made->rule.action.kind = STILE_ACTION_KILL_THREAD;
	made->decision = (struct decision){ .number = NUMBER,
					    .rule_count = from->condition_count ? 1 : 0,
					    .rest = from->rest };
	made->policy = (struct policy){ .abis = { { STILE_ABI_AARCH64, 1, &made->decision } },
					.abi_count = 1,
					.rules = &made->rule,
					.rule_count = 1,
					.foreign_action = { STILE_ACTION_KILL_THREAD, 0 },
					.unknown_action = { STILE_ACTION_KILL_THREAD, 0 } };
}

START_TEST(foreign)
{
	const struct foreign *from = &filters[_i];
	struct random r = { (uint64_t)_i };
	struct seccomp_data data;
	struct stile_proof proof;
	struct made made;
	const char *wrong;

	make(from, &made);
	if (filter_prove(&made.policy, &made.filter, &proof) != 0)
		ck_abort_msg("%s: no filter", from->name);
	ck_assert_msg(proof.verdict == from->verdict, "%s: verdict %d: %s", from->name,
		      (int)proof.verdict, proof.why ? proof.why : "");
	wrong = refute(&made.policy, &made.filter, &proof, &r, 20000, &data);
	ck_assert_msg(!wrong, "%s: %s", from->name, wrong);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("proof_foreign");
	TCase *tests = tcase_create("proof_foreign");

	tcase_add_loop_test(tests, foreign, 0, sizeof(filters) / sizeof(filters[0]));
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
