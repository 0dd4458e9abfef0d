/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_WORKERS_H
#define TESTS_BENCH_WORKERS_H

/*
 * What is compared is measured in turn, round by round, each in a process of its own on one CPU: a
 * change of the machine's speed then meets all alike.
 */

#include <stddef.h>
#include <sys/types.h>

/* Of the monotonic clock. */
double microseconds(void);

struct worker {
	pid_t process;
	int ask, answer; /* pipes */
};

/* In a new process: prepare(data) once (NULL: nothing), then measure(data) for each question. */
struct worker worker_start(void (*prepare)(void *data), double (*measure)(void *data), void *data);
double worker_measure(const struct worker *worker);
void worker_end(struct worker *worker);

/* The middle one of count values, which are sorted. */
double median(double *values, size_t count);

/* Pins the calling process to the last CPU that it may use. */
void pin_to_one_cpu(void);

void set_no_new_privs(void);

/* Loads a filter into the calling process, which has no_new_privs; microseconds of seccomp(2). */
struct sock_filter;
double load_filter(const struct sock_filter *instructions, size_t count);

/* What bench programs are told: --only NAME, --rounds NUMBER, others as they are. */
struct bench_options {
	const char *only; /* NULL: all */
	size_t rounds;
	const char *filter_name, *filter_file; /* --filter NAME=FILE */
};

struct bench_options bench_options(int argc, char **argv, size_t rounds);

/* A line of the table, and the same for programs: fields are parted by blanks and hold none. */
void bench_line(const char *policy, const char *measure, const char *variant, double value,
		const char *unit, double base, const char *base_name);

#endif
