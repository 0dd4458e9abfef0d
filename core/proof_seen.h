/* SPDX-License-Identifier: MIT */
#ifndef CORE_PROOF_SEEN_H
#define CORE_PROOF_SEEN_H

/*
 * Remembers what was proved from an instruction on, so that ways which meet there need not all be
 * followed to their ends: a chain of rules with n conditions each has n ways from each rule
 * to the next.
 */

#include <linux/filter.h>

#include "proof_run.h"

struct proof_seen;

/* NULL: out of memory. */
struct proof_seen *proof_seen_new(const struct filter *filter);
void proof_seen_free(struct proof_seen *seen);

/* What a filter has besides the call: values. */
struct proof_machine {
	uint32_t a, x, scratch[BPF_MEMWORDS];
	size_t next; /* instruction */
};

/*
 * At the machine's next instruction: whether all that can follow was followed before, by calls for
 * which filter and policy do the same. If not, it is remembered; it must then be followed to all
 * its ends before another way comes there.
 */
bool proof_seen_before(struct proof_seen *seen, struct proof_run *run,
		       const struct proof_machine *machine);

/* What is read from an instruction on, whatever way is gone. */
struct proof_flow {
	uint32_t a;		    /* bits of A on which something depends */
	uint32_t live;		    /* bit 1 << scratch word, bit LIVE_X */
	uint32_t words[DATA_WORDS]; /* bits of the call's words */
};

#define LIVE_X 16

/* Fills flows[filter->count]. */
void proof_flow_make(const struct filter *filter, struct proof_flow *flows);

#endif
