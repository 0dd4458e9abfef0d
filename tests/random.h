/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

/*
 * Numbers for tests that try at random. STILE_SEED and STILE_ROUNDS in the environment repeat a
 * failure and lengthen a run.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct random {
	uint64_t state;
};

static inline uint64_t environment_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* splitmix64: every seed is good, so that seed + round repeats one round. */
static inline uint64_t random_word(struct random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint32_t random_below(struct random *r, uint32_t limit)
{
	return (uint32_t)(random_word(r) >> 32) % limit;
}

/* The seed of a run, printed so that a failure can be repeated. */
static inline uint64_t random_seed(const char *what)
{
	const uint64_t seed = environment_number("STILE_SEED", 1);

	printf("%s: STILE_SEED=%llu\n", what, (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

#endif
