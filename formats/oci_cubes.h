/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_CUBES_H
#define FORMATS_OCI_CUBES_H

/*
 * Sets of values of one argument, as alternatives that each say of some bits what they are: all
 * that libseccomp can compare with one mask.
 */

#include <stdbool.h>

#include <stile.h>

#define OCI_CUBES_MAX 512

struct oci_cubes {
	struct {
		uint64_t mask, value; /* value lies within mask */
	} items[OCI_CUBES_MAX];
	size_t count; /* none of them have a value in common; 0: no value */
};

/* All values. */
void oci_cubes_all(struct oci_cubes *cubes);

/* Leaves the values for which a condition holds (or does not, is_negated); false: they are more
 * than OCI_CUBES_MAX. */
bool oci_cubes_restrict(struct oci_cubes *cubes, const struct stile_table_condition *condition,
			bool is_negated);

#endif
