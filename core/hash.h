/* SPDX-License-Identifier: MIT */
#ifndef CORE_HASH_H
#define CORE_HASH_H

/*
 * Hashes that tie a filter to the policy that it was compiled from and proved against: equal on
 * every machine, different after every mishap. They do not authenticate: whoever wants two
 * policies or two filters with one hash can make them.
 */

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "backend.h"
#include "policy.h"

#define HASH_START UINT64_C(0xcbf29ce484222325)	     /* FNV-1a's, 64 bits */
#define HASH_MULTIPLIER UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / the golden ratio, odd */

/* FNV-1a with words in place of bytes; the shift lets high bits come down again. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * HASH_MULTIPLIER;
	return hash ^ hash >> 32;
}

/* Inline, so that stile_load_compiled() needs no other object of the library. */
static inline uint64_t hash_instructions(const struct sock_filter *instructions, size_t count)
{
	uint64_t hash = hash_word(HASH_START, count);

	for (size_t i = 0; i < count; i++)
		hash = hash_word(hash, (uint64_t)instructions[i].k << 32 |
					       (uint32_t)instructions[i].jf << 24 |
					       (uint32_t)instructions[i].jt << 16 |
					       instructions[i].code);
	return hash;
}

uint64_t filter_hash(const struct filter *filter);

/*
 * Of what the policy says, not of how it came to say it: the order of grants, of rules and of their
 * conditions does not matter.
 */
uint64_t policy_hash(const struct policy *policy);

#endif
