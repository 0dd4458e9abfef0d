/* SPDX-License-Identifier: MIT */
#include "disassemble_flow.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "mnemonics.h"

#define NR offsetof(struct seccomp_data, nr)
#define ARCH offsetof(struct seccomp_data, arch)

const uint32_t flow_arch_values[ARCH_OTHER] = {
	[ARCH_X86_64] = AUDIT_ARCH_X86_64,
	[ARCH_I386] = AUDIT_ARCH_I386,
	[ARCH_AARCH64] = AUDIT_ARCH_AARCH64,
	[ARCH_RISCV64] = AUDIT_ARCH_RISCV64,
};

struct flow_value flow_operand(const struct flow_state *state, const struct sock_filter *i)
{
	if (BPF_SRC(i->code) == BPF_X)
		return state->registers[REGISTER_X];
	return (struct flow_value){ VALUE_NUMBER, 0, i->k };
}

unsigned int flow_targets(const struct sock_filter *i, size_t left, size_t targets[2])
{
	unsigned int count = 0;

	if (BPF_CLASS(i->code) == BPF_RET)
		return 0;
	if (BPF_CLASS(i->code) != BPF_JMP) {
		targets[0] = 0;
		return left > 0;
	}
	if (BPF_OP(i->code) == BPF_JA) {
		targets[0] = i->k;
		return i->k < left;
	}
	if (i->jt < left)
		targets[count++] = i->jt;
	if (i->jf < left)
		targets[count++] = i->jf;
	return count;
}

static bool same_value(struct flow_value a, struct flow_value b)
{
	return a.kind == b.kind && a.offset == b.offset && a.number == b.number;
}

/* Adds the calls of one way to those that came by others. */
static void merge(struct flow_state *into, const struct flow_state *from)
{
	if (!into->is_reached) {
		*into = *from;
		return;
	}
	for (unsigned int i = 0; i < ARCH_COUNT; i++)
		number_set_unite(&into->numbers[i], &from->numbers[i]);
	for (unsigned int i = 0; i < REGISTER_COUNT; i++)
		if (!same_value(into->registers[i], from->registers[i]))
			into->registers[i] = (struct flow_value){ 0 };
	for (unsigned int i = 0; i < 6; i++)
		if (!(from->known & 1u << i) || into->words[i] != from->words[i])
			into->known &= (uint8_t) ~(1u << i);
}

/* A's new value; what cannot be said in words is unknown. */
static struct flow_value compute(struct flow_value a, uint16_t code, struct flow_value operand)
{
	if (BPF_OP(code) != BPF_AND || operand.kind != VALUE_NUMBER || a.kind == VALUE_UNKNOWN)
		return (struct flow_value){ 0 };
	a.number &= operand.number;
	if (a.number == 0)
		a = (struct flow_value){ VALUE_NUMBER, 0, 0 };
	return a;
}

void flow_step(struct flow_state *state, const struct sock_filter *i)
{
	struct flow_value *a = &state->registers[REGISTER_A], *x = &state->registers[REGISTER_X];
	const struct mnemonic *m = mnemonic_of(i->code);
	struct flow_value value = { 0 };
	bool is_scratch = m && m->operand == OPERAND_SCRATCH && i->k < BPF_MEMWORDS;

	if (m && m->operand == OPERAND_WORD)
		value = (struct flow_value){ VALUE_WORD, (uint8_t)i->k, UINT32_MAX };
	else if (m && m->operand == OPERAND_NUMBER)
		value = (struct flow_value){ VALUE_NUMBER, 0, i->k };
	else if (m && m->operand == OPERAND_LENGTH)
		value = (struct flow_value){ VALUE_NUMBER, 0, sizeof(struct seccomp_data) };
	else if (is_scratch)
		value = state->registers[REGISTER_SCRATCH + i->k];
	if (m && m->operand == OPERAND_WORD && (i->k % 4 || i->k >= sizeof(struct seccomp_data)))
		value.kind = VALUE_UNKNOWN;
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
		*a = value;
		break;
	case BPF_LDX:
		*x = value;
		break;
	case BPF_ST:
	case BPF_STX:
		if (is_scratch)
			state->registers[REGISTER_SCRATCH + i->k] = BPF_CLASS(i->code) == BPF_ST ?
									    *a :
									    *x;
		break;
	case BPF_ALU:
		*a = compute(*a, i->code, flow_operand(state, i));
		break;
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX)
			*x = *a;
		else
			*a = *x;
		break;
	default:
		break;
	}
}

/* The numbers for which a comparison under a mask holds; false: too many to say. */
static bool numbers_that(uint16_t operation, uint32_t mask, uint32_t k, struct number_set *set)
{
	const uint32_t bit = X32_SYSCALL_BIT;

	memset(set, 0, sizeof(*set));
	if (operation == BPF_JSET && (mask & k) == 1u << 31) {
		number_set_add(set, 1u << 31, UINT32_MAX);
	} else if ((operation == BPF_JSET && (mask & k) == bit) ||
		   (operation == BPF_JEQ && mask == bit && k == bit)) {
		number_set_add(set, bit, 2 * bit - 1);
		number_set_add(set, 3 * bit, UINT32_MAX);
	} else if (operation == BPF_JEQ && mask == bit && k == 0) {
		number_set_add(set, 0, bit - 1);
		number_set_add(set, 2 * bit, 3 * bit - 1);
	} else if (mask != UINT32_MAX || operation == BPF_JSET) {
		return false;
	} else if (operation == BPF_JEQ) {
		number_set_add(set, k, k);
	} else if (operation == BPF_JGE) {
		number_set_add(set, k, UINT32_MAX);
	} else if (k != UINT32_MAX) {
		number_set_add(set, k + 1, UINT32_MAX);
	}
	return true;
}

static bool holds(uint16_t operation, uint32_t a, uint32_t k)
{
	switch (operation) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	default:
		return (a & k) != 0;
	}
}

static void keep_numbers(struct flow_state *state, uint16_t operation, struct flow_value a,
			 uint32_t k, bool is_true)
{
	struct number_set set;

	if (!numbers_that(operation, a.number, k, &set))
		return;
	if (!is_true)
		number_set_complement(&set);
	for (unsigned int i = 0; i < ARCH_COUNT; i++)
		number_set_intersect(&state->numbers[i], &set);
}

static void keep_architectures(struct flow_state *state, uint16_t operation, struct flow_value a,
			       uint32_t k, bool is_true)
{
	bool is_one_of_ours = false;

	for (unsigned int i = 0; i < ARCH_OTHER; i++) {
		is_one_of_ours |= flow_arch_values[i] == k;
		if (holds(operation, flow_arch_values[i] & a.number, k) != is_true)
			state->numbers[i].count = 0;
	}
	if (operation == BPF_JEQ && a.number == UINT32_MAX && is_one_of_ours && is_true)
		state->numbers[ARCH_OTHER].count = 0;
}

bool flow_keep(struct flow_state *state, const struct sock_filter *i, bool is_true)
{
	const struct flow_value a = state->registers[REGISTER_A], operand = flow_operand(state, i);
	const uint16_t operation = BPF_OP(i->code);
	bool is_high;
	int argument;

	if (a.kind == VALUE_NUMBER && operand.kind == VALUE_NUMBER)
		return holds(operation, a.number, operand.number) == is_true;
	if (a.kind != VALUE_WORD || operand.kind != VALUE_NUMBER)
		return true;
	if (a.offset == NR)
		keep_numbers(state, operation, a, operand.number, is_true);
	else if (a.offset == ARCH)
		keep_architectures(state, operation, a, operand.number, is_true);
	argument = word_argument(a.offset, &is_high);
	if (argument >= 0 && !is_high && operation == BPF_JEQ && is_true &&
	    a.number == UINT32_MAX) {
		state->known |= (uint8_t)(1u << argument);
		state->words[argument] = operand.number;
	}
	for (unsigned int k = 0; k < ARCH_COUNT; k++)
		if (state->numbers[k].count)
			return true;
	return false;
}

static void start(struct flow_state *state)
{
	state->is_reached = true;
	for (unsigned int i = 0; i < ARCH_COUNT; i++)
		number_set_add(&state->numbers[i], 0, UINT32_MAX);
	for (unsigned int i = 0; i < REGISTER_COUNT; i++)
		state->registers[i].kind = VALUE_NUMBER; /* 0: the kernel clears them */
}

struct flow_state *flow_states(const struct sock_filter *instructions, size_t count)
{
	struct flow_state *states = calloc(count ? count : 1, sizeof(*states)), after;

	if (!states)
		return NULL;
	start(&states[0]);
	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *i = &instructions[pc];
		size_t targets[2];
		unsigned int ways = flow_targets(i, count - pc - 1, targets);
		bool is_question = BPF_CLASS(i->code) == BPF_JMP && BPF_OP(i->code) != BPF_JA;

		if (!states[pc].is_reached)
			continue;
		for (unsigned int k = 0; k < ways; k++) {
			after = states[pc];
			if (!is_question)
				flow_step(&after, i);
			/* of a jump with one target outside it is not known which is left */
			if (!is_question || ways < 2 || flow_keep(&after, i, k == 0))
				merge(&states[pc + 1 + targets[k]], &after);
		}
	}
	return states;
}
