/* SPDX-License-Identifier: MIT */
/*
 * What seccomp(2) takes to load a filter, in microseconds: each time in a new process.
 *
 *   load [--only POLICY] [--rounds NUMBER] [--filter NAME=FILE]
 */
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "makers.h"
#include "workers.h"

static double load_in_child(const struct made *made, double *shared)
{
	pid_t child;

	*shared = -1;
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		set_no_new_privs();
		*shared = load_filter(made->instructions, made->count);
		_exit(0);
	}
	if (waitpid(child, NULL, 0) != child || *shared < 0)
		errx(1, "a filter was not loaded");
	return *shared;
}

#define FILTERS_MAX 4

static void run(const char *name, double *shared, const struct bench_options *options)
{
	struct bench_policy policy = bench_policy(name);
	const size_t rounds = options->rounds;
	const char *names[FILTERS_MAX] = { maker_names[MAKER_LIBSECCOMP_1],
					   maker_names[MAKER_LIBSECCOMP_2], maker_names[MAKER_OURS],
					   options->filter_name };
	const struct made made[FILTERS_MAX] = {
		make(&policy, MAKER_LIBSECCOMP_1),
		make(&policy, MAKER_LIBSECCOMP_2),
		make(&policy, MAKER_OURS),
		options->filter_name ? read_filter(options->filter_file) :
				       (struct made){ .count = 0 },
	};
	const size_t count = options->filter_name ? FILTERS_MAX : FILTERS_MAX - 1;
	double *values = calloc(count * rounds, sizeof(*values)), middle[FILTERS_MAX];

	if (!values)
		err(1, "values");
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			values[i * rounds + round] = load_in_child(&made[i], shared);
	for (size_t i = 0; i < count; i++) {
		middle[i] = median(&values[i * rounds], rounds);
		bench_line(name, "load", names[i], middle[i], "us", middle[0], names[0]);
		free(made[i].instructions);
	}
	free(values);
	bench_policy_free(&policy);
}

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 101);
	double *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		err(1, "mmap");
	pin_to_one_cpu();
	if (options.only)
		run(options.only, shared, &options);
	for (size_t i = 0; !options.only && bench_policies[i]; i++)
		run(bench_policies[i], shared, &options);
	return 0;
}
