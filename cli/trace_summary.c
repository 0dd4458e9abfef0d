/* SPDX-License-Identifier: MIT */
#include "trace_summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace_line.h"

static struct call_sum *find_sum(struct trace_summary *summary, const char *name)
{
	struct call_sum *sums;

	for (size_t i = 0; i < summary->count; i++)
		if (strcmp(summary->sums[i].name, name) == 0)
			return &summary->sums[i];
	if (summary->count == summary->capacity) {
		const size_t capacity = summary->capacity ? 2 * summary->capacity : 64;

		sums = reallocarray(summary->sums, capacity, sizeof(*sums));
		if (!sums)
			return NULL;
		summary->sums = sums;
		summary->capacity = capacity;
	}
	summary->sums[summary->count] = (struct call_sum){ .name = name };
	return &summary->sums[summary->count++];
}

bool trace_summary_add(struct trace_summary *summary, const struct traced_call *traced)
{
	struct call_sum *sum = find_sum(summary, traced->name);

	if (!sum)
		return false;
	sum->calls++;
	sum->errors += traced_call_failed(traced);
	sum->nanoseconds += traced->duration;
	return true;
}

static int compare_sums(const void *a, const void *b)
{
	const struct call_sum *x = a, *y = b;

	if (x->nanoseconds != y->nanoseconds)
		return x->nanoseconds < y->nanoseconds ? 1 : -1;
	return strcmp(x->name, y->name);
}

static struct call_sum sort_and_add_up(struct trace_summary *summary)
{
	struct call_sum total = { .name = "total" };

	if (summary->count)
		qsort(summary->sums, summary->count, sizeof(*summary->sums), compare_sums);
	for (size_t i = 0; i < summary->count; i++) {
		total.calls += summary->sums[i].calls;
		total.errors += summary->sums[i].errors;
		total.nanoseconds += summary->sums[i].nanoseconds;
	}
	return total;
}

static void write_sum(FILE *stream, const struct call_sum *sum, uint64_t whole)
{
	const double share = whole ? 100.0 * (double)sum->nanoseconds / (double)whole : 0;

	(void)fprintf(stream, "%6.2f %11.6f %11" PRIu64 " %9" PRIu64 " ", share,
		      (double)sum->nanoseconds / 1e9,
		      sum->calls ? sum->nanoseconds / sum->calls / 1000 : 0, sum->calls);
	if (sum->errors)
		(void)fprintf(stream, "%9" PRIu64 " %s\n", sum->errors, sum->name);
	else
		(void)fprintf(stream, "%9s %s\n", "", sum->name);
}

void trace_summary_write(struct trace_summary *summary, FILE *stream)
{
	static const char rule[] = "------ ----------- ----------- --------- --------- --------\n";
	const struct call_sum total = sort_and_add_up(summary);

	(void)fprintf(stream, "%6s %11s %11s %9s %9s %s\n%s", "% time", "seconds", "usecs/call",
		      "calls", "errors", "syscall", rule);
	for (size_t i = 0; i < summary->count; i++)
		write_sum(stream, &summary->sums[i], total.nanoseconds);
	(void)fputs(rule, stream);
	write_sum(stream, &total, total.nanoseconds);
}

static void write_sum_json(FILE *stream, const char *event, const struct call_sum *sum,
			   bool with_name)
{
	(void)fprintf(stream, "{\"event\":\"%s\"", event);
	if (with_name) /* of the table: letters, digits, '_' */
		(void)fprintf(stream, ",\"call\":\"%s\"", sum->name);
	(void)fprintf(stream,
		      ",\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"nanoseconds\":%" PRIu64
		      "}\n",
		      sum->calls, sum->errors, sum->nanoseconds);
}

void trace_summary_write_json(struct trace_summary *summary, FILE *stream)
{
	const struct call_sum total = sort_and_add_up(summary);

	for (size_t i = 0; i < summary->count; i++)
		write_sum_json(stream, "count", &summary->sums[i], true);
	write_sum_json(stream, "total", &total, false);
}

void trace_summary_end(struct trace_summary *summary)
{
	free(summary->sums);
	*summary = (struct trace_summary){ 0 };
}
