/* SPDX-License-Identifier: MIT */
#include "random_program.h"

#include <linux/seccomp.h>
#include <string.h>

static const uint16_t codes_used[] = {
	BPF_LD | BPF_W | BPF_ABS,
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
	/* the source, BPF_K or BPF_X, is drawn */
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
	BPF_JMP | BPF_JEQ,
	BPF_JMP | BPF_JGT,
	BPF_JMP | BPF_JGE,
	BPF_JMP | BPF_JSET,
};

uint32_t random_operand(struct random *r)
{
	const uint32_t edges[] = { 0, 1, 31, 32, 33, 0x7fffffff, 0x80000000, 0xffffffff };

	switch (random_below(r, 4)) {
	case 0:
		return edges[random_below(r, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return (uint32_t)random_word(r);
	default:
		return random_below(r, 40);
	}
}

/* An instruction; mostly right, with `left` behind it. The instruction pointer is not read: nobody
 * here knows it. */
static struct sock_filter draw(struct random *r, unsigned int left)
{
	struct sock_filter i = { .k = random_operand(r) };

	i.code = codes_used[random_below(r, sizeof(codes_used) / sizeof(codes_used[0]))];
	if (BPF_CLASS(i.code) == BPF_ALU || (BPF_CLASS(i.code) == BPF_JMP && i.code != BPF_JMP))
		i.code |= random_below(r, 2) && i.code != (BPF_ALU | BPF_NEG) ? BPF_X : BPF_K;
	if (BPF_CLASS(i.code) == BPF_LD && BPF_MODE(i.code) == BPF_ABS) {
		i.k = random_below(r, 16) * 4;
		i.k += i.k == 8 || i.k == 12 ? 8 : 0;
	} else if (BPF_CLASS(i.code) == BPF_ST || BPF_CLASS(i.code) == BPF_STX ||
		   (BPF_CLASS(i.code) <= BPF_LDX && BPF_MODE(i.code) == BPF_MEM)) {
		i.k = random_below(r, 3);
	} else if (BPF_CLASS(i.code) == BPF_JMP) {
		i.jt = (uint8_t)random_below(r, left);
		i.jf = (uint8_t)random_below(r, left);
		if (i.code == (BPF_JMP | BPF_JA))
			i.k = random_below(r, left);
	} else if (BPF_CLASS(i.code) == BPF_ALU && BPF_SRC(i.code) == BPF_K) {
		if (BPF_OP(i.code) == BPF_LSH || BPF_OP(i.code) == BPF_RSH)
			i.k %= 32;
		i.k += BPF_OP(i.code) == BPF_DIV && i.k == 0;
	}
	return i;
}

size_t random_program(struct random *r, struct sock_filter program[RANDOM_PROGRAM_MAX])
{
	static const struct sock_filter end[] = {
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7ff),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO | 0x800),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const unsigned int body = 1 + random_below(r, RANDOM_PROGRAM_MAX - 3);

	for (unsigned int i = 0; i < body; i++)
		program[i] = draw(r, body - i);
	memcpy(program + body, end, sizeof(end));
	return body + 3;
}
