/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_MAKERS_H
#define TESTS_BENCH_MAKERS_H

/* From a policy in memory to a filter, as programs do it with this library and with libseccomp. */

#include <linux/filter.h>

#include "policy.h"

enum maker {
	MAKER_OURS, /* proved */
	MAKER_OURS_UNPROVED,
	MAKER_LIBSECCOMP_1, /* its optimisation levels: in order of the rules (its default) */
	MAKER_LIBSECCOMP_2, /* and a binary search */
	MAKERS
};

extern const char *const maker_names[MAKERS];

struct made {
	struct sock_filter *instructions;
	size_t count;
	double microseconds; /* from the names to the filter in memory, nothing freed yet */
};

/* Ends the program if it cannot be made. The caller frees instructions. */
struct made make(const struct bench_policy *policy, enum maker maker);

/* The same for instructions in a file. */
struct made read_filter(const char *path);

#endif
