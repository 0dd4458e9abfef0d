/* SPDX-License-Identifier: MIT */
/*
 * The most memory that is allocated at a time from the names to the filter, in KiB.
 *
 *   memory [--only POLICY]
 *
 * malloc and its like are replaced in this program, for libseccomp too.
 */
#include <malloc.h>
#include <stdlib.h>

#include "../sanitizer.h"
#include "makers.h"
#include "workers.h"

static size_t used, most;

#ifndef HAS_ADDRESS_SANITIZER /* it has a malloc of its own: nothing is counted then */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static void *count(void *memory)
{
	used += malloc_usable_size(memory);
	if (used > most)
		most = used;
	return memory;
}

void *malloc(size_t size)
{
	return count(__libc_malloc(size));
}

void *calloc(size_t number, size_t size)
{
	return count(__libc_calloc(number, size));
}

void *realloc(void *memory, size_t size)
{
	const size_t before = malloc_usable_size(memory);
	void *moved = __libc_realloc(memory, size);

	if (moved || size == 0)
		used -= before;
	return count(moved);
}

void free(void *memory)
{
	used -= malloc_usable_size(memory);
	__libc_free(memory);
}

#endif

static double peak(const struct bench_policy *policy, enum maker maker)
{
	const size_t before = used;
	struct made made;

	most = used;
	made = make(policy, maker);
	free(made.instructions);
	return (double)(most - before) / 1024;
}

static void run(const char *name)
{
	struct bench_policy policy = bench_policy(name);
	double peaks[MAKERS];

	for (unsigned int i = 0; i < MAKERS; i++)
		peaks[i] = peak(&policy, (enum maker)i);
	for (unsigned int i = 0; i < MAKERS; i++)
		bench_line(name, "memory", maker_names[i], peaks[i], "KiB",
			   peaks[MAKER_LIBSECCOMP_1], maker_names[MAKER_LIBSECCOMP_1]);
	bench_policy_free(&policy);
}

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 1);

	if (options.only)
		run(options.only);
	for (size_t i = 0; !options.only && bench_policies[i]; i++)
		run(bench_policies[i]);
	return 0;
}
