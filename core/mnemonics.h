/* SPDX-License-Identifier: MIT */
#ifndef CORE_MNEMONICS_H
#define CORE_MNEMONICS_H

/*
 * Classic BPF's instructions by name, as the assembler reads and the disassembler writes them:
 * one table for both, so that they cannot differ.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum operand {
	OPERAND_NONE,
	OPERAND_NUMBER,	 /* #5, in k */
	OPERAND_X,	 /* x */
	OPERAND_A,	 /* a */
	OPERAND_WORD,	 /* [nr], a word of struct seccomp_data at offset k */
	OPERAND_SCRATCH, /* M[k] */
	OPERAND_LENGTH,	 /* len */
	OPERAND_TARGET,	 /* a label: k instructions further on */
	OPERAND_ANSWER	 /* ERRNO(EPERM), in k */
};

struct mnemonic {
	const char *name;
	uint16_t code;
	uint8_t operand; /* enum operand */
	/* A jump with two targets, and the name of the opposite question, NULL if it has none. */
	bool is_question;
	const char *opposite;
};

extern const struct mnemonic mnemonics[];
extern const size_t mnemonic_count;

/* NULL: seccomp has no such instruction. */
const struct mnemonic *mnemonic_of(uint16_t code);

#define WORD_TEXT_MAX 16

/* "[args[1]].lo" for a word's offset in struct seccomp_data, a multiple of 4 within it. */
void word_text(char text[WORD_TEXT_MAX], uint32_t offset);

/* The argument of which the word at this offset is a half, *is_high: which; -1: it is none. */
int word_argument(uint32_t offset, bool *is_high);

#endif
