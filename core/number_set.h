/* SPDX-License-Identifier: MIT */
#ifndef CORE_NUMBER_SET_H
#define CORE_NUMBER_SET_H

/* Sets of 32-bit numbers as a few ranges: from above, if the ranges do not suffice. */

#include <stdbool.h>
#include <stdint.h>

#define NUMBER_SET_RANGES 12

struct number_set {
	uint8_t count;
	bool is_widened; /* it has numbers that were not put in */
	struct {
		uint32_t low, high;
	} ranges[NUMBER_SET_RANGES]; /* ascending, neither overlapping nor adjacent */
};

void number_set_add(struct number_set *set, uint32_t low, uint32_t high);
void number_set_unite(struct number_set *set, const struct number_set *other);
void number_set_intersect(struct number_set *set, const struct number_set *other);
void number_set_complement(struct number_set *set);

/* How many numbers there are. */
uint64_t number_set_size(const struct number_set *set);

#endif
