/* SPDX-License-Identifier: MIT */
#ifndef CORE_DISASSEMBLE_FLOW_H
#define CORE_DISASSEMBLE_FLOW_H

/*
 * Which calls can come to an instruction, and what the registers hold there: for names in
 * text. May think that more calls come than do, never fewer. (The proof knows exactly; here is
 * known what a reader sees at a glance.)
 */

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "number_set.h"

/* The architectures that are told apart; x32 is x86_64 with a bit in its numbers. */
enum flow_arch { ARCH_X86_64, ARCH_I386, ARCH_AARCH64, ARCH_RISCV64, ARCH_OTHER, ARCH_COUNT };

extern const uint32_t flow_arch_values[ARCH_OTHER]; /* AUDIT_ARCH_* */

enum value_kind { VALUE_UNKNOWN, VALUE_NUMBER, VALUE_WORD };

/* What a register holds: a number, or a word of the call under a mask. */
struct flow_value {
	uint8_t kind;
	uint8_t offset;	 /* VALUE_WORD: in struct seccomp_data */
	uint32_t number; /* VALUE_WORD: the mask */
};

enum { REGISTER_A, REGISTER_X, REGISTER_SCRATCH, REGISTER_COUNT = REGISTER_SCRATCH + BPF_MEMWORDS };

struct flow_state {
	bool is_reached;
	struct number_set numbers[ARCH_COUNT];
	struct flow_value registers[REGISTER_COUNT];
	uint8_t known; /* bit i: the lower half of argument i is words[i] */
	uint32_t words[6];
};

/* The state before each instruction. Allocated; NULL: out of memory. Takes any bytes. */
struct flow_state *flow_states(const struct sock_filter *instructions, size_t count);

/* What an instruction that is no jump does to the registers. */
void flow_step(struct flow_state *state, const struct sock_filter *i);

/* Leaves the calls for which the question of a jump has this answer; false: none is left. */
bool flow_keep(struct flow_state *state, const struct sock_filter *i, bool is_true);

/* Where an instruction with `left` behind it goes on, and how many ways: 0, 1 or 2. */
unsigned int flow_targets(const struct sock_filter *i, size_t left, size_t targets[2]);

/* The value that a jump or an arithmetic instruction takes beside A. */
struct flow_value flow_operand(const struct flow_state *state, const struct sock_filter *i);

#endif
