/* SPDX-License-Identifier: MIT */
/*
 * What a filter adds to a call, in nanoseconds: to getppid(), whose answer the kernel remembers
 * after load, and to calls with conditions, for which it runs the filter each time.
 *
 *   calls [--only POLICY] [--rounds NUMBER] [--filter NAME=FILE]
 *
 * Floors: a filter of one instruction, and one of two whose answer the kernel does not remember,
 * since it reads an argument. NAME is another filter of the policy, as instructions in a file.
 */
#include <err.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "makers.h"
#include "workers.h"

#define CALLS_A_ROUND 20000
#define CALLS_MAX 256
#define VARIANTS_MAX 8

struct call {
	long number;
	long arguments[3];
};

/* A process under a filter, or under none. */
struct subject {
	const char *variant;
	struct sock_filter *instructions; /* NULL: none */
	size_t count;
	unsigned int copies;
	const struct call *calls;
	size_t call_count;
};

struct bench_case {
	const char *name, *policy;
	unsigned int copies;
};

static const struct bench_case cases[] = {
	{ "60", "60", 1 },
	{ "300", "300", 1 },
	{ "60+12", "60+12", 1 },
	{ "300+12", "300+12", 1 },
	{ "200-values", "200-values", 1 },
	{ "5-stacked", "60+12", 5 },
	{ "5-stacked-300", "300+12", 5 },
};

static const struct call plain[] = { { SYS_getppid, { 0 } } };

/* They fail at once for want of a descriptor: the rest of a call is the least that there is. */
static const struct call conditional[] = {
	{ SYS_fcntl, { -1, 1, 0 } },	  { SYS_fcntl, { -1, 4, 0 } },
	{ SYS_ioctl, { -1, 0x5401, 0 } }, { SYS_ioctl, { -1, 0x541b, 0 } },
	{ SYS_lseek, { -1, 0, 0 } },	  { SYS_lseek, { -1, 0, 2 } },
	{ SYS_setsockopt, { -1, 1, 2 } }, { SYS_getsockopt, { -1, 1, 4 } },
};

static struct sock_filter one_instruction[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
static struct sock_filter two_instructions[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void prepare(void *data)
{
	const struct subject *subject = data;

	set_no_new_privs();
	for (unsigned int i = 0; subject->instructions && i < subject->copies; i++)
		(void)load_filter(subject->instructions, subject->count);
}

static double nanoseconds_per_call(void *data)
{
	const struct subject *subject = data;
	const size_t turns = CALLS_A_ROUND / subject->call_count;
	const double start = microseconds();

	for (size_t i = 0; i < turns; i++)
		for (size_t k = 0; k < subject->call_count; k++) {
			const struct call *call = &subject->calls[k];

			(void)syscall(call->number, call->arguments[0], call->arguments[1],
				      call->arguments[2]);
		}
	return (microseconds() - start) * 1e3 / (double)(turns * subject->call_count);
}

/*
 * Where the kernel puts a filter's code makes calls faster or slower by some percent: so each
 * variant is loaded anew a few times.
 */
#define LOADS 7

/* Each variant once a round; what it adds is the middle of the differences in the same round. */
static void measure_loaded(struct subject *subjects, size_t count, double *values, size_t rounds,
			   double extra[VARIANTS_MAX])
{
	struct worker workers[VARIANTS_MAX];

	for (size_t i = 0; i < count; i++) {
		workers[i] = worker_start(prepare, nanoseconds_per_call, &subjects[i]);
		(void)worker_measure(&workers[i]); /* warm */
	}
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			values[i * rounds + round] = worker_measure(&workers[i]);
	for (size_t i = count; i-- > 0;) { /* the first, which all are compared with, last */
		for (size_t round = 0; i > 0 && round < rounds; round++)
			values[i * rounds + round] -= values[round];
		extra[i] = median(&values[i * rounds], rounds);
		worker_end(&workers[i]);
	}
}

static void compare(const char *name, const char *measure, struct subject *subjects, size_t count,
		    size_t floor, size_t rounds)
{
	double *values = calloc(count * rounds, sizeof(*values));
	double extra[VARIANTS_MAX], loads[VARIANTS_MAX][LOADS];

	if (!values)
		err(1, "values");
	for (size_t load = 0; load < LOADS; load++) {
		measure_loaded(subjects, count, values, rounds, extra);
		for (size_t i = 0; i < count; i++)
			loads[i][load] = extra[i];
	}
	for (size_t i = 0; i < count; i++)
		extra[i] = median(loads[i], LOADS);
	bench_line(name, measure, subjects[0].variant, extra[0], "ns", extra[0],
		   subjects[0].variant);
	for (size_t i = 1; i < count; i++)
		bench_line(name, measure, subjects[i].variant, extra[i], "+ns", extra[floor],
			   subjects[floor].variant);
	free(values);
}

static struct subject from_file(const struct bench_options *options)
{
	const struct made made = read_filter(options->filter_file);

	return (struct subject){ .variant = options->filter_name,
				 .instructions = made.instructions,
				 .count = made.count };
}

static struct subject from_maker(const struct bench_policy *policy, enum maker maker)
{
	const struct made made = make(policy, maker);

	return (struct subject){ .variant = maker_names[maker],
				 .instructions = made.instructions,
				 .count = made.count };
}

/* The calls with conditions of a policy; how many. */
static size_t conditional_calls(const struct bench_policy *policy, struct call calls[CALLS_MAX])
{
	size_t count = 0;

	if (strchr(policy->name, '+')) {
		memcpy(calls, conditional, sizeof(conditional));
		return sizeof(conditional) / sizeof(*conditional);
	}
	for (size_t i = 0; i < policy->count; i++)
		if (policy->rules[i].condition_count && count < CALLS_MAX)
			calls[count++] = (struct call){
				SYS_ioctl, { -1, (long)policy->rules[i].conditions[0].value, 0 }
			};
	return count;
}

static void run(const struct bench_case *c, const struct bench_options *options)
{
	struct bench_policy policy = bench_policy(c->policy);
	struct subject subjects[VARIANTS_MAX] = {
		{ .variant = "none" },
		{ .variant = "one-instruction", .instructions = one_instruction, .count = 1 },
		{ .variant = "two-instructions", .instructions = two_instructions, .count = 2 },
		from_maker(&policy, MAKER_OURS),
		from_maker(&policy, MAKER_LIBSECCOMP_1),
		from_maker(&policy, MAKER_LIBSECCOMP_2),
	};
	size_t count = 6, made = 3;
	struct call calls[CALLS_MAX];
	const size_t call_count = conditional_calls(&policy, calls);

	if (options->filter_name)
		subjects[count++] = from_file(options);
	for (size_t i = 0; i < count; i++) {
		subjects[i].copies = c->copies;
		subjects[i].calls = plain;
		subjects[i].call_count = 1;
	}
	compare(c->name, "cached", subjects, count, 1, options->rounds);
	for (size_t i = 0; i < count; i++) {
		subjects[i].calls = calls;
		subjects[i].call_count = call_count;
	}
	if (call_count)
		compare(c->name, "conditional", subjects, count, 2, options->rounds);
	while (made < count)
		free(subjects[made++].instructions);
	bench_policy_free(&policy);
}

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 21);
	bool has_run = false;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!options.only || strcmp(options.only, cases[i].name) == 0) {
			run(&cases[i], &options);
			has_run = true;
		}
	if (!has_run)
		errx(2, "there is no case %s", options.only);
	return 0;
}
