/* SPDX-License-Identifier: MIT */
#include "minijail_expression.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void expression_free(struct expression *expression)
{
	free(expression->atoms);
	*expression = (struct expression){ 0 };
}

void expression_add(struct expression *expression, bool begins_clause, uint8_t argument,
		    enum minijail_test test, uint64_t value)
{
	if (expression->count == expression->capacity) {
		const size_t capacity = expression->capacity ? 2 * expression->capacity : 16;
		struct minijail_atom *atoms = NULL;

		if (capacity <= EXPRESSION_ATOMS_MAX)
			atoms = realloc(expression->atoms, capacity * sizeof(*atoms));
		if (!atoms) {
			expression->has_failed = true;
			return;
		}
		expression->atoms = atoms;
		expression->capacity = capacity;
	}
	expression->atoms[expression->count++] = (struct minijail_atom){
		argument, begins_clause || expression->count == 0, test, value
	};
}

/* The number of the atoms of the clause that begins there. */
static size_t clause_length(const struct expression *expression, size_t at)
{
	size_t length = 1;

	while (at + length < expression->count && !expression->atoms[at + length].begins_clause)
		length++;
	return length;
}

static void append(struct expression *to, const struct minijail_atom *atoms, size_t count,
		   bool begins_clause)
{
	for (size_t i = 0; i < count && !to->has_failed; i++)
		expression_add(to, i == 0 ? begins_clause : atoms[i].begins_clause,
			       atoms[i].argument, atoms[i].test, atoms[i].value);
}

/* Both: each clause of one with each of the other. Frees b. */
static void both(struct expression *a, struct expression *b)
{
	struct expression result = { .has_failed = a->has_failed || b->has_failed };

	if (b->is_always_true) {
		a->has_failed = result.has_failed;
		expression_free(b);
		return;
	}
	if (a->is_always_true) {
		expression_free(a);
		*a = *b;
		return;
	}
	for (size_t i = 0, length; i < a->count && !result.has_failed; i += length) {
		length = clause_length(a, i);
		for (size_t j = 0, other; j < b->count && !result.has_failed; j += other) {
			other = clause_length(b, j);
			append(&result, &a->atoms[i], length, true);
			append(&result, &b->atoms[j], other, false);
		}
	}
	expression_free(a);
	expression_free(b);
	*a = result;
}

bool expression_of_rule(const struct stile_policy_rule *rule, unsigned int bits,
			struct expression *expression)
{
	*expression = (struct expression){ .is_always_true = true };
	for (size_t i = 0; i < rule->condition_count; i++) {
		struct expression one = { 0 };

		if (!expression_of_condition(&rule->conditions[i], bits, &one)) {
			expression_free(&one);
			return false;
		}
		both(expression, &one);
	}
	return true;
}

void expression_or(struct expression *expression, struct expression *other)
{
	append(expression, other->atoms, other->count, true);
	expression->is_always_true = expression->is_always_true || other->is_always_true;
	expression->has_failed = expression->has_failed || other->has_failed;
	expression_free(other);
}

/*
 * The one atom by which two clauses of the same length differ, if it asks both times for any bit
 * of the same argument; else length.
 */
static size_t only_other_bits(const struct minijail_atom *a, const struct minijail_atom *b,
			      size_t length)
{
	size_t found = length;

	for (size_t i = 0; i < length; i++) {
		if (a[i].argument != b[i].argument || a[i].test != b[i].test)
			return length;
		if (a[i].value == b[i].value)
			continue;
		if (found < length || a[i].test != MINIJAIL_ANY_BIT)
			return length;
		found = i;
	}
	return found;
}

/* Once through; each clause with the one before it. */
static bool shorten_once(struct expression *expression)
{
	struct minijail_atom *atoms = expression->atoms;
	size_t kept = 0, last = 0, last_length = 0; /* of the clause before */
	bool has_changed = false;

	for (size_t i = 0, length; i < expression->count; i += length) {
		size_t other;

		length = clause_length(expression, i);
		other = length == last_length ? only_other_bits(&atoms[last], &atoms[i], length) :
						length;
		if (other < length) {
			atoms[last + other].value |= atoms[i + other].value;
			has_changed = true;
			continue;
		}
		memmove(&atoms[kept], &atoms[i], length * sizeof(*atoms));
		last = kept;
		last_length = length;
		kept += length;
	}
	expression->count = kept;
	return has_changed;
}

void expression_shorten(struct expression *expression)
{
	while (shorten_once(expression))
		;
}

static void print_value(FILE *stream, uint64_t value, unsigned int bits)
{
	const uint64_t inverted = ~value & (UINT64_MAX >> (64 - bits));

	value &= UINT64_MAX >> (64 - bits);
	if (inverted < value)
		(void)fprintf(stream, inverted < 10 ? "~%" PRIu64 : "~0x%" PRIx64, inverted);
	else
		(void)fprintf(stream, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
}

void expression_print(FILE *stream, const struct expression *expression, unsigned int bits)
{
	static const char *const tests[] = { "==", "!=", "<", "<=", ">", ">=", "&", "in" };

	if (expression->is_always_true || expression->count == 0) {
		(void)fputs(expression->is_always_true ? "arg0 >= 0" : "arg0 < 0", stream);
		return;
	}
	for (size_t i = 0; i < expression->count; i++) {
		const struct minijail_atom *atom = &expression->atoms[i];

		if (i > 0)
			(void)fputs(atom->begins_clause ? " || " : " && ", stream);
		(void)fprintf(stream, "arg%u %s ", atom->argument, tests[atom->test]);
		print_value(stream, atom->value, bits);
	}
}
