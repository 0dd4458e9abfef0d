/* SPDX-License-Identifier: MIT */
#ifndef CORE_PROOF_H
#define CORE_PROOF_H

/*
 * Whether a filter answers every call as its policy says: exact, no sampling. Knows policies and
 * instructions, and nothing of how one is compiled into the other.
 */

#include <stile/filter.h>

#include "backend.h"
#include "policy.h"

/*
 * 0 and the verdict in *proof; -EINVAL if the kernel would not load the filter (filter_check()
 * says why); -ENOMEM.
 */
int filter_prove(const struct policy *policy, const struct filter *filter,
		 struct stile_proof *proof);

#endif
