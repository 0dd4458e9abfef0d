/* SPDX-License-Identifier: MIT */
#include "difference_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy_words.h"
#include "say.h"

#define NAME_SIZE 16

static int compare_actions(struct stile_action a, struct stile_action b)
{
	if (a.kind != b.kind)
		return a.kind < b.kind ? -1 : 1;
	if (a.errno_value != b.errno_value)
		return a.errno_value < b.errno_value ? -1 : 1;
	return 0;
}

/* By what changed, then by answers, then by call and ABI. */
static int compare_differences(const void *first, const void *second)
{
	const struct stile_difference *a = first, *b = second;
	const enum stile_abi abi_a = abi_of_call(&a->witness), abi_b = abi_of_call(&b->witness);
	const uint32_t number_a = (uint32_t)a->witness.nr, number_b = (uint32_t)b->witness.nr;
	char text_a[NAME_SIZE], text_b[NAME_SIZE];
	int order;

	if (a->change != b->change)
		return a->change < b->change ? -1 : 1;
	order = compare_actions(a->from.action, b->from.action);
	if (!order)
		order = compare_actions(a->to.action, b->to.action);
	if (!order && a->is_one_number != b->is_one_number)
		order = a->is_one_number ? -1 : 1;
	if (!order)
		order = strcmp(call_name(abi_a, number_a, text_a, sizeof(text_a)),
			       call_name(abi_b, number_b, text_b, sizeof(text_b)));
	if (!order)
		order = (int)abi_a - (int)abi_b;
	return order;
}

int compare_policies(const char *verb, struct comparison *comparison)
{
	int error = stile_policy_compare(comparison->from, comparison->to, &comparison->differences,
					 &comparison->count);

	if (error == -ENOMEM)
		say(verb, NULL, "out of memory");
	else if (error == -E2BIG)
		say(verb, NULL,
		    "it is not decided whether the policies differ: a call has too many rules");
	else if (error)
		say_message(verb, stile_policy_error(comparison->from) ?
					  stile_policy_message(comparison->from) :
					  stile_policy_message(comparison->to));
	else if (comparison->count > 0)
		qsort(comparison->differences, comparison->count, sizeof(*comparison->differences),
		      compare_differences);
	return error;
}

void write_difference_call(FILE *stream, const struct stile_difference *difference)
{
	write_call(stream, &difference->witness);
	if (difference->is_one_number)
		return;
	(void)fputs(difference->from.reason == STILE_REASON_FOREIGN ||
				    difference->to.reason == STILE_REASON_FOREIGN ?
			    " (so are all calls by this ABI, or by others, that get these "
			    "answers)" :
			    " (so are all numbers that get these answers)",
		    stream);
}

void write_place(FILE *stream, const struct stile_policy *policy,
		 const struct stile_decision *decision)
{
	static const char *const reasons[] = { "a rule", "the rest of its calls", "the default",
					       "unknown numbers", "other ABIs" };

	if (!write_origin(stream, policy, decision->origin))
		(void)fputs(reasons[decision->reason], stream);
}

void say_difference(const char *verb, const char *subject, const struct comparison *comparison,
		    const struct stile_difference *difference)
{
	char *text = NULL, from[ACTION_WORDS_MAX], to[ACTION_WORDS_MAX];
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream) {
		say(verb, NULL, "out of memory");
		return;
	}
	stile_format_action(difference->from.action, from, sizeof(from));
	stile_format_action(difference->to.action, to, sizeof(to));
	write_difference_call(stream, difference);
	(void)fprintf(stream, ": %s (", from);
	write_place(stream, comparison->from, &difference->from);
	(void)fprintf(stream, ") became %s (", to);
	write_place(stream, comparison->to, &difference->to);
	(void)fputc(')', stream);
	if (fclose(stream) == 0)
		say(verb, subject, "%s", text);
	free(text);
}

static bool is_new_group(const struct comparison *comparison, size_t index)
{
	const struct stile_difference *here = &comparison->differences[index], *last = here - 1;

	return index == 0 || here->change != last->change ||
	       compare_actions(here->from.action, last->from.action) ||
	       compare_actions(here->to.action, last->to.action);
}

static bool is_from_same_place(const struct stile_policy *policy, const struct stile_decision *a,
			       const struct stile_decision *b)
{
	unsigned int line_a, line_b;
	const char *text_a = stile_policy_origin(policy, a->origin, &line_a);
	const char *text_b = stile_policy_origin(policy, b->origin, &line_b);

	return a->reason == b->reason && line_a == line_b && strcmp(text_a, text_b) == 0;
}

/* How long the call in words is before " on x86_64". */
static size_t length_without_abi(const char *text)
{
	const char *end = strstr(text, ") on ");

	return end ? (size_t)(end - text) : strlen(text);
}

/* Whether it is the same call by another ABI, with the same answers from the same places. */
static bool is_the_same(const struct comparison *comparison, const struct stile_difference *a,
			const struct stile_difference *b)
{
	char *text_a, *text_b;
	bool is_same;

	if (a->change != b->change || !a->is_one_number || !b->is_one_number ||
	    !is_same_action(a->from.action, b->from.action) ||
	    !is_same_action(a->to.action, b->to.action) ||
	    !is_from_same_place(comparison->from, &a->from, &b->from) ||
	    !is_from_same_place(comparison->to, &a->to, &b->to) ||
	    memcmp(a->witness.args, b->witness.args, sizeof(a->witness.args)) != 0)
		return false;
	text_a = stile_call_text(&a->witness);
	text_b = stile_call_text(&b->witness);
	is_same = text_a && text_b && length_without_abi(text_a) == length_without_abi(text_b) &&
		  strncmp(text_a, text_b, length_without_abi(text_a)) == 0;
	free(text_a);
	free(text_b);
	return is_same;
}

/* Prints a difference, and by which ABIs it is one too. Returns how many were printed. */
static size_t print_difference(const struct comparison *comparison, size_t index)
{
	static const char marks[] = { '+', '-', '~' };
	const struct stile_difference *d = &comparison->differences[index];
	size_t count = 1;

	(void)printf("  %c ", marks[d->change]);
	write_difference_call(stdout, d);
	for (; index + count < comparison->count && is_the_same(comparison, d, d + count); count++)
		(void)printf(", %s", stile_abi_name(abi_of_call(&d[count].witness)));
	(void)fputs("  # ", stdout);
	write_place(stdout, comparison->from, &d->from);
	(void)fputs(" -> ", stdout);
	write_place(stdout, comparison->to, &d->to);
	(void)fputc('\n', stdout);
	return count;
}

void print_differences(const struct comparison *comparison)
{
	static const char *const changes[] = { "wider", "narrower", "changed" };
	char from[ACTION_WORDS_MAX], to[ACTION_WORDS_MAX];

	for (size_t i = 0; i < comparison->count; i += print_difference(comparison, i)) {
		const struct stile_difference *d = &comparison->differences[i];

		if (!is_new_group(comparison, i))
			continue;
		stile_format_action(d->from.action, from, sizeof(from));
		stile_format_action(d->to.action, to, sizeof(to));
		(void)printf("%s: %s -> %s\n", changes[d->change], from, to);
	}
}

static void print_json_decision(const char *key, const struct stile_policy *policy,
				const struct stile_decision *decision)
{
	(void)printf("\"%s\": {", key);
	write_json_action(stdout, "answer", decision->action);
	(void)fputs(", ", stdout);
	write_json_origin(stdout, policy, decision->origin);
	(void)fputc('}', stdout);
}

static void print_json_difference(const struct comparison *comparison,
				  const struct stile_difference *d)
{
	static const char *const changes[] = { "wider", "narrower", "changed" };
	const enum stile_abi abi = abi_of_call(&d->witness);
	char *call = stile_call_text(&d->witness);

	(void)printf("{\"change\": \"%s\", \"call\": ", changes[d->change]);
	write_json_string(stdout, call ? call : "");
	free(call);
	(void)fputs(", \"abi\": ", stdout);
	if (abi < STILE_ABI_COUNT)
		write_json_string(stdout, stile_abi_name(abi));
	else
		(void)fputs("null", stdout);
	(void)printf(", \"arch\": \"0x%08" PRIx32 "\", \"number\": %" PRIu32 ", \"arguments\": [",
		     d->witness.arch, (uint32_t)d->witness.nr);
	for (unsigned int i = 0; i < 6; i++)
		(void)printf("%s\"0x%" PRIx64 "\"", i ? ", " : "", (uint64_t)d->witness.args[i]);
	(void)printf("], \"one_number\": %s, ", d->is_one_number ? "true" : "false");
	print_json_decision("from", comparison->from, &d->from);
	(void)fputs(", ", stdout);
	print_json_decision("to", comparison->to, &d->to);
	(void)fputc('}', stdout);
}

void print_differences_json(const struct comparison *comparison)
{
	(void)fputs("{\n  \"from\": ", stdout);
	write_json_string(stdout, comparison->from_name);
	(void)fputs(",\n  \"to\": ", stdout);
	write_json_string(stdout, comparison->to_name);
	(void)fputs(",\n  \"differences\": [", stdout);
	for (size_t i = 0; i < comparison->count; i++) {
		(void)fputs(i ? ",\n    " : "\n    ", stdout);
		print_json_difference(comparison, &comparison->differences[i]);
	}
	(void)fputs("\n  ]\n}\n", stdout);
}

size_t count_changes(const struct comparison *comparison, enum stile_change change)
{
	size_t count = 0;

	for (size_t i = 0; i < comparison->count; i++)
		count += comparison->differences[i].change == change;
	return count;
}
