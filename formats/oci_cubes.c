/* SPDX-License-Identifier: MIT */
#include "oci_cubes.h"

#include "plain_conditions.h"

#define RANGES_MAX 4

/* Both ends belong to it. */
struct range {
	uint64_t low, high;
};

void oci_cubes_all(struct oci_cubes *cubes)
{
	cubes->items[0].mask = cubes->items[0].value = 0;
	cubes->count = 1;
}

static bool add(struct oci_cubes *cubes, uint64_t mask, uint64_t value)
{
	if (cubes->count == OCI_CUBES_MAX)
		return false;
	cubes->items[cubes->count].mask = mask;
	cubes->items[cubes->count++].value = value;
	return true;
}

/* A range as blocks whose size is a power of two and that begin at a multiple of it. */
static bool add_range(struct oci_cubes *cubes, struct range range, uint64_t all)
{
	for (uint64_t low = range.low;;) {
		uint64_t last = 0; /* the block's size less one */

		while (last != all && !(low & (2 * last + 1)) && range.high - low >= 2 * last + 1)
			last = 2 * last + 1;
		if (!add(cubes, all & ~last, low))
			return false;
		if (range.high - low == last)
			return true;
		low += last + 1;
	}
}

/* The ranges for which an order or equality holds, of unsigned values up to all. */
static size_t unsigned_ranges(enum stile_comparison comparison, uint64_t value, uint64_t all,
			      struct range *to)
{
	size_t count = 0;

	if (comparison == STILE_EQUAL || comparison == STILE_LESS_OR_EQUAL ||
	    comparison == STILE_GREATER_OR_EQUAL)
		to[count++] = (struct range){ comparison == STILE_LESS_OR_EQUAL ? 0 : value,
					      comparison == STILE_GREATER_OR_EQUAL ? all : value };
	if ((comparison == STILE_LESS || comparison == STILE_NOT_EQUAL) && value > 0)
		to[count++] = (struct range){ 0, value - 1 };
	if ((comparison == STILE_GREATER || comparison == STILE_NOT_EQUAL) && value < all)
		to[count++] = (struct range){ value + 1, all };
	return count;
}

/* Signed values are ordered as unsigned ones with the sign flipped. */
static size_t unflip(struct range *ranges, size_t count, uint64_t sign)
{
	struct range flipped[RANGES_MAX];
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		if (ranges[i].low < sign && ranges[i].high >= sign) {
			flipped[made++] = (struct range){ ranges[i].low + sign, 2 * sign - 1 };
			flipped[made++] = (struct range){ 0, ranges[i].high - sign };
		} else {
			flipped[made++] = (struct range){ ranges[i].low ^ sign,
							  ranges[i].high ^ sign };
		}
	}
	for (size_t i = 0; i < made; i++)
		ranges[i] = flipped[i];
	return made;
}

/* The values for which an order holds. */
static bool of_order(struct oci_cubes *cubes, const struct stile_table_condition *condition,
		     bool is_negated)
{
	const uint64_t all = UINT64_MAX >> (64 - condition->bits), sign = all / 2 + 1;
	enum stile_comparison comparison = condition->comparison;
	uint64_t value = condition->value;
	struct range ranges[RANGES_MAX];
	size_t count;

	if (is_negated)
		comparison = opposite_comparison(comparison);
	if (condition->is_signed)
		value ^= sign;
	count = unsigned_ranges(comparison, value, all, ranges);
	if (condition->is_signed)
		count = unflip(ranges, count, sign);
	cubes->count = 0;
	for (size_t i = 0; i < count; i++)
		if (!add_range(cubes, ranges[i], all))
			return false;
	return true;
}

/* Of each cube what lies within another one too. */
static bool keep(struct oci_cubes *cubes, const struct oci_cubes *other)
{
	struct oci_cubes both = { .count = 0 };

	for (size_t i = 0; i < cubes->count; i++)
		for (size_t k = 0; k < other->count; k++) {
			const uint64_t common = cubes->items[i].mask & other->items[k].mask;

			if ((cubes->items[i].value ^ other->items[k].value) & common)
				continue;
			if (!add(&both, cubes->items[i].mask | other->items[k].mask,
				 cubes->items[i].value | other->items[k].value))
				return false;
		}
	*cubes = both;
	return true;
}

/* Of each cube what lies outside another: for each bit of that one the values that differ from it
 * there, and not in a bit before. */
static bool take_out(struct oci_cubes *cubes, uint64_t mask, uint64_t value)
{
	struct oci_cubes left = { .count = 0 };

	for (size_t i = 0; i < cubes->count; i++) {
		const uint64_t old_mask = cubes->items[i].mask, old = cubes->items[i].value;
		uint64_t seen = 0;

		if ((old ^ value) & old_mask & mask) {
			if (!add(&left, old_mask, old))
				return false;
			continue;
		}
		for (int bit = 63; bit >= 0; bit--) {
			const uint64_t one = (uint64_t)1 << bit;

			if (!(mask & ~old_mask & one))
				continue;
			if (!add(&left, old_mask | seen | one,
				 old | (value & seen) | (~value & one)))
				return false;
			seen |= one;
		}
	}
	*cubes = left;
	return true;
}

bool oci_cubes_restrict(struct oci_cubes *cubes, const struct stile_table_condition *condition,
			bool is_negated)
{
	const bool is_masked = condition->comparison == STILE_MASKED_EQUAL;
	struct oci_cubes other = { .count = 0 };
	uint64_t mask = UINT64_MAX >> (64 - condition->bits);

	if (!is_masked && condition->comparison != STILE_EQUAL &&
	    condition->comparison != STILE_NOT_EQUAL)
		return of_order(&other, condition, is_negated) && keep(cubes, &other);
	if (is_masked)
		mask = condition->mask;
	if (is_negated != (condition->comparison == STILE_NOT_EQUAL))
		return (condition->value & ~mask) || take_out(cubes, mask, condition->value);
	return ((condition->value & ~mask) || add(&other, mask, condition->value)) &&
	       keep(cubes, &other);
}
