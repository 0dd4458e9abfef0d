/* SPDX-License-Identifier: MIT */
/*
 * Two ways that meet at the label "join" with different knowledge: the first is right, the second
 * is not, and nothing of what the first proved may stand for it. And the same where both are right.
 */
#include <linux/audit.h>
#include <string.h>

/* So that it remembers from the first meeting on. Linked in place of the library's own. */
#define ARRIVALS_MIN 1
#define ARRIVALS_IN_VAIN UINT32_MAX
#include "proof_seen.c"

#include "proof_search.h"
#include "test_support.h"

#define LENGTH 24
#define RULES 2

#define LOAD(word) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 * (word))
#define ARGUMENT(n) LOAD(DATA_WORD_LOWER(n))
#define IF(comparison, k, jt, jf) BPF_JUMP(BPF_JMP | (comparison) | BPF_K, (k), (jt), (jf))
#define SKIP(count) BPF_STMT(BPF_JMP | BPF_JA, (count))
#define NUMBER_IN_A(k) BPF_STMT(BPF_LD | BPF_IMM, (k))
#define AND(k) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (k))
#define MINUS(k) BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, (k))
#define RETURN(k) BPF_STMT(BPF_RET | BPF_K, (k))
#define YES RETURN(SECCOMP_RET_ALLOW)
#define NO RETURN(SECCOMP_RET_ERRNO | 1)

#define IS(argument, value)                                  \
	{                                                    \
		argument, 32, STILE_EQUAL, 0, -1, 0, (value) \
	}
#define MASKED(argument, mask, value)                                    \
	{                                                                \
		argument, 32, STILE_MASKED_EQUAL, 0, -1, (mask), (value) \
	}

#define ORDER(argument, comparison, value)                  \
	{                                                   \
		argument, 32, comparison, 0, -1, 0, (value) \
	}

#define EQUAL STILE_VERDICT_EQUAL
#define DIFFERENT STILE_VERDICT_DIFFERENT

/* A policy that allows call 1 where a rule matches, and a filter for the arguments of call 1. */
struct meeting {
	const char *name;
	enum stile_verdict verdict;
	struct {
		uint8_t count;
		struct stile_table_condition conditions[2];
	} rules[RULES];
	struct sock_filter program[LENGTH]; /* up to what is all 0 */
};

static const struct meeting meetings[] = {
	{ "another rule is left",
	  DIFFERENT,
	  { { 2, { MASKED(0, 1, 1), IS(1, 5) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 1), SKIP(0), /* join */ ARGUMENT(1),
	    IF(BPF_JEQ, 5, 0, 1), YES, NO } },
	/* What follows reads no argument, but the rules that are left do. */
	{ "the rules ask more than the filter",
	  DIFFERENT,
	  { { 1, { IS(1, 5) } }, { 1, { IS(1, 6) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 4), ARGUMENT(1), IF(BPF_JGE, 5, 0, 6),
	    IF(BPF_JGT, 6, 5, 0), SKIP(3), ARGUMENT(1), IF(BPF_JGE, 5, 0, 2), IF(BPF_JGT, 7, 1, 0),
	    /* join */ SKIP(1), NO, NUMBER_IN_A(1), YES } },
	{ "the rules ask no more than is known",
	  EQUAL,
	  { { 1, { IS(1, 5) } }, { 1, { IS(1, 6) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 4), ARGUMENT(1), IF(BPF_JGE, 5, 0, 6),
	    IF(BPF_JGT, 6, 5, 0), SKIP(3), ARGUMENT(1), IF(BPF_JGE, 5, 0, 2), IF(BPF_JGT, 6, 1, 0),
	    /* join */ SKIP(1), NO, NUMBER_IN_A(1), YES } },
	/* What follows reads a bit of argument 0, but not that by which the rule is told. */
	{ "a condition holds on one way only",
	  DIFFERENT,
	  { { 2, { MASKED(0, 2, 2), IS(1, 5) } } },
	  { ARGUMENT(2), IF(BPF_JSET, 1, 0, 2), ARGUMENT(0), IF(BPF_JSET, 2, 0, 5),
	    /* join */ ARGUMENT(0), IF(BPF_JSET, 1, 0, 1), NUMBER_IN_A(1), ARGUMENT(1),
	    IF(BPF_JEQ, 5, 1, 0), NO, YES } },
	/* {4} and 8 to 15, and then 5 too: what is in an interval is told by all bits. */
	{ "a value between two intervals",
	  DIFFERENT,
	  { { 1, { ORDER(1, STILE_GREATER_OR_EQUAL, 6) } },
	    { 1, { ORDER(1, STILE_LESS_OR_EQUAL, 4) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 5), ARGUMENT(1), IF(BPF_JGE, 4, 0, 8),
	    IF(BPF_JGT, 15, 7, 0), MINUS(5), IF(BPF_JGT, 2, 7, 5), ARGUMENT(1),
	    IF(BPF_JGE, 4, 0, 3), IF(BPF_JGT, 15, 2, 0), MINUS(6), IF(BPF_JGT, 1, 2, 0),
	    ARGUMENT(1), IF(BPF_JEQ, 5, 2, 1), /* join */ NUMBER_IN_A(1), YES, NO } },
	{ "another value in a register",
	  DIFFERENT,
	  { { 1, { IS(1, 5) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 4), ARGUMENT(1), IF(BPF_JEQ, 5, 0, 6), NUMBER_IN_A(1),
	    SKIP(3), ARGUMENT(1), IF(BPF_JEQ, 5, 0, 2), NUMBER_IN_A(2),
	    /* join */ IF(BPF_JSET, 1, 1, 0), NO, YES } },
	/* Bits 1 and 2 are not both set, as bit 0 is; on the other way it is not. */
	{ "a hole by a bit that is known",
	  DIFFERENT,
	  { { 1, { MASKED(0, 7, 7) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 3), ARGUMENT(0), AND(7), IF(BPF_JEQ, 7, 3, 0),
	    /* join */ ARGUMENT(0), IF(BPF_JSET, 2, 0, 2), IF(BPF_JSET, 4, 0, 1), YES, NO } },
	/* They are not both set, with bit 0 for one reason and without it for the other. */
	{ "two holes that leave no way out",
	  DIFFERENT,
	  { { 2, { MASKED(0, 3, 3), MASKED(2, 1, 1) } },
	    { 2, { MASKED(0, 5, 4), MASKED(2, 1, 1) } } },
	  { ARGUMENT(2), IF(BPF_JSET, 1, 0, 6), ARGUMENT(0), AND(3), IF(BPF_JEQ, 3, 6, 0),
	    ARGUMENT(0), AND(5), IF(BPF_JEQ, 4, 3, 0), /* join */ ARGUMENT(0),
	    IF(BPF_JSET, 2, 0, 2), IF(BPF_JSET, 4, 0, 1), YES, NO } },
	{ "a hole by a bit that is known to be 0",
	  DIFFERENT,
	  { { 1, { MASKED(0, 7, 6) } } },
	  { ARGUMENT(0), AND(1), IF(BPF_JEQ, 0, 0, 3), ARGUMENT(0), AND(7), IF(BPF_JEQ, 6, 3, 0),
	    /* join */ ARGUMENT(0), IF(BPF_JSET, 2, 0, 2), IF(BPF_JSET, 4, 0, 1), YES, NO } },
	/* 0 to 15, where bit 3 leads out of the hole, and 24 to 31, where it does not. */
	{ "a way out of a hole from one of two pieces",
	  DIFFERENT,
	  { { 2, { MASKED(0, 14, 14), MASKED(2, 1, 1) } } },
	  { ARGUMENT(2),
	    IF(BPF_JSET, 1, 0, 8),
	    ARGUMENT(0),
	    IF(BPF_JGT, 31, 14, 0),
	    MINUS(16),
	    IF(BPF_JGT, 7, 0, 12),
	    ARGUMENT(0),
	    AND(14),
	    IF(BPF_JEQ, 14, 7, 0),
	    SKIP(2),
	    ARGUMENT(0),
	    IF(BPF_JSET, 16, 0, 5),
	    /* join */ ARGUMENT(0),
	    IF(BPF_JSET, 2, 0, 3),
	    IF(BPF_JSET, 4, 0, 2),
	    IF(BPF_JSET, 16, 0, 1),
	    YES,
	    NO,
	    ARGUMENT(0),
	    AND(14),
	    IF(BPF_JEQ, 14, 0, 1),
	    YES,
	    NO } },
	/* Of 14 to 17 the hole takes 14 and 15; with bit 1 turned they are no more among these. */
	{ "a way out of a hole and of the interval",
	  DIFFERENT,
	  { { 2, { MASKED(0, 6, 6), MASKED(2, 1, 1) } } },
	  { ARGUMENT(0),
	    IF(BPF_JGE, 14, 0, 11),
	    IF(BPF_JGT, 17, 10, 0),
	    ARGUMENT(2),
	    IF(BPF_JSET, 1, 0, 4),
	    ARGUMENT(0),
	    AND(6),
	    IF(BPF_JEQ, 6, 3, 0),
	    SKIP(0),
	    /* join */ ARGUMENT(0),
	    IF(BPF_JSET, 4, 0, 1),
	    YES,
	    NO,
	    ARGUMENT(2),
	    IF(BPF_JSET, 1, 0, 4),
	    ARGUMENT(0),
	    AND(6),
	    IF(BPF_JEQ, 6, 0, 1),
	    YES,
	    NO } },
	{ "a word in a register",
	  DIFFERENT,
	  { { 2, { MASKED(0, 1, 1), MASKED(2, 1, 1) } } },
	  { ARGUMENT(2), IF(BPF_JSET, 1, 0, 3), ARGUMENT(0), IF(BPF_JSET, 1, 3, 0), SKIP(1),
	    ARGUMENT(0), /* join */ IF(BPF_JSET, 1, 0, 1), YES, NO } },
	{ "an interval that begins as one of bits does",
	  DIFFERENT,
	  { { 2, { ORDER(0, STILE_GREATER_OR_EQUAL, 6), MASKED(2, 1, 1) } } },
	  { ARGUMENT(2), IF(BPF_JSET, 1, 0, 3), ARGUMENT(0), IF(BPF_JGT, 5, 5, 0), SKIP(2),
	    ARGUMENT(0), IF(BPF_JGT, 7, 3, 0), /* join */ ARGUMENT(0), IF(BPF_JGT, 5, 0, 1), YES,
	    NO } },
	{ "another value in scratch memory",
	  DIFFERENT,
	  { { 1, { IS(1, 5) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 3), NUMBER_IN_A(1), BPF_STMT(BPF_ST, 0), SKIP(2),
	    NUMBER_IN_A(2), BPF_STMT(BPF_ST, 0), /* join */ ARGUMENT(1), IF(BPF_JEQ, 5, 0, 2),
	    BPF_STMT(BPF_LD | BPF_MEM, 0), IF(BPF_JEQ, 1, 1, 0), NO, YES } },
	/* After two words are compared, both ways begin with what was known before. */
	{ "a set that is still needed",
	  DIFFERENT,
	  { { 1, { MASKED(0, 1, 0) } } },
	  { ARGUMENT(0), IF(BPF_JSET, 1, 0, 9), ARGUMENT(1), BPF_STMT(BPF_MISC | BPF_TAX, 0),
	    ARGUMENT(2), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 3), ARGUMENT(0),
	    IF(BPF_JGT, 100, 4, 0), SKIP(3), ARGUMENT(0), IF(BPF_JGT, 100, 0, 1), YES, NO } },
	{ "a hole that no one asks for",
	  EQUAL,
	  { { 1, { MASKED(0, 3, 0) } }, { 2, { MASKED(0, 2, 2), IS(1, 5) } } },
	  { ARGUMENT(0), AND(3), IF(BPF_JEQ, 0, 7, 0), ARGUMENT(2), IF(BPF_JSET, 1, 0, 1),
	    NUMBER_IN_A(1), /* join */ ARGUMENT(0), IF(BPF_JSET, 2, 0, 3), ARGUMENT(1),
	    IF(BPF_JEQ, 5, 0, 1), YES, NO } },
};

static const struct sock_filter prologue[] = {
	LOAD(DATA_WORD_ARCH),
	IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
	NO,
	LOAD(DATA_WORD_NUMBER),
	IF(BPF_JEQ, 1, 1, 0),
	NO,
};

#define PROLOGUE (sizeof(prologue) / sizeof(prologue[0]))

static void check_meeting(const struct meeting *m)
{
	static const struct stile_action refusal = { STILE_ACTION_ERRNO, 1 };
	struct rule rules[RULES] = { 0 };
	struct decision decision = { .number = 1, .rest = refusal };
	struct policy policy = { .abis = { { STILE_ABI_X86_64, 1, &decision } },
				 .abi_count = 1,
				 .rules = rules,
				 .default_action = refusal,
				 .foreign_action = refusal,
				 .unknown_action = refusal };
	struct sock_filter program[PROLOGUE + LENGTH];
	struct filter filter = { program, PROLOGUE };
	struct random r = { 1 };
	struct seccomp_data data;
	struct stile_proof proof;
	const char *wrong;

	for (; decision.rule_count < RULES && m->rules[decision.rule_count].count;
	     decision.rule_count++)
		rules[decision.rule_count] =
			(struct rule){ .condition_count = m->rules[decision.rule_count].count,
				       .action = { STILE_ACTION_ALLOW, 0 },
				       .conditions = m->rules[decision.rule_count].conditions };
	policy.rule_count = decision.rule_count;
	memcpy(program, prologue, sizeof(prologue));
	memcpy(program + PROLOGUE, m->program, sizeof(m->program));
	while (filter.count < PROLOGUE + LENGTH &&
	       (program[filter.count].code || program[filter.count].k))
		filter.count++;
	ck_assert_int_eq(filter_prove(&policy, &filter, &proof), 0);
	wrong = refute(&policy, &filter, &proof, &r, 3000, &data);
	if (wrong || proof.verdict != m->verdict)
		ck_abort_msg("%s: verdict %d: %s", m->name, (int)proof.verdict, wrong ? wrong : "");
}

START_TEST(knowledge)
{
	check_meeting(&meetings[_i]);
}
END_TEST

/* All numbers of a set that has a hole are judged, and those in the hole are not. */
START_TEST(number_in_a_hole)
{
	static const struct stile_action refusal = { STILE_ACTION_ERRNO, 1 };
	static const struct sock_filter right[] = {
		LOAD(DATA_WORD_ARCH),
		IF(BPF_JEQ, AUDIT_ARCH_X86_64, 0, 4),
		LOAD(DATA_WORD_NUMBER),
		IF(BPF_JSET, 3, 0, 2),
		IF(BPF_JGT, 2, 1, 0),
		YES,
		NO,
	};
	struct sock_filter program[sizeof(right) / sizeof(right[0])];
	struct decision decisions[] = { { .number = 1 }, { .number = 2 } };
	const struct policy policy = { .abis = { { STILE_ABI_X86_64, 2, decisions } },
				       .abi_count = 1,
				       .default_action = refusal,
				       .foreign_action = refusal,
				       .unknown_action = refusal };
	struct filter filter = { program, sizeof(right) / sizeof(right[0]) };
	struct stile_proof proof;

	memcpy(program, right, sizeof(right));
	ck_assert_int_eq(filter_prove(&policy, &filter, &proof), 0);
	ck_assert_int_eq(proof.verdict, EQUAL);
	program[4].k = 3;
	ck_assert_int_eq(filter_prove(&policy, &filter, &proof), 0);
	ck_assert_int_eq(proof.verdict, DIFFERENT);
	ck_assert_int_eq(proof.witness.nr, 3);
}
END_TEST

/* Two calls that get other answers, with and without rules of which none is left. */
START_TEST(two_calls)
{
	static const struct stile_action refusal = { STILE_ACTION_ERRNO, 1 };
	static const struct stile_table_condition condition = IS(0, 5);
	struct sock_filter program[] = {
		LOAD(DATA_WORD_ARCH),
		IF(BPF_JEQ, AUDIT_ARCH_X86_64, 0, 10),
		LOAD(DATA_WORD_NUMBER),
		IF(BPF_JEQ, 1, 0, 2),
		ARGUMENT(0),
		IF(BPF_JEQ, 5, 6, 3),
		IF(BPF_JEQ, 2, 0, 5),
		ARGUMENT(0),
		IF(BPF_JEQ, 5, 3, 0),
		/* join */ NUMBER_IN_A(1),
		NUMBER_IN_A(2),
		YES,
		NO,
	};
	struct rule rule = { .condition_count = 1, .conditions = &condition, .action = refusal };
	struct decision decisions[] = { { .number = 1, .rule_count = 1 },
					{ .number = 2, .rule_count = 1 } };
	const struct policy policy = { .abis = { { STILE_ABI_X86_64, 2, decisions } },
				       .abi_count = 1,
				       .rules = &rule,
				       .rule_count = 1,
				       .default_action = refusal,
				       .foreign_action = refusal,
				       .unknown_action = refusal };
	struct filter filter = { program, sizeof(program) / sizeof(program[0]) };
	struct stile_proof proof;

	if (_i) {
		decisions[0].rule_count = decisions[1].rule_count = 0;
		program[5].jt = program[5].jf;
		program[8].jt = program[8].jf;
	}
	ck_assert_int_eq(filter_prove(&policy, &filter, &proof), 0);
	ck_assert_int_eq(proof.verdict, EQUAL);
	decisions[1].rest = refusal;
	ck_assert_int_eq(filter_prove(&policy, &filter, &proof), 0);
	ck_assert_int_eq(proof.verdict, DIFFERENT);
	decisions[0].rest = refusal;
	decisions[1].rest.kind = STILE_ACTION_ALLOW;
	ck_assert_int_eq(filter_prove(&policy, &filter, &proof), 0);
	ck_assert_int_eq(proof.verdict, DIFFERENT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("proof_meetings");
	TCase *tests = tcase_create("proof_meetings");

	tcase_add_loop_test(tests, knowledge, 0, sizeof(meetings) / sizeof(meetings[0]));
	tcase_add_test(tests, number_in_a_hole);
	tcase_add_loop_test(tests, two_calls, 0, 2);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
