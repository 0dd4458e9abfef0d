/* SPDX-License-Identifier: MIT */
/*
 * From a filter that was compiled ahead of time to a process that is under it: what
 * stile_load_compiled() takes, beside the two system calls that cannot be done without.
 *
 *   compiled [--only POLICY] [--rounds NUMBER]
 */
#include <err.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/compiled.h>

#include "makers.h"
#include "workers.h"

enum { BARE, OURS, WAYS };

static int load_bare(const struct stile_compiled *compiled)
{
	struct sock_fprog program = { (unsigned short)compiled->count,
				      (struct sock_filter *)compiled->instructions };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
			    &program);
}

static double load_in_child(const struct stile_compiled *compiled, unsigned int way, double *shared)
{
	pid_t child;

	*shared = -1;
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		const double start = microseconds();

		if ((way == BARE ? load_bare(compiled) : stile_load_compiled(compiled)) == 0)
			*shared = microseconds() - start;
		_exit(0);
	}
	if (waitpid(child, NULL, 0) != child || *shared < 0)
		errx(1, "a filter was not loaded");
	return *shared;
}

static void run(const char *name, double *shared, size_t rounds)
{
	struct bench_policy policy = bench_policy(name);
	const struct made made = make(&policy, MAKER_OURS);
	const struct stile_compiled compiled = {
		.version = STILE_COMPILED_VERSION,
		.abis = 1u << STILE_ABI_NATIVE,
		.instructions = made.instructions,
		.count = made.count,
		.filter_hash = stile_filter_hash(made.instructions, made.count),
	};
	double *values = calloc(WAYS * rounds, sizeof(*values)), middle[WAYS];

	if (!values)
		err(1, "values");
	for (size_t round = 0; round < rounds; round++)
		for (unsigned int way = 0; way < WAYS; way++)
			values[way * rounds + round] = load_in_child(&compiled, way, shared);
	for (unsigned int way = 0; way < WAYS; way++)
		middle[way] = median(&values[way * rounds], rounds);
	bench_line(name, "enforce", "bare", middle[BARE], "us", middle[BARE], "bare");
	bench_line(name, "enforce", "load_compiled", middle[OURS], "us", middle[BARE], "bare");
	free(values);
	free(made.instructions);
	bench_policy_free(&policy);
}

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 401);
	double *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		err(1, "mmap");
	pin_to_one_cpu();
	if (options.only) {
		run(options.only, shared, options.rounds);
	} else {
		run("60+12", shared, options.rounds);
		run("300+12", shared, options.rounds);
	}
	return 0;
}
