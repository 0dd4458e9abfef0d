/* SPDX-License-Identifier: MIT */
#ifndef CORE_WORD_VALUE_H
#define CORE_WORD_VALUE_H

/*
 * What a register or a scratch word of a filter holds, as a function of at most one word of
 * struct seccomp_data, and for which of that word's values a comparison holds.
 */

#include <stdbool.h>
#include <stdint.h>

#include "word_set.h"

/* The words of struct seccomp_data in their order: nr, arch, instruction pointer, arguments. */
#define DATA_WORDS 16
#define DATA_WORD_NUMBER 0
#define DATA_WORD_ARCH 1
#define DATA_WORD_LOWER(argument) (4 + 2 * (argument)) /* little-endian, as all our ABIs */
#define DATA_WORD_UPPER(argument) (5 + 2 * (argument))

enum word_value_kind {
	VALUE_CONSTANT,
	VALUE_WORD,	 /* a word as it is */
	VALUE_OPERATION, /* operation, with a constant, on another value */
	VALUE_UNKNOWN	 /* depends on more than one word */
};

struct word_value {
	uint8_t kind, word, operation, depth;
	uint32_t constant; /* VALUE_UNKNOWN: the instruction that made it */
	uint32_t parent;   /* VALUE_OPERATION */
};

/* Values, known by their index; the first DATA_WORDS are the words, then comes 0. */
struct word_values {
	struct word_value *values; /* allocated */
	uint32_t count, capacity;
	int error; /* -ENOMEM or -E2BIG */
};

#define VALUE_ZERO DATA_WORDS

bool word_values_start(struct word_values *values);

uint32_t word_value_constant(struct word_values *values, uint32_t constant);

/*
 * The value of an arithmetic instruction (BPF_OP() of its code), shifts and divisions by X as the
 * kernel makes them; a divisor that is constant is not 0. where: the instruction's index.
 */
uint32_t word_value_compute(struct word_values *values, uint32_t operation, uint32_t a,
			    uint32_t operand, uint32_t where);

/* Whether two values are the same function of the same word. Unknown ones never are. */
bool word_value_same(const struct word_values *values, uint32_t a, uint32_t b);

/* What a value is if its word is this. Not for unknown ones. */
uint32_t word_value_at(const struct word_values *values, uint32_t value, uint32_t word);

#define WORD_LIST_MAX 256

/* Disjoint pieces, in no pool. */
struct word_list {
	uint32_t count;
	bool is_cut; /* there were more, or they cannot be said in pieces: means nothing */
	struct word_piece pieces[WORD_LIST_MAX];
};

void word_list_add(struct word_list *list, struct word_piece piece);

/* The words that are not in the list's pieces; these must be intervals and ascend. */
void word_list_complement(const struct word_list *list, struct word_list *complement);

/*
 * Turns pieces of a value's results into those of the word that it is made of: exactly the words
 * with such a result, among those that are not over highest. False: not said in pieces.
 */
bool word_value_preimage(const struct word_values *values, uint32_t value, uint32_t highest,
			 struct word_list *list);

#endif
