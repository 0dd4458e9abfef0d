/* SPDX-License-Identifier: MIT */
#include "kernel_cost.h"

#include <stdint.h>

/* Clears A and X, and keeps where struct seccomp_data is. */
#define COST_START 3

static size_t jump_cost(const struct sock_filter *jump)
{
	/* Constants are sign-extended there: one with the top bit set takes a register. */
	const size_t constant = BPF_SRC(jump->code) == BPF_K && jump->k > INT32_MAX ? 1 : 0;

	if (BPF_OP(jump->code) == BPF_JA)
		return 1;
	if (jump->jf == 0)
		return 1 + constant;
	/* turned round, which JSET cannot be */
	if (jump->jt == 0 && BPF_OP(jump->code) != BPF_JSET)
		return 1 + constant;
	return 2 + constant;
}

size_t filter_kernel_cost(const struct filter *filter)
{
	size_t cost = COST_START;

	for (size_t i = 0; i < filter->count; i++) {
		const struct sock_filter *instruction = &filter->instructions[i];

		switch (BPF_CLASS(instruction->code)) {
		case BPF_JMP:
			cost += jump_cost(instruction);
			break;
		case BPF_RET: /* the answer, and the end */
			cost += 2;
			break;
		case BPF_ALU: /* by a register that is 0 it ends */
			cost += instruction->code == (BPF_ALU | BPF_DIV | BPF_X) ? 5 : 1;
			break;
		default:
			cost += 1;
			break;
		}
	}
	return cost;
}
