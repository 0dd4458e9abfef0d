/* SPDX-License-Identifier: MIT */
#include "interpreter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <stile/filter.h>

#include "backend.h"
#include "public.h"

#define ERRNO_MAX 4095 /* linux/err.h: MAX_ERRNO */

/* What an instruction does, apart from its operands; the kernel refuses all other codes, BPF_MOD
 * and loads of bytes and halfwords among them. */
enum operation {
	OP_REFUSED,
	OP_LOAD_DATA,
	OP_LOAD, /* into A: BPF_IMM, BPF_LEN, BPF_MEM */
	OP_LOAD_X,
	OP_STORE,
	OP_ALU,
	OP_JUMP_ALWAYS,
	OP_JUMP,
	OP_RETURN,
	OP_MOVE
};

static enum operation operation(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return OP_LOAD_DATA;
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_MEM:
		return OP_LOAD;
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_MEM:
		return OP_LOAD_X;
	case BPF_ST:
	case BPF_STX:
		return OP_STORE;
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
		return OP_ALU;
	case BPF_JMP | BPF_JA:
		return OP_JUMP_ALWAYS;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return OP_JUMP;
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
		return OP_RETURN;
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
		return OP_MOVE;
	default:
		return OP_REFUSED;
	}
}

/* What is wrong with one instruction with `left` instructions behind it; NULL: nothing. */
static const char *instruction_error(const struct sock_filter *i, size_t left)
{
	switch (operation(i->code)) {
	case OP_REFUSED:
		return "seccomp has no such instruction";
	case OP_LOAD_DATA:
		if (i->k % 4 || i->k >= sizeof(struct seccomp_data))
			return "it loads no word of struct seccomp_data";
		return NULL;
	case OP_LOAD:
	case OP_LOAD_X:
		if (BPF_MODE(i->code) == BPF_MEM && i->k >= BPF_MEMWORDS)
			return "there is no such scratch word";
		return NULL;
	case OP_STORE:
		return i->k < BPF_MEMWORDS ? NULL : "there is no such scratch word";
	case OP_ALU:
		if (BPF_SRC(i->code) == BPF_X)
			return NULL;
		if (BPF_OP(i->code) == BPF_DIV && i->k == 0)
			return "it divides by zero";
		if ((BPF_OP(i->code) == BPF_LSH || BPF_OP(i->code) == BPF_RSH) && i->k > 31)
			return "it shifts by more than 31 bits";
		return NULL;
	case OP_JUMP_ALWAYS:
		return i->k < left ? NULL : "it jumps beyond the end";
	case OP_JUMP:
		return i->jt < left && i->jf < left ? NULL : "it jumps beyond the end";
	case OP_RETURN:
	case OP_MOVE:
		break;
	}
	return NULL;
}

/*
 * Finds a load of a scratch word that was not stored on every way to it. The kernel's way of
 * looking counts, not the exact answer: behind a return what was stored before it is still taken
 * for what comes next in the program.
 */
static bool reads_unset_scratch(const struct sock_filter *instructions, size_t count, size_t *where)
{
	/* Per instruction the words that are not set on some jump to it. */
	uint16_t unset[FILTER_INSTRUCTIONS_MAX] = { 0 };
	uint16_t missing = UINT16_MAX;

	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *i = &instructions[pc];

		missing |= unset[pc];
		switch (operation(i->code)) {
		case OP_STORE:
			missing &= (uint16_t) ~(1u << i->k);
			break;
		case OP_LOAD:
		case OP_LOAD_X:
			if (BPF_MODE(i->code) == BPF_MEM && (missing & 1u << i->k)) {
				*where = pc;
				return true;
			}
			break;
		case OP_JUMP_ALWAYS:
			unset[pc + 1 + i->k] |= missing;
			missing = 0;
			break;
		case OP_JUMP:
			unset[pc + 1 + i->jt] |= missing;
			unset[pc + 1 + i->jf] |= missing;
			missing = 0;
			break;
		default:
			break;
		}
	}
	return false;
}

int filter_check(const struct sock_filter *instructions, size_t count, size_t *where,
		 const char **why)
{
	const char *reason = NULL;
	size_t at = 0;

	if (count == 0) {
		reason = "the program is empty";
	} else if (count > FILTER_INSTRUCTIONS_MAX) {
		at = FILTER_INSTRUCTIONS_MAX;
		reason = "the program is longer than 4096 instructions";
	}
	for (size_t pc = 0; !reason && pc < count; pc++) {
		at = pc;
		reason = instruction_error(&instructions[pc], count - pc - 1);
	}
	if (!reason && operation(instructions[count - 1].code) != OP_RETURN)
		reason = "the program does not end with a return";
	if (!reason && reads_unset_scratch(instructions, count, &at))
		reason = "it reads a scratch word that may not have been set";
	if (!reason)
		return 0;
	if (where)
		*where = at;
	if (why)
		*why = reason;
	return -EINVAL;
}

/* A word of the call as the kernel reads it: four bytes of struct seccomp_data in the byte order
 * of the host, so that the offsets are the same as in the kernel. The one place that knows. */
static uint32_t data_word(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

/* False: a division by zero, which ends the program. */
static bool compute(uint16_t code, uint32_t *a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		*a += operand;
		break;
	case BPF_SUB:
		*a -= operand;
		break;
	case BPF_MUL:
		*a *= operand;
		break;
	case BPF_DIV:
		if (operand == 0)
			return false;
		*a /= operand;
		break;
	case BPF_AND:
		*a &= operand;
		break;
	case BPF_OR:
		*a |= operand;
		break;
	case BPF_XOR:
		*a ^= operand;
		break;
	case BPF_LSH: /* a shift by X counts modulo 32 */
		*a <<= operand & 31;
		break;
	case BPF_RSH:
		*a >>= operand & 31;
		break;
	case BPF_NEG:
		*a = -*a;
		break;
	}
	return true;
}

static bool jumps(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default:
		return a & operand;
	}
}

uint32_t filter_run(const struct sock_filter *i, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, scratch[BPF_MEMWORDS] = { 0 }, value;

	/* It ends: there are no jumps back, and the last instruction is a return. */
	for (;; i++) {
		const uint32_t operand = BPF_SRC(i->code) == BPF_X ? x : i->k;

		switch (operation(i->code)) {
		case OP_LOAD_DATA:
			a = data_word(data, i->k);
			break;
		case OP_LOAD:
		case OP_LOAD_X:
			if (BPF_MODE(i->code) == BPF_MEM)
				value = scratch[i->k];
			else if (BPF_MODE(i->code) == BPF_LEN)
				value = sizeof(*data);
			else
				value = i->k;
			*(BPF_CLASS(i->code) == BPF_LD ? &a : &x) = value;
			break;
		case OP_STORE:
			scratch[i->k] = BPF_CLASS(i->code) == BPF_ST ? a : x;
			break;
		case OP_ALU:
			if (!compute(i->code, &a, operand))
				return 0; /* SECCOMP_RET_KILL_THREAD, as eBPF's exit with 0 */
			break;
		case OP_JUMP_ALWAYS:
			i += i->k;
			break;
		case OP_JUMP:
			i += jumps(i->code, a, operand) ? i->jt : i->jf;
			break;
		case OP_MOVE:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		case OP_RETURN:
			return BPF_RVAL(i->code) == BPF_A ? a : i->k;
		case OP_REFUSED:
			return 0; /* not in a checked program */
		}
	}
}

uint32_t effective_answer(uint32_t answer)
{
	const uint32_t data = answer & SECCOMP_RET_DATA;

	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return SECCOMP_RET_ERRNO | (data < ERRNO_MAX ? data : ERRNO_MAX);
	case SECCOMP_RET_TRAP:	/* si_errno */
	case SECCOMP_RET_TRACE: /* PTRACE_GETEVENTMSG */
		return answer;
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_KILL_THREAD:
		return answer & SECCOMP_RET_ACTION_FULL;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

STILE_PUBLIC int stile_simulate(const struct sock_filter *instructions, size_t count,
				const struct seccomp_data *data, uint32_t *answer)
{
	if (!instructions || !data || !answer || filter_check(instructions, count, NULL, NULL) < 0)
		return -EINVAL;
	*answer = filter_run(instructions, data);
	return 0;
}

STILE_PUBLIC int stile_check_filter(const struct sock_filter *instructions, size_t count,
				    size_t *where, const char **why)
{
	static const struct sock_filter none;

	return filter_check(instructions ? instructions : &none, instructions ? count : 0, where,
			    why);
}
