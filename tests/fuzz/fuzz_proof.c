/* SPDX-License-Identifier: MIT */
/*
 * Any program against a small policy: the proof ends, a witness is one, and calls are tried where
 * it says that there is no difference.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proof_search.h"

#define LENGTH_MAX 64
#define CONDITIONS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes that are left. */
struct input {
	const uint8_t *data;
	size_t size;
};

static uint32_t take(struct input *in, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes-- && in->size) {
		value = value << 8 | *in->data++;
		in->size--;
	}
	return value;
}

/* A number that says something: small, at an edge, one bit, or any. */
static uint32_t take_number(struct input *in)
{
	const uint32_t kind = take(in, 1);

	switch (kind >> 6) {
	case 0:
		return kind & 63;
	case 1:
		return UINT32_MAX - (kind & 63);
	case 2:
		return (UINT32_C(1) << (kind & 31)) - (kind >> 5 & 1);
	default:
		return take(in, 4);
	}
}

struct small_policy {
	struct policy policy;
	struct decision decision;
	struct rule rules[2];
	struct stile_table_condition conditions[2][CONDITIONS_MAX];
};

static struct stile_action take_action(struct input *in)
{
	const uint32_t kind = take(in, 1) % (STILE_ACTION_KILL_PROCESS + 1);

	return (struct stile_action){ kind, kind == STILE_ACTION_ERRNO ? 1 + take(in, 1) % 3 : 0 };
}

static void take_condition(struct input *in, struct stile_table_condition *c)
{
	static const uint8_t widths[] = { 16, 32, 64, 64 };
	const uint32_t shape = take(in, 1);
	uint64_t all;

	c->argument = shape & 1;
	c->bits = widths[shape >> 1 & 3];
	c->comparison = (uint8_t)((shape >> 3) % (STILE_MASKED_EQUAL + 1));
	c->is_signed = shape >> 7;
	c->parameter = -1;
	all = UINT64_MAX >> (64 - c->bits);
	c->value = (take_number(in) | (uint64_t)take_number(in) << 32) & all;
	if (c->comparison == STILE_MASKED_EQUAL) {
		c->mask = (take_number(in) | (uint64_t)take_number(in) << 32) & all;
		c->value &= c->mask;
	}
}

static void take_policy(struct input *in, struct small_policy *p)
{
	const uint32_t shape = take(in, 1);

	memset(p, 0, sizeof(*p));
	p->decision = (struct decision){ .number = (int32_t)(shape >> 4),
					 .rule_count = shape & 1 ? 2 : 1,
					 .rest = take_action(in) };
	for (uint32_t i = 0; i < p->decision.rule_count; i++) {
		p->rules[i] = (struct rule){ .condition_count = 1 + (shape >> 1 & 1),
					     .action = take_action(in),
					     .conditions = p->conditions[i] };
		for (unsigned int j = 0; j < p->rules[i].condition_count; j++)
			take_condition(in, &p->conditions[i][j]);
	}
	p->policy = (struct policy){ .abis = { { STILE_ABI_X86_64, 1, &p->decision } },
				     .abi_count = 1,
				     .rules = p->rules,
				     .rule_count = p->decision.rule_count,
				     .default_action = p->decision.rest,
				     .foreign_action = p->decision.rest,
				     .unknown_action = p->decision.rest };
}

/* The codes that the kernel takes; the last three are to be drawn often. */
static const uint16_t codes[] = {
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_MEM,
	BPF_ST,
	BPF_STX,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
	BPF_JMP | BPF_JA,
	BPF_ALU | BPF_ADD,
	BPF_ALU | BPF_SUB,
	BPF_ALU | BPF_MUL,
	BPF_ALU | BPF_DIV,
	BPF_ALU | BPF_AND,
	BPF_ALU | BPF_OR,
	BPF_ALU | BPF_XOR,
	BPF_ALU | BPF_LSH,
	BPF_ALU | BPF_RSH,
	BPF_ALU | BPF_NEG,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JSET | BPF_X,
	BPF_JMP | BPF_JEQ,
	BPF_JMP | BPF_JGT,
	BPF_JMP | BPF_JGE,
	BPF_JMP | BPF_JSET,
	BPF_RET | BPF_A,
	BPF_RET | BPF_K,
	BPF_LD | BPF_W | BPF_ABS,
};

static size_t take_program(struct input *in, struct sock_filter *program)
{
	const uint32_t last = sizeof(codes) / sizeof(codes[0]) - 1;
	size_t count = 0;

	while (in->size && count < LENGTH_MAX - 1) {
		struct sock_filter *i = &program[count++];
		const uint32_t code = take(in, 1);

		*i = (struct sock_filter){ .code = codes[code > last ? last : code] };
		if (i->code == (BPF_LD | BPF_W | BPF_ABS))
			i->k = code % 16 * 4;
		else if (BPF_CLASS(i->code) == BPF_RET)
			i->k = take(in, 1) << 16 | take(in, 1);
		else
			i->k = take_number(in);
		if (BPF_CLASS(i->code) == BPF_JMP) {
			i->jt = (uint8_t)(take(in, 1) % 16);
			i->jf = i->jt >> 2;
			i->jt &= 3;
		}
	}
	program[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock_filter program[LENGTH_MAX];
	struct filter filter = { program, 0 };
	struct input in = { data, size };
	struct random r = { size };
	struct small_policy p;
	struct seccomp_data call = { .nr = 0 };
	struct stile_proof proof;
	const char *wrong;

	take_policy(&in, &p);
	filter.count = take_program(&in, program);
	if (filter_check(program, filter.count, NULL, NULL) < 0)
		return 0;
	if (filter_prove(&p.policy, &filter, &proof) != 0)
		abort();
	wrong = refute(&p.policy, &filter, &proof, &r, 500, &call);
	if (!wrong)
		return 0;
	fprintf(stderr, "%s: number %d of %#x\n", wrong, call.nr, call.arch);
	abort();
}
