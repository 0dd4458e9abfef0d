/* SPDX-License-Identifier: MIT */
/*
 * For peers.py, built against kafel: the middle time in microseconds to compile a policy of kafel's
 * language, and the instructions of the filter, which is written to a file.
 *
 *   kafel POLICY FILTER ROUNDS
 */
#include <err.h>
#include <kafel.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double microseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!file || !text || fread(text, 1, (1 << 20) - 1, file) == 0)
		err(1, "%s", path);
	(void)fclose(file);
	return text;
}

static void write_filter(const char *path, const struct sock_fprog *program)
{
	FILE *file = fopen(path, "wb");

	if (!file ||
	    fwrite(program->filter, sizeof(*program->filter), program->len, file) != program->len ||
	    fclose(file) != 0)
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	const size_t rounds = argc == 4 ? (size_t)atoi(argv[3]) : 0;
	double *values = calloc(rounds + 1, sizeof(*values));
	char *text;

	if (!values || rounds == 0)
		errx(2, "usage: %s POLICY FILTER ROUNDS", argv[0]);
	text = read_text(argv[1]);
	for (size_t i = 0; i < rounds; i++) {
		struct sock_fprog program;
		const double start = microseconds();
		kafel_ctxt_t context = kafel_ctxt_create();

		kafel_set_input_string(context, text);
		if (kafel_compile(context, &program) != 0)
			errx(1, "%s", kafel_error_msg(context));
		values[i] = microseconds() - start;
		kafel_ctxt_destroy(&context);
		if (i == 0) {
			write_filter(argv[2], &program);
			printf("%u ", program.len);
		}
		free(program.filter);
	}
	qsort(values, rounds, sizeof(*values), by_value);
	printf("%.1f\n", values[rounds / 2]);
	return 0;
}
