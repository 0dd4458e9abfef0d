/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_TRIAL_H
#define FORMATS_KAFEL_TRIAL_H

/* Whether what is read can be proved, where that is in doubt. */

#include <stddef.h>

#include <stile.h>

#include "diagnostics.h"

struct kafel_call;

struct kafel_trial {
	enum stile_abi abi;
	struct stile_action rest; /* what calls get that no entry decides */
	struct diagnostics *diagnostics;
};

/*
 * Says if calls, sorted by number, compare arguments with one another so that no filter for them
 * can be proved. If none does, this takes no time; else that of some proofs, of which one that
 * fails takes a few seconds and is the last.
 */
void kafel_try(const struct kafel_trial *trial, const struct kafel_call *calls, size_t count);

#endif
