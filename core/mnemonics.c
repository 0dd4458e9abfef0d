/* SPDX-License-Identifier: MIT */
#include "mnemonics.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>

#define ARITHMETIC(name, operation)                                           \
	{ name, BPF_ALU | (operation) | BPF_K, OPERAND_NUMBER, false, NULL }, \
	{                                                                     \
		name, BPF_ALU | (operation) | BPF_X, OPERAND_X, false, NULL   \
	}
#define QUESTION(name, operation, opposite)                                      \
	{ name, BPF_JMP | (operation) | BPF_K, OPERAND_NUMBER, true, opposite }, \
	{                                                                        \
		name, BPF_JMP | (operation) | BPF_X, OPERAND_X, true, opposite   \
	}

const struct mnemonic mnemonics[] = {
	{ "ld", BPF_LD | BPF_W | BPF_ABS, OPERAND_WORD, false, NULL },
	{ "ld", BPF_LD | BPF_IMM, OPERAND_NUMBER, false, NULL },
	{ "ld", BPF_LD | BPF_W | BPF_LEN, OPERAND_LENGTH, false, NULL },
	{ "ld", BPF_LD | BPF_MEM, OPERAND_SCRATCH, false, NULL },
	{ "ldx", BPF_LDX | BPF_IMM, OPERAND_NUMBER, false, NULL },
	{ "ldx", BPF_LDX | BPF_W | BPF_LEN, OPERAND_LENGTH, false, NULL },
	{ "ldx", BPF_LDX | BPF_MEM, OPERAND_SCRATCH, false, NULL },
	{ "st", BPF_ST, OPERAND_SCRATCH, false, NULL },
	{ "stx", BPF_STX, OPERAND_SCRATCH, false, NULL },
	ARITHMETIC("add", BPF_ADD),
	ARITHMETIC("sub", BPF_SUB),
	ARITHMETIC("mul", BPF_MUL),
	ARITHMETIC("div", BPF_DIV),
	ARITHMETIC("and", BPF_AND),
	ARITHMETIC("or", BPF_OR),
	ARITHMETIC("xor", BPF_XOR),
	ARITHMETIC("lsh", BPF_LSH),
	ARITHMETIC("rsh", BPF_RSH),
	{ "neg", BPF_ALU | BPF_NEG, OPERAND_NONE, false, NULL },
	{ "ja", BPF_JMP | BPF_JA, OPERAND_TARGET, false, NULL },
	QUESTION("jeq", BPF_JEQ, "jne"),
	QUESTION("jgt", BPF_JGT, "jle"),
	QUESTION("jge", BPF_JGE, "jlt"),
	QUESTION("jset", BPF_JSET, NULL),
	{ "ret", BPF_RET | BPF_K, OPERAND_ANSWER, false, NULL },
	{ "ret", BPF_RET | BPF_A, OPERAND_A, false, NULL },
	{ "tax", BPF_MISC | BPF_TAX, OPERAND_NONE, false, NULL },
	{ "txa", BPF_MISC | BPF_TXA, OPERAND_NONE, false, NULL },
};
const size_t mnemonic_count = sizeof(mnemonics) / sizeof(*mnemonics);

const struct mnemonic *mnemonic_of(uint16_t code)
{
	for (size_t i = 0; i < mnemonic_count; i++)
		if (mnemonics[i].code == code)
			return &mnemonics[i];
	return NULL;
}

#define ARGS offsetof(struct seccomp_data, args)

/* The kernel's words are halves of 64-bit fields in the byte order of the host. */
static bool is_high_half(uint32_t offset)
{
	return (offset % 8 != 0) == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

void word_text(char text[WORD_TEXT_MAX], uint32_t offset)
{
	const char *half = is_high_half(offset) ? "hi" : "lo";

	if (offset == offsetof(struct seccomp_data, nr))
		(void)snprintf(text, WORD_TEXT_MAX, "[nr]");
	else if (offset == offsetof(struct seccomp_data, arch))
		(void)snprintf(text, WORD_TEXT_MAX, "[arch]");
	else if (offset < ARGS)
		(void)snprintf(text, WORD_TEXT_MAX, "[ip].%s", half);
	else
		(void)snprintf(text, WORD_TEXT_MAX, "[args[%u]].%s",
			       (unsigned int)(offset - ARGS) / 8 % 6, half);
}

int word_argument(uint32_t offset, bool *is_high)
{
	if (offset < ARGS || offset >= sizeof(struct seccomp_data))
		return -1;
	*is_high = is_high_half(offset);
	return (int)(offset - ARGS) / 8;
}
