/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_BITS_H
#define FORMATS_KAFEL_BITS_H

/*
 * Values that are made of arguments and numbers with '&' and '|': what each of their 64 bits is,
 * for all that the same bit of the six arguments can be.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kafel_decisions.h"
#include "kafel_tree.h"

struct kafel_bits {
	bool is_number; /* nothing of an argument is left in it */
	uint64_t number;
	bool is_wide;	     /* makes its comparison one of 64 bits, else of 32 */
	uint64_t tables[64]; /* bit n of each: its value where the arguments' bits are n's digits */
};

void kafel_bits_number(struct kafel_bits *bits, uint64_t number);
void kafel_bits_argument(struct kafel_bits *bits, unsigned int argument, bool is_wide);
void kafel_bits_and(struct kafel_bits *left, const struct kafel_bits *right);
void kafel_bits_or(struct kafel_bits *left, const struct kafel_bits *right);

/* A comparison as a list of cases. */
void kafel_bits_compare(enum kafel_operator operation, const struct kafel_bits *left,
			const struct kafel_bits *right, struct kafel_decisions *list);

#endif
