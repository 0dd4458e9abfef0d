/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_POLICY_H
#define TESTS_BENCH_POLICY_H

/* What the benchmarks compile: lists of calls by name, with conditions on some. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile.h>

#define BENCH_CONDITIONS 2

struct bench_rule {
	const char *syscall;
	unsigned int condition_count;
	struct stile_condition conditions[BENCH_CONDITIONS];
	unsigned int arguments[BENCH_CONDITIONS]; /* their indices */
};

struct bench_policy {
	const char *name;
	struct bench_rule *rules;
	size_t count;
	enum stile_abi abis[STILE_ABI_COUNT];
	size_t abi_count;
};

/* The names of all policies, NULL at the end. */
extern const char *const bench_policies[];

/* Ends the program if there is no such policy. Freed by bench_policy_free(). */
struct bench_policy bench_policy(const char *name);
void bench_policy_free(struct bench_policy *policy);

/* What container engines allow by default, and how: names, NULL at the end. */
extern const char *const container_calls[];
extern const struct bench_rule container_rules[];
extern const size_t container_rule_count;

#endif
