/* SPDX-License-Identifier: MIT */
#ifndef CLI_DIFFERENCE_TEXT_H
#define CLI_DIFFERENCE_TEXT_H

/* Differences of two policies for people and for programs. */

#include <stdbool.h>
#include <stdio.h>

#include <stile.h>

struct comparison {
	const struct stile_policy *from, *to;
	const char *from_name, *to_name;
	struct stile_difference *differences;
	size_t count;
};

/*
 * Finds all differences: what became wider first, then narrower, then what else changed; like
 * answers together. 0, or a negative error of stile_policy_compare(), and it was said by verb.
 * The differences are freed by the caller.
 */
int compare_policies(const char *verb, struct comparison *comparison);

/* The call, and that there are more like it. */
void write_difference_call(FILE *stream, const struct stile_difference *difference);

/* "a.json:3", or why there is no such place: "its default". */
void write_place(FILE *stream, const struct stile_policy *policy,
		 const struct stile_decision *decision);

/* Says a difference in one line on standard error, both answers and both places. */
void say_difference(const char *verb, const char *subject, const struct comparison *comparison,
		    const struct stile_difference *difference);

/* All differences, on standard output. */
void print_differences(const struct comparison *comparison);
void print_differences_json(const struct comparison *comparison);

/* How many there are of a kind. */
size_t count_changes(const struct comparison *comparison, enum stile_change change);

static inline bool is_refusal(struct stile_action action)
{
	return action.kind >= STILE_ACTION_ERRNO;
}

#endif
