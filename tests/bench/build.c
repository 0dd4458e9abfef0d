/* SPDX-License-Identifier: MIT */
/*
 * From the names in memory to the filter, in microseconds, and how long the filter is.
 *
 *   build [--only POLICY] [--rounds NUMBER]
 *
 * "first" is what the first one in a process takes, which finds nothing in caches yet.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "makers.h"
#include "workers.h"

struct subject {
	const struct bench_policy *policy;
	enum maker maker;
	bool has_begun;
};

#define LEAST_MICROSECONDS 2000 /* of a measurement: one after the other until then */

static double build_once(const struct subject *subject)
{
	const struct made made = make(subject->policy, subject->maker);

	free(made.instructions);
	return made.microseconds;
}

static double build_some(void *data)
{
	struct subject *subject = data;
	double sum = 0;
	unsigned int times = 0;

	if (!subject->has_begun) {
		subject->has_begun = true;
		return build_once(subject);
	}
	while (sum < LEAST_MICROSECONDS) {
		sum += build_once(subject);
		times++;
	}
	return sum / times;
}

static void run(const char *name, size_t rounds)
{
	struct bench_policy policy = bench_policy(name);
	struct subject subjects[MAKERS];
	struct worker workers[MAKERS];
	double *values = calloc(MAKERS * rounds, sizeof(*values));
	double first[MAKERS], middle[MAKERS];
	double counts[MAKERS];

	if (!values)
		err(1, "values");
	for (unsigned int i = 0; i < MAKERS; i++) {
		subjects[i] = (struct subject){ &policy, (enum maker)i, false };
		workers[i] = worker_start(NULL, build_some, &subjects[i]);
		first[i] = worker_measure(&workers[i]);
	}
	for (size_t round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < MAKERS; i++)
			values[i * rounds + round] = worker_measure(&workers[i]);
	for (unsigned int i = 0; i < MAKERS; i++) {
		const struct made made = make(&policy, (enum maker)i);

		middle[i] = median(&values[i * rounds], rounds);
		counts[i] = (double)made.count;
		free(made.instructions);
		worker_end(&workers[i]);
	}
	for (unsigned int i = 0; i < MAKERS; i++)
		bench_line(name, "build", maker_names[i], middle[i], "us",
			   middle[MAKER_LIBSECCOMP_1], maker_names[MAKER_LIBSECCOMP_1]);
	for (unsigned int i = 0; i < MAKERS; i++)
		bench_line(name, "first", maker_names[i], first[i], "us", first[MAKER_LIBSECCOMP_1],
			   maker_names[MAKER_LIBSECCOMP_1]);
	for (unsigned int i = 0; i < MAKERS; i++)
		if (i != MAKER_OURS_UNPROVED)
			bench_line(name, "instructions", maker_names[i], counts[i], "count",
				   counts[MAKER_LIBSECCOMP_1], maker_names[MAKER_LIBSECCOMP_1]);
	free(values);
	bench_policy_free(&policy);
}

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 51);

	if (options.only)
		run(options.only, options.rounds);
	for (size_t i = 0; !options.only && bench_policies[i]; i++)
		run(bench_policies[i], options.rounds);
	return 0;
}
