/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <err.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double microseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

void pin_to_one_cpu(void)
{
	cpu_set_t may_use, one;

	if (sched_getaffinity(0, sizeof(may_use), &may_use) < 0)
		err(1, "sched_getaffinity");
	CPU_ZERO(&one);
	for (unsigned int i = CPU_SETSIZE; i-- > 0;)
		if (CPU_ISSET(i, &may_use)) {
			CPU_SET(i, &one);
			break;
		}
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		err(1, "sched_setaffinity");
}

void set_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(1, "no_new_privs");
}

double load_filter(const struct sock_filter *instructions, size_t count)
{
	struct sock_fprog program = { (unsigned short)count, (struct sock_filter *)instructions };
	const double start = microseconds();

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		err(1, "seccomp");
	return microseconds() - start;
}

/* Only read, write and exit_group: filters of every policy allow them. */
static void serve(int ask, int answer, double (*measure)(void *data), void *data)
{
	char question;

	while (read(ask, &question, 1) == 1) {
		const double value = measure(data);

		if (write(answer, &value, sizeof(value)) != sizeof(value))
			break;
	}
	_exit(0);
}

struct worker worker_start(void (*prepare)(void *data), double (*measure)(void *data), void *data)
{
	struct worker worker;
	int ask[2], answer[2];

	/* closed on exec only: a worker that lives beside holds copies, and ends after us */
	if (pipe(ask) < 0 || pipe(answer) < 0)
		err(1, "pipe");
	(void)fflush(stdout);
	worker.process = fork();
	if (worker.process < 0)
		err(1, "fork");
	if (worker.process == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ask[1]);
		pin_to_one_cpu();
		if (prepare)
			prepare(data);
		serve(ask[0], answer[1], measure, data);
	}
	(void)close(ask[0]);
	(void)close(answer[1]);
	worker.ask = ask[1];
	worker.answer = answer[0];
	return worker;
}

double worker_measure(const struct worker *worker)
{
	double value;

	if (write(worker->ask, "", 1) != 1 ||
	    read(worker->answer, &value, sizeof(value)) != sizeof(value))
		errx(1, "a worker has ended");
	return value;
}

void worker_end(struct worker *worker)
{
	(void)kill(worker->process, SIGKILL);
	(void)waitpid(worker->process, NULL, 0);
	(void)close(worker->ask);
	(void)close(worker->answer);
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void wrong_usage(const char *program)
{
	errx(2, "usage: %s [--only POLICY] [--rounds NUMBER] [--filter NAME=FILE]", program);
}

struct bench_options bench_options(int argc, char **argv, size_t rounds)
{
	struct bench_options options = { .rounds = rounds };

	for (int i = 1; i < argc; i += 2) {
		char *value = argv[i + 1]; /* NULL after the last */

		if (!value)
			wrong_usage(argv[0]);
		if (strcmp(argv[i], "--only") == 0) {
			options.only = value;
		} else if (strcmp(argv[i], "--rounds") == 0 && atoi(value) > 0) {
			options.rounds = (size_t)atoi(value);
		} else if (strcmp(argv[i], "--filter") == 0 && strchr(value, '=')) {
			options.filter_name = value;
			value = strchr(value, '=');
			*value = '\0';
			options.filter_file = value + 1;
		} else {
			wrong_usage(argv[0]);
		}
	}
	return options;
}

void bench_line(const char *policy, const char *measure, const char *variant, double value,
		const char *unit, double base, const char *base_name)
{
	printf("%-12s %-12s %-16s %10.1f %-4s %8.3f x %s\n", policy, measure, variant, value, unit,
	       base > 0 ? value / base : 0, base_name);
}
