/* SPDX-License-Identifier: MIT */
#include "number_set.h"

#include <string.h>

static void remove_range(struct number_set *set, unsigned int index)
{
	set->count--;
	memmove(&set->ranges[index], &set->ranges[index + 1],
		(set->count - index) * sizeof(*set->ranges));
}

/* Makes one range of the two that have the smallest gap between them. */
static void widen(struct number_set *set)
{
	unsigned int best = 0;

	for (unsigned int i = 1; i + 1 < set->count; i++)
		if (set->ranges[i + 1].low - set->ranges[i].high <
		    set->ranges[best + 1].low - set->ranges[best].high)
			best = i;
	set->ranges[best].high = set->ranges[best + 1].high;
	remove_range(set, best + 1);
	set->is_widened = true;
}

void number_set_add(struct number_set *set, uint32_t low, uint32_t high)
{
	unsigned int at = 0;

	if (set->count == NUMBER_SET_RANGES)
		widen(set);
	while (at < set->count && set->ranges[at].high < low && set->ranges[at].high + 1 != low)
		at++;
	memmove(&set->ranges[at + 1], &set->ranges[at], (set->count - at) * sizeof(*set->ranges));
	set->count++;
	set->ranges[at].low = low;
	set->ranges[at].high = high;
	while (at + 1u < set->count && (set->ranges[at + 1].low <= set->ranges[at].high ||
					set->ranges[at + 1].low == set->ranges[at].high + 1)) {
		if (set->ranges[at + 1].low < set->ranges[at].low)
			set->ranges[at].low = set->ranges[at + 1].low;
		if (set->ranges[at + 1].high > set->ranges[at].high)
			set->ranges[at].high = set->ranges[at + 1].high;
		remove_range(set, at + 1);
	}
}

void number_set_unite(struct number_set *set, const struct number_set *other)
{
	for (unsigned int i = 0; i < other->count; i++)
		number_set_add(set, other->ranges[i].low, other->ranges[i].high);
	set->is_widened |= other->is_widened;
}

void number_set_intersect(struct number_set *set, const struct number_set *other)
{
	struct number_set result = { .is_widened = set->is_widened || other->is_widened };

	for (unsigned int i = 0; i < set->count; i++) {
		for (unsigned int k = 0; k < other->count; k++) {
			uint32_t low = set->ranges[i].low, high = set->ranges[i].high;

			if (other->ranges[k].low > low)
				low = other->ranges[k].low;
			if (other->ranges[k].high < high)
				high = other->ranges[k].high;
			if (low <= high)
				number_set_add(&result, low, high);
		}
	}
	*set = result;
}

void number_set_complement(struct number_set *set)
{
	struct number_set result = { .is_widened = set->is_widened };
	uint32_t next = 0;

	for (unsigned int i = 0; i < set->count; i++) {
		if (set->ranges[i].low > next)
			number_set_add(&result, next, set->ranges[i].low - 1);
		next = set->ranges[i].high + 1;
	}
	if (set->count == 0 || next != 0)
		number_set_add(&result, next, UINT32_MAX);
	*set = result;
}

uint64_t number_set_size(const struct number_set *set)
{
	uint64_t size = 0;

	for (unsigned int i = 0; i < set->count; i++)
		size += (uint64_t)set->ranges[i].high - set->ranges[i].low + 1;
	return size;
}
