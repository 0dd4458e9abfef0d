/* SPDX-License-Identifier: MIT */
/*
 * Fewer lines that say the same. Two that differ in one bit of one argument are one that leaves
 * this bit out; and a line of what is refused may match more, if all of that is refused so anyway.
 */

#include <string.h>

#include "answers.h"
#include "oci_lines.h"

/* Equality of whole registers stays as it is: easy to read, and without numbers over 2^63-1, which
 * Kubernetes does not take. */
static bool is_whole(const struct oci_comparison *comparison, unsigned int bits)
{
	return comparison->comparison == STILE_EQUAL && bits == 64;
}

/* The bits of an argument that a comparison looks at, and their values; false: it is none of
 * equality. */
static bool as_mask(const struct oci_comparison *comparison, unsigned int bits, uint64_t *mask,
		    uint64_t *value)
{
	*value = comparison->value;
	*mask = comparison->comparison == STILE_EQUAL ? UINT64_MAX >> (64 - bits) :
							comparison->mask;
	return comparison->comparison == STILE_EQUAL ||
	       comparison->comparison == STILE_MASKED_EQUAL;
}

/* The only argument in which two lines differ; OCI_ARGUMENTS: there are more, or none. */
static unsigned int only_difference(const struct oci_line *a, const struct oci_line *b)
{
	unsigned int found = OCI_ARGUMENTS;

	if (a->compared != b->compared || !answers_are_equal(a->action, b->action))
		return OCI_ARGUMENTS;
	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
		if (oci_comparisons_equal(&a->arguments[i], &b->arguments[i]))
			continue;
		if (found != OCI_ARGUMENTS)
			return OCI_ARGUMENTS;
		found = i;
	}
	return found;
}

/* Makes a line of two, in the place of the first. False: they are not one. */
static bool merge(struct oci_line *a, const struct oci_line *b, unsigned int bits)
{
	const unsigned int argument = only_difference(a, b);
	uint64_t mask_a, mask_b, value_a, value_b, bit;
	struct oci_comparison *to;

	if (argument == OCI_ARGUMENTS)
		return false;
	to = &a->arguments[argument];
	if (is_whole(to, bits) || !as_mask(to, bits, &mask_a, &value_a) ||
	    !as_mask(&b->arguments[argument], bits, &mask_b, &value_b) || mask_a != mask_b)
		return false;
	bit = value_a ^ value_b;
	if (bit & (bit - 1))
		return false;
	memset(to, 0, sizeof(*to));
	if (mask_a == bit) { /* it may have any value */
		a->compared &= ~(1u << argument);
		return true;
	}
	to->comparison = STILE_MASKED_EQUAL;
	to->mask = mask_a & ~bit;
	to->value = value_a & ~bit;
	return true;
}

/* The bits of an argument that a line looks at; false: not by equality. */
static bool argument_mask(const struct oci_line *line, unsigned int argument, unsigned int bits,
			  uint64_t *mask, uint64_t *value)
{
	*mask = *value = 0;
	return !(line->compared & 1u << argument) ||
	       as_mask(&line->arguments[argument], bits, mask, value);
}

/* Whether two lines may match the same call. */
static bool may_meet(const struct oci_line *a, const struct oci_line *b, unsigned int bits)
{
	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
		uint64_t mask_a, mask_b, value_a, value_b;

		if (argument_mask(a, i, bits, &mask_a, &value_a) &&
		    argument_mask(b, i, bits, &mask_b, &value_b) &&
		    ((value_a ^ value_b) & mask_a & mask_b))
			return false;
	}
	return true;
}

static bool meets_others(const struct oci_lines *lines, const struct oci_line *line,
			 unsigned int bits)
{
	for (size_t i = 0; i < lines->count; i++)
		if (!answers_are_equal(lines->items[i].action, line->action) &&
		    may_meet(&lines->items[i], line, bits))
			return true;
	return false;
}

static void set_mask(struct oci_line *line, unsigned int argument, unsigned int bits, uint64_t mask,
		     uint64_t value)
{
	struct oci_comparison *to = &line->arguments[argument];

	memset(to, 0, sizeof(*to));
	line->compared &= ~(1u << argument);
	if (!mask)
		return;
	line->compared |= 1u << argument;
	to->comparison = mask == UINT64_MAX >> (64 - bits) ? STILE_EQUAL : STILE_MASKED_EQUAL;
	to->mask = to->comparison == STILE_EQUAL ? 0 : mask;
	to->value = value & mask;
}

/* Leaves out what a line compares, as long as it meets no other answer's lines: arguments as a
 * whole first, then bits. */
static void widen(const struct oci_lines *lines, struct oci_line *line, unsigned int bits)
{
	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
		struct oci_line wider = *line;

		if (!(line->compared & 1u << i))
			continue;
		set_mask(&wider, i, bits, 0, 0);
		if (!meets_others(lines, &wider, bits))
			*line = wider;
	}
	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
		uint64_t mask, value;

		if (is_whole(&line->arguments[i], bits) ||
		    !argument_mask(line, i, bits, &mask, &value))
			continue;
		for (uint64_t bit = 1; bit && mask; bit <<= 1) {
			struct oci_line wider = *line;

			if (!(mask & bit))
				continue;
			set_mask(&wider, i, bits, mask & ~bit, value);
			if (meets_others(lines, &wider, bits))
				continue;
			*line = wider;
			mask &= ~bit;
		}
	}
}

/* Whether one line matches all that another matches. */
static bool covers(const struct oci_line *a, const struct oci_line *b, unsigned int bits)
{
	if (!answers_are_equal(a->action, b->action))
		return false;
	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
		uint64_t mask_a, mask_b, value_a, value_b;

		if (!(a->compared & 1u << i))
			continue;
		if ((b->compared & 1u << i) &&
		    oci_comparisons_equal(&a->arguments[i], &b->arguments[i]))
			continue;
		if (!argument_mask(a, i, bits, &mask_a, &value_a) ||
		    !argument_mask(b, i, bits, &mask_b, &value_b) || (mask_a & ~mask_b) ||
		    ((value_a ^ value_b) & mask_a))
			return false;
	}
	return true;
}

static void remove_line(struct oci_lines *lines, size_t index)
{
	lines->count--;
	memmove(&lines->items[index], &lines->items[index + 1],
		(lines->count - index) * sizeof(*lines->items));
}

void oci_widen_lines(struct oci_lines *lines, unsigned int bits)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (!answer_refuses(lines->items[i].action))
			continue;
		widen(lines, &lines->items[i], bits);
		for (size_t k = lines->count; k > 0; k--) {
			if (k - 1 == i || !covers(&lines->items[i], &lines->items[k - 1], bits))
				continue;
			remove_line(lines, k - 1);
			i -= k - 1 < i;
		}
	}
}

void oci_merge_lines(struct oci_lines *lines, unsigned int bits)
{
	bool is_changed = true;

	while (is_changed) {
		is_changed = false;
		for (size_t i = 0; i < lines->count; i++)
			for (size_t k = i + 1; k < lines->count;) {
				if (!merge(&lines->items[i], &lines->items[k], bits)) {
					k++;
					continue;
				}
				is_changed = true;
				remove_line(lines, k);
			}
	}
}
