/* SPDX-License-Identifier: MIT */
#include "word_value.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>

#define VALUES_MAX (UINT32_C(1) << 20)
#define DEPTH_MAX 32 /* operations on one word */

static uint32_t add(struct word_values *values, struct word_value value)
{
	if (values->count == values->capacity) {
		const uint32_t capacity = values->capacity ? 2 * values->capacity : 256;
		struct word_value *more = NULL;

		if (capacity <= VALUES_MAX)
			more = realloc(values->values, capacity * sizeof(*more));
		if (!more) {
			values->error = capacity > VALUES_MAX ? -E2BIG : -ENOMEM;
			return VALUE_ZERO;
		}
		values->values = more;
		values->capacity = capacity;
	}
	values->values[values->count] = value;
	return values->count++;
}

bool word_values_start(struct word_values *values)
{
	for (uint8_t i = 0; i < DATA_WORDS; i++)
		(void)add(values, (struct word_value){ .kind = VALUE_WORD, .word = i });
	(void)word_value_constant(values, 0);
	return !values->error;
}

uint32_t word_value_constant(struct word_values *values, uint32_t constant)
{
	return add(values, (struct word_value){ .kind = VALUE_CONSTANT, .constant = constant });
}

/* As the kernel computes it. */
static uint32_t compute(uint32_t operation, uint32_t a, uint32_t operand)
{
	switch (operation) {
	case BPF_ADD:
		return a + operand;
	case BPF_SUB:
		return a - operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		return a / operand;
	case BPF_AND:
		return a & operand;
	case BPF_OR:
		return a | operand;
	case BPF_XOR:
		return a ^ operand;
	case BPF_LSH:
		return a << (operand & 31);
	case BPF_RSH:
		return a >> (operand & 31);
	default:
		return -a; /* BPF_NEG */
	}
}

static uint32_t add_operation(struct word_values *values, uint32_t operation, uint32_t parent,
			      uint32_t constant, uint32_t where)
{
	struct word_value value = values->values[parent];

	if (value.kind == VALUE_CONSTANT)
		return word_value_constant(values, compute(operation, value.constant, constant));
	if (value.kind == VALUE_UNKNOWN)
		return parent;
	if (value.depth == DEPTH_MAX)
		return add(values, (struct word_value){ VALUE_UNKNOWN, 0, 0, 0, where, 0 });
	if (value.kind == VALUE_OPERATION && operation == BPF_AND && value.operation == BPF_AND) {
		value.constant &= constant;
		return add(values, value);
	}
	return add(values, (struct word_value){ VALUE_OPERATION, value.word, (uint8_t)operation,
						(uint8_t)(value.depth + 1), constant, parent });
}

/* With a constant; in the forms whose preimages are known: no SUB, MUL by odd numbers only. */
static uint32_t with_constant(struct word_values *values, uint32_t operation, uint32_t a,
			      uint32_t constant, uint32_t where)
{
	unsigned int shift;

	switch (operation) {
	case BPF_AND:
		return constant ? add_operation(values, operation, a, constant, where) : VALUE_ZERO;
	case BPF_SUB:
		operation = BPF_ADD;
		constant = -constant;
		break;
	case BPF_MUL:
		if (constant == 0)
			return VALUE_ZERO;
		shift = (unsigned int)__builtin_ctz(constant);
		if (shift)
			a = add_operation(values, BPF_LSH, a, shift, where);
		constant >>= shift;
		if (constant == 1)
			return a;
		break;
	case BPF_LSH:
	case BPF_RSH:
		constant &= 31;
		break;
	default:
		break;
	}
	return add_operation(values, operation, a, constant, where);
}

/* A constant and a value as operands, in this order. */
static uint32_t from_constant(struct word_values *values, uint32_t operation, uint32_t constant,
			      uint32_t operand, uint32_t where)
{
	switch (operation) {
	case BPF_SUB:
		operand = add_operation(values, BPF_NEG, operand, 0, where);
		return with_constant(values, BPF_ADD, operand, constant, where);
	case BPF_ADD:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return with_constant(values, operation, operand, constant, where);
	default: /* divided or shifted by a word */
		if (constant == 0)
			return VALUE_ZERO;
		return add(values, (struct word_value){ VALUE_UNKNOWN, 0, 0, 0, where, 0 });
	}
}

uint32_t word_value_compute(struct word_values *values, uint32_t operation, uint32_t a,
			    uint32_t operand, uint32_t where)
{
	const struct word_value *left = &values->values[a], *right = &values->values[operand];

	if (operation == BPF_NEG)
		return add_operation(values, BPF_NEG, a, 0, where);
	if (right->kind == VALUE_CONSTANT)
		return with_constant(values, operation, a, right->constant, where);
	if (left->kind == VALUE_CONSTANT)
		return from_constant(values, operation, left->constant, operand, where);
	if (word_value_same(values, a, operand)) {
		if (operation == BPF_AND || operation == BPF_OR)
			return a;
		if (operation == BPF_XOR || operation == BPF_SUB)
			return VALUE_ZERO;
		if (operation == BPF_ADD)
			return with_constant(values, BPF_LSH, a, 1, where);
	}
	return add(values, (struct word_value){ VALUE_UNKNOWN, 0, 0, 0, where, 0 });
}

bool word_value_same(const struct word_values *values, uint32_t a, uint32_t b)
{
	for (;;) {
		const struct word_value *x = &values->values[a], *y = &values->values[b];

		if (x->kind == VALUE_UNKNOWN || x->kind != y->kind)
			return false;
		if (x->kind == VALUE_CONSTANT)
			return x->constant == y->constant;
		if (x->kind == VALUE_WORD)
			return x->word == y->word;
		if (x->operation != y->operation || x->constant != y->constant)
			return false;
		a = x->parent;
		b = y->parent;
	}
}

uint32_t word_value_at(const struct word_values *values, uint32_t value, uint32_t word)
{
	const struct word_value *chain[DEPTH_MAX + 1];
	const struct word_value *at = &values->values[value];
	unsigned int depth = 0;

	while (at->kind == VALUE_OPERATION) {
		chain[depth++] = at;
		at = &values->values[at->parent];
	}
	if (at->kind == VALUE_CONSTANT)
		word = at->constant;
	while (depth--)
		word = compute(chain[depth]->operation, word, chain[depth]->constant);
	return word;
}
