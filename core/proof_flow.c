/* SPDX-License-Identifier: MIT */
/* Which bits of a call still matter at an instruction. From the end to the start: no jump goes
 * back. */
#include <linux/filter.h>

#include "proof_seen.h"

static void add_flow(struct proof_flow *to, const struct proof_flow *from)
{
	to->a |= from->a;
	to->live |= from->live;
	for (unsigned int i = 0; i < DATA_WORDS; i++)
		to->words[i] |= from->words[i];
}

static void load(const struct sock_filter *i, struct proof_flow *flow)
{
	const bool is_a = BPF_CLASS(i->code) == BPF_LD;
	const bool is_live = is_a ? flow->a != 0 : (flow->live >> LIVE_X & 1) != 0;

	if (BPF_MODE(i->code) == BPF_ABS)
		flow->words[i->k / 4] |= flow->a;
	if (is_a)
		flow->a = 0;
	else
		flow->live &= ~(1u << LIVE_X);
	if (BPF_MODE(i->code) == BPF_MEM && is_live)
		flow->live |= 1u << i->k;
}

/* What an arithmetic instruction's result needs of A, and of X. */
static void compute(const struct sock_filter *i, struct proof_flow *flow)
{
	const bool by_x = BPF_SRC(i->code) == BPF_X && BPF_OP(i->code) != BPF_NEG;

	if (by_x && BPF_OP(i->code) == BPF_DIV)
		flow->live |= 1u << LIVE_X; /* 0 ends the program */
	if (flow->a == 0)
		return;
	if (by_x) {
		flow->live |= 1u << LIVE_X;
		flow->a = UINT32_MAX;
	} else if (BPF_OP(i->code) == BPF_AND) {
		flow->a &= i->k;
	} else if (BPF_OP(i->code) == BPF_OR) {
		flow->a &= ~i->k;
	} else if (BPF_OP(i->code) != BPF_XOR) {
		flow->a = UINT32_MAX;
	}
}

static void jump(const struct sock_filter *i, struct proof_flow *flow)
{
	if (i->jt == i->jf)
		return;
	if (BPF_SRC(i->code) == BPF_X) {
		flow->a = UINT32_MAX;
		flow->live |= 1u << LIVE_X;
	} else {
		flow->a |= BPF_OP(i->code) == BPF_JSET ? i->k : UINT32_MAX;
	}
}

static void step(const struct sock_filter *i, struct proof_flow *flow)
{
	const uint32_t slot = BPF_CLASS(i->code) == BPF_ST || BPF_CLASS(i->code) == BPF_STX ?
				      1u << i->k :
				      0;
	const bool is_live = flow->live & slot;

	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		load(i, flow);
		break;
	case BPF_ST:
	case BPF_STX:
		flow->live &= ~slot;
		if (is_live && BPF_CLASS(i->code) == BPF_ST)
			flow->a = UINT32_MAX;
		else if (is_live)
			flow->live |= 1u << LIVE_X;
		break;
	case BPF_ALU:
		compute(i, flow);
		break;
	case BPF_JMP:
		if (BPF_OP(i->code) != BPF_JA)
			jump(i, flow);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX) {
			if (flow->live >> LIVE_X & 1)
				flow->a = UINT32_MAX;
			flow->live &= ~(1u << LIVE_X);
		} else {
			if (flow->a)
				flow->live |= 1u << LIVE_X;
			flow->a = 0;
		}
		break;
	default: /* BPF_RET */
		flow->a = BPF_RVAL(i->code) == BPF_A ? UINT32_MAX : 0;
	}
}

void proof_flow_make(const struct filter *filter, struct proof_flow *flows)
{
	for (size_t pc = filter->count; pc-- > 0;) {
		const struct sock_filter *i = &filter->instructions[pc];
		struct proof_flow *flow = &flows[pc];

		*flow = (struct proof_flow){ .a = 0 };
		if (BPF_CLASS(i->code) == BPF_JMP && BPF_OP(i->code) == BPF_JA) {
			add_flow(flow, &flows[pc + 1 + i->k]);
		} else if (BPF_CLASS(i->code) == BPF_JMP) {
			add_flow(flow, &flows[pc + 1 + i->jt]);
			add_flow(flow, &flows[pc + 1 + i->jf]);
		} else if (BPF_CLASS(i->code) != BPF_RET) {
			add_flow(flow, &flows[pc + 1]);
		}
		step(i, flow);
	}
}
