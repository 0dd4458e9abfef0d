/* SPDX-License-Identifier: MIT */
/*
 * A policy as text, for peers.py: a line a rule, of a call, its number and, for each condition, an
 * argument's name and index, a comparison, a mask and a value.
 *
 *   policy_text --only POLICY
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>

#include "policy.h"
#include "workers.h"

static const char *const comparisons[] = {
	[STILE_EQUAL] = "==",
	[STILE_NOT_EQUAL] = "!=",
	[STILE_MASKED_EQUAL] = "&",
};

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 1);
	struct bench_policy policy;

	if (!options.only)
		errx(2, "usage: %s --only POLICY", argv[0]);
	policy = bench_policy(options.only);
	for (size_t i = 0; i < policy.count; i++) {
		const struct bench_rule *rule = &policy.rules[i];

		printf("%s %ld", rule->syscall,
		       stile_syscall_number(STILE_ABI_NATIVE, rule->syscall));
		for (unsigned int k = 0; k < rule->condition_count; k++)
			printf(" %s %u %s 0x%" PRIx64 " 0x%" PRIx64, rule->conditions[k].argument,
			       rule->arguments[k], comparisons[rule->conditions[k].comparison],
			       rule->conditions[k].mask, rule->conditions[k].value);
		printf("\n");
	}
	bench_policy_free(&policy);
	return 0;
}
