/* SPDX-License-Identifier: MIT */
#ifndef CORE_PROOF_POLICY_H
#define CORE_PROOF_POLICY_H

/* A policy as the proof holds filters against it: sets of words and effective answers. */

#include "policy.h"
#include "word_set.h"

/* Calls of one number that a rule matches: for each of some words a set of its values. */
struct proof_box {
	uint32_t answer;
	uint32_t rule;	    /* 0, 1, ... within the decision: the first that matches counts */
	uint32_t words;	    /* bit 1 << word of struct seccomp_data */
	uint32_t first_set; /* in sets, one for each of these words, ascending */
	uint32_t low, high; /* of the decision's index word, as far as calls are in it */
	uint32_t reach;	    /* the greatest high of this and all boxes before it */
};

/* A call with rules. Its boxes ascend by low. */
struct proof_decision {
	uint32_t first_box, box_count;
	uint32_t rest;	     /* what calls in no box get */
	unsigned int index;  /* a word that tells many of the boxes from one another */
	bool has_one_answer; /* all boxes */
};

#define NO_DECISION UINT32_MAX

/* From this number on up to the next segment's, of one architecture. */
struct proof_segment {
	uint32_t first, last;
	uint32_t answer;   /* if decision is NO_DECISION */
	uint32_t decision; /* in decisions */
};

struct proof_arch {
	uint32_t arch; /* AUDIT_ARCH_* */
	uint32_t first_segment, segment_count;
};

struct proof_policy {
	struct word_pool pool; /* of the sets; holds the first error */
	struct word_set *sets;
	struct proof_box *boxes;
	struct proof_decision *decisions;
	struct proof_segment *segments;
	uint32_t set_count, set_capacity;
	uint32_t box_count, box_capacity;
	uint32_t decision_count, decision_capacity;
	uint32_t segment_count, segment_capacity;
	struct proof_arch archs[STILE_ABI_COUNT];
	uint32_t arch_count;
	uint32_t foreign; /* the answer to other architectures */
};

/* 0, -ENOMEM, or -E2BIG if a rule's conditions come to too many boxes. To be freed in any case. */
int proof_policy_make(const struct policy *policy, struct proof_policy *view);
void proof_policy_free(struct proof_policy *view);

/* What the kernel makes of an action. */
uint32_t proof_answer(struct stile_action action);

/* Adds the boxes of a rule: one, or some more where 64-bit values are compared in their order. */
void proof_boxes_add(struct proof_policy *view, const struct rule *rule, uint32_t rule_index);

/* A new element at the end of an array with this count and capacity; NULL: out of memory. */
void *proof_policy_grow(struct proof_policy *view, void *array, uint32_t *count, uint32_t *capacity,
			size_t size);

#endif
