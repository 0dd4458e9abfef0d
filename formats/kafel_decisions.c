/* SPDX-License-Identifier: MIT */
#include "kafel_decisions.h"

#include <stdlib.h>
#include <string.h>

#define LOOKED_THROUGH_MAX 256 /* more cases are kept as they are: it is work with their square */

static const char no_memory[] = "out of memory";
static const char too_many_cases[] = "found a condition that is too much, expected one of at most "
				     "2048 rules: use fewer '||' within '&&'";
static const char too_many_parts[] = "found a condition that is too much, expected at most 26 "
				     "comparisons that must hold at once: use fewer";

/* Whether bits that one asks for are others than those that the other does. */
static bool are_apart(const struct kafel_conjunction *a, const struct kafel_conjunction *b)
{
	for (size_t i = 0; i < 6; i++)
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return true;
	return false;
}

static bool has_part(const struct kafel_conjunction *all, const struct stile_table_condition *part)
{
	for (unsigned int i = 0; i < all->part_count; i++)
		if (all->parts[i].argument == part->argument && all->parts[i].bits == part->bits &&
		    all->parts[i].comparison == part->comparison &&
		    all->parts[i].value == part->value)
			return true;
	return false;
}

bool kafel_conjoin(struct kafel_conjunction *a, const struct kafel_conjunction *b,
		   const char **why_not)
{
	if (are_apart(a, b))
		return false;
	for (size_t i = 0; i < 6; i++) {
		a->mask[i] |= b->mask[i];
		a->value[i] |= b->value[i];
	}
	for (unsigned int i = 0; i < b->part_count; i++) {
		if (has_part(a, &b->parts[i]))
			continue;
		if (a->part_count == KAFEL_PARTS_MAX) {
			*why_not = too_many_parts;
			return false;
		}
		a->parts[a->part_count++] = b->parts[i];
	}
	return true;
}

void kafel_decisions_add(struct kafel_decisions *list, const struct kafel_conjunction *all,
			 bool answer)
{
	if (list->why_not)
		return;
	if (list->count == KAFEL_CASES_MAX) {
		list->why_not = too_many_cases;
		return;
	}
	if (list->count == list->capacity) {
		const size_t capacity = list->capacity ? 2 * list->capacity : 4;
		struct kafel_case *cases = reallocarray(list->cases, capacity, sizeof(*cases));

		if (!cases) {
			list->why_not = no_memory;
			return;
		}
		list->cases = cases;
		list->capacity = capacity;
	}
	list->cases[list->count++] = (struct kafel_case){ *all, answer };
}

void kafel_decisions_free(struct kafel_decisions *list)
{
	free(list->cases);
	*list = (struct kafel_decisions){ 0 };
}

void kafel_decisions_negate(struct kafel_decisions *list)
{
	list->rest = !list->rest;
	for (size_t i = 0; i < list->count; i++)
		list->cases[i].answer = !list->cases[i].answer;
}

/* Whether a case may go: it answers as the rest, and no later case that does not overlaps it. */
static bool is_redundant(const struct kafel_decisions *list, size_t index)
{
	const struct kafel_case *this = &list->cases[index];

	if (this->answer != list->rest)
		return false;
	for (size_t i = index + 1; i < list->count; i++)
		if (list->cases[i].answer != list->rest &&
		    !are_apart(&this->all, &list->cases[i].all))
			return false;
	return true;
}

static void drop_redundant(struct kafel_decisions *list)
{
	size_t kept = 0;

	while (list->count > 0 && list->cases[list->count - 1].answer == list->rest)
		list->count--;
	if (list->count > LOOKED_THROUGH_MAX)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (!is_redundant(list, i))
			list->cases[kept++] = list->cases[i];
	list->count = kept;
}

/* What other says where all of a case holds. */
static void add_within(struct kafel_decisions *list, const struct kafel_conjunction *within,
		       const struct kafel_decisions *other)
{
	for (size_t i = 0; i < other->count && !list->why_not; i++) {
		struct kafel_conjunction both = *within;

		if (kafel_conjoin(&both, &other->cases[i].all, &list->why_not))
			kafel_decisions_add(list, &both, other->cases[i].answer);
	}
	kafel_decisions_add(list, within, other->rest);
}

/* How many cases "and" would make with this list as the first. */
static size_t cost(const struct kafel_decisions *first, const struct kafel_decisions *second)
{
	size_t cases = first->rest ? second->count : 0;

	for (size_t i = 0; i < first->count; i++)
		cases += first->cases[i].answer ? second->count + 1 : 1;
	return cases;
}

void kafel_decisions_and(struct kafel_decisions *list, struct kafel_decisions *other)
{
	struct kafel_decisions both = { .why_not = list->why_not ? list->why_not : other->why_not };

	if (cost(other, list) < cost(list, other)) {
		const struct kafel_decisions swapped = *list;

		*list = *other;
		*other = swapped;
	}
	for (size_t i = 0; i < list->count && !both.why_not; i++) {
		if (list->cases[i].answer)
			add_within(&both, &list->cases[i].all, other);
		else
			kafel_decisions_add(&both, &list->cases[i].all, false);
	}
	if (list->rest) {
		for (size_t i = 0; i < other->count; i++)
			kafel_decisions_add(&both, &other->cases[i].all, other->cases[i].answer);
		both.rest = other->rest;
	}
	if (!both.why_not)
		drop_redundant(&both);
	kafel_decisions_free(list);
	kafel_decisions_free(other);
	*list = both;
}

void kafel_decisions_or(struct kafel_decisions *list, struct kafel_decisions *other)
{
	kafel_decisions_negate(list);
	kafel_decisions_negate(other);
	kafel_decisions_and(list, other);
	kafel_decisions_negate(list);
}
