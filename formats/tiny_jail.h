/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_TINY_JAIL_H
#define FORMATS_TINY_JAIL_H

#include "oci_profile.h"

/*
 * Sets the names of an entry to the grants that abstract names stand for: a grant is itself, a
 * ruleset all of its grants but those of danger and those that need values. False: it was said
 * what is wrong. *left: so many more may be in the file.
 */
#define TINY_JAIL_GRANTS_MAX 65536
bool tiny_jail_expand(const struct oci_reader *reader, const struct node *names,
		      struct oci_entry *entry, size_t *left);

#endif
