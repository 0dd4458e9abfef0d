/* SPDX-License-Identifier: MIT */
#include "oci_lines.h"

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "oci_cubes.h"

#define LITERALS_MAX 64
#define BOXES_MAX 256 /* that a rule falls into when those before it are taken out */

/* A condition that must hold, or must not. */
struct literal {
	const struct stile_table_condition *condition;
	bool is_negated;
};

/* All of them. */
struct box {
	size_t count;
	struct literal literals[LITERALS_MAX];
};

struct boxes {
	struct box *items;
	size_t count;
};

static enum oci_lines_result add_line(struct oci_lines *lines, const struct oci_line *line)
{
	if (lines->count == OCI_LINES_MAX)
		return OCI_LINES_TOO_MANY;
	if (lines->count == lines->capacity) {
		const size_t capacity = lines->capacity ? 2 * lines->capacity : 8;
		struct oci_line *items = reallocarray(lines->items, capacity, sizeof(*items));

		if (!items)
			return OCI_LINES_NO_MEMORY;
		lines->items = items;
		lines->capacity = capacity;
	}
	lines->items[lines->count++] = *line;
	return OCI_LINES_OK;
}

/* What one comparison says of an argument, if one suffices and no masks are needed. */
static bool is_plain(const struct box *box, unsigned int argument, unsigned int bits,
		     struct oci_comparison *plain)
{
	const struct literal *only = NULL;

	for (size_t i = 0; i < box->count; i++) {
		if (box->literals[i].condition->argument != argument)
			continue;
		if (only)
			return false;
		only = &box->literals[i];
	}
	if (!only || only->condition->bits != bits || only->condition->is_signed)
		return false;
	memset(plain, 0, sizeof(*plain));
	plain->comparison = only->condition->comparison;
	plain->value = only->condition->value;
	if (plain->comparison == STILE_MASKED_EQUAL) {
		plain->mask = only->condition->mask;
		return !only->is_negated && !(plain->value & ~plain->mask);
	}
	if (!only->is_negated)
		return true;
	if (plain->comparison == STILE_EQUAL || plain->comparison == STILE_NOT_EQUAL)
		plain->comparison = plain->comparison == STILE_EQUAL ? STILE_NOT_EQUAL :
								       STILE_EQUAL;
	else /* the four orders: < and >=, <= and > */
		plain->comparison = STILE_LESS + STILE_GREATER_OR_EQUAL - plain->comparison;
	return true;
}

static bool find_cubes(const struct box *box, unsigned int argument, struct oci_cubes *cubes)
{
	oci_cubes_all(cubes);
	for (size_t i = 0; i < box->count; i++)
		if (box->literals[i].condition->argument == argument &&
		    !oci_cubes_restrict(cubes, box->literals[i].condition,
					box->literals[i].is_negated))
			return false;
	return true;
}

static enum oci_lines_result write_arguments(const struct box *box, unsigned int argument,
					     unsigned int bits, struct oci_line *line,
					     struct oci_lines *lines)
{
	const uint64_t all = UINT64_MAX >> (64 - bits);
	struct oci_comparison *to = &line->arguments[argument];
	enum oci_lines_result result = OCI_LINES_OK;
	struct oci_cubes *cubes;

	if (argument == OCI_ARGUMENTS)
		return add_line(lines, line);
	if (is_plain(box, argument, bits, to)) {
		line->compared |= 1u << argument;
		result = write_arguments(box, argument + 1, bits, line, lines);
		line->compared &= ~(1u << argument);
		memset(to, 0, sizeof(*to));
		return result;
	}
	cubes = malloc(sizeof(*cubes));
	if (!cubes)
		return OCI_LINES_NO_MEMORY;
	if (!find_cubes(box, argument, cubes))
		result = OCI_LINES_TOO_MANY;
	for (size_t i = 0; result == OCI_LINES_OK && i < cubes->count; i++) {
		const uint64_t mask = cubes->items[i].mask;

		to->comparison = mask == all ? STILE_EQUAL : STILE_MASKED_EQUAL;
		to->mask = mask == all ? 0 : mask;
		to->value = cubes->items[i].value;
		if (mask)
			line->compared |= 1u << argument;
		else
			memset(to, 0, sizeof(*to));
		result = write_arguments(box, argument + 1, bits, line, lines);
		line->compared &= ~(1u << argument);
		memset(to, 0, sizeof(*to));
	}
	free(cubes);
	return result;
}

static enum oci_lines_result write_boxes(const struct boxes *boxes, struct stile_action action,
					 unsigned int bits, struct oci_lines *lines)
{
	enum oci_lines_result result = OCI_LINES_OK;
	struct oci_line line;

	for (size_t i = 0; result == OCI_LINES_OK && i < boxes->count; i++) {
		memset(&line, 0, sizeof(line));
		line.action = action;
		result = write_arguments(&boxes->items[i], 0, bits, &line, lines);
	}
	return result;
}

static bool add_literal(struct box *box, const struct stile_table_condition *condition,
			bool is_negated)
{
	if (box->count == LITERALS_MAX)
		return false;
	box->literals[box->count++] = (struct literal){ condition, is_negated };
	return true;
}

/* Whether no value of some argument fits. */
static bool is_empty(const struct box *box)
{
	struct oci_cubes *cubes = malloc(sizeof(*cubes));
	bool is_empty = false;

	for (unsigned int i = 0; cubes && !is_empty && i < OCI_ARGUMENTS; i++)
		is_empty = find_cubes(box, i, cubes) && cubes->count == 0;
	free(cubes);
	return is_empty;
}

/* Adds to `made` what is left of a box without a rule's calls: those that fail its first condition,
 * those that hold it and fail the second, ... */
static bool split(const struct box *box, const struct stile_policy_rule *rule, struct boxes *made)
{
	for (size_t k = 0; k < rule->condition_count; k++) {
		struct box *to = &made->items[made->count];

		if (made->count == BOXES_MAX)
			return false;
		*to = *box;
		for (size_t held = 0; held <= k; held++)
			if (!add_literal(to, &rule->conditions[held], held == k))
				return false;
		made->count += !is_empty(to);
	}
	return true;
}

/* A box that a rule does not touch stays as it is. */
static bool meets(const struct box *box, const struct stile_policy_rule *rule)
{
	struct box both = *box;

	for (size_t i = 0; i < rule->condition_count; i++)
		if (!add_literal(&both, &rule->conditions[i], false))
			return true;
	return !is_empty(&both);
}

/* Takes the calls that a rule matches out of all boxes. */
static bool take_out(struct boxes *boxes, const struct stile_policy_rule *rule)
{
	struct boxes made = { calloc(BOXES_MAX, sizeof(*made.items)), 0 };
	bool is_good = made.items;

	for (size_t i = 0; is_good && i < boxes->count; i++) {
		if (meets(&boxes->items[i], rule))
			is_good = split(&boxes->items[i], rule, &made);
		else if (made.count < BOXES_MAX)
			made.items[made.count++] = boxes->items[i];
		else
			is_good = false;
	}
	if (!is_good) {
		free(made.items);
		return false;
	}
	free(boxes->items);
	*boxes = made;
	return true;
}

/* The calls that a rule (NULL: none of them) decides: those that no earlier one with another
 * action matches. */
static enum oci_lines_result write_region(const struct stile_policy *policy,
					  const struct stile_policy_call *call, size_t before,
					  const struct stile_policy_rule *rule,
					  struct stile_action action, unsigned int bits,
					  struct oci_lines *lines)
{
	struct boxes boxes = { calloc(BOXES_MAX, sizeof(*boxes.items)), 1 };
	enum oci_lines_result result = boxes.items ? OCI_LINES_OK : OCI_LINES_NO_MEMORY;
	struct stile_policy_rule earlier;

	for (size_t i = 0; boxes.items && rule && i < rule->condition_count; i++)
		(void)add_literal(boxes.items, &rule->conditions[i], false);
	for (size_t i = 0; result == OCI_LINES_OK && i < before; i++)
		if (stile_policy_get_rule(policy, call, i, &earlier) &&
		    !answers_are_equal(earlier.action, action) && !take_out(&boxes, &earlier))
			result = OCI_LINES_TOO_MANY;
	if (result == OCI_LINES_OK)
		result = write_boxes(&boxes, action, bits, lines);
	free(boxes.items);
	return result;
}

/* Whether all that a call gets is one answer. */
static bool is_simple(const struct stile_policy *policy, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(policy, call, i, &rule); i++)
		if (!answers_are_equal(rule.action, call->rest))
			return false;
	return true;
}

enum oci_lines_result oci_make_lines(const struct stile_policy *policy,
				     const struct stile_policy_call *call,
				     struct stile_action default_action, unsigned int bits,
				     bool (*leave_out)(const struct stile_policy_rule *rule),
				     size_t *too_long, struct oci_lines *lines)
{
	enum oci_lines_result result = OCI_LINES_OK;
	struct stile_policy_rule rule;
	struct oci_line line;

	*lines = (struct oci_lines){ 0 };
	if (is_simple(policy, call)) {
		memset(&line, 0, sizeof(line));
		line.action = call->rest;
		return answers_are_equal(call->rest, default_action) ? OCI_LINES_OK :
								       add_line(lines, &line);
	}
	for (size_t i = 0; result == OCI_LINES_OK && i <= call->rule_count; i++) {
		const bool is_rest = !stile_policy_get_rule(policy, call, i, &rule);
		const size_t before = lines->count;

		if (is_rest)
			rule = (struct stile_policy_rule){ .action = call->rest };
		if (answers_are_equal(rule.action, default_action) ||
		    (leave_out && leave_out(&rule)))
			continue;
		result = write_region(policy, call, i, is_rest ? NULL : &rule, rule.action, bits,
				      lines);
		if (too_long && result != OCI_LINES_NO_MEMORY && lines->count > OCI_LINES_FEW)
			result = OCI_LINES_TOO_MANY;
		if (result == OCI_LINES_TOO_MANY && too_long) {
			++*too_long;
			lines->count = before;
			result = OCI_LINES_OK;
		}
	}
	return result;
}

/* What the first `count` conditions of a rule match. */
static enum oci_lines_result write_rule(const struct stile_policy_rule *rule, size_t count,
					unsigned int bits, struct oci_lines *lines)
{
	struct boxes boxes = { calloc(1, sizeof(*boxes.items)), 1 };
	enum oci_lines_result result = boxes.items ? OCI_LINES_OK : OCI_LINES_NO_MEMORY;

	for (size_t i = 0; boxes.items && i < count; i++)
		(void)add_literal(boxes.items, &rule->conditions[i], false);
	if (boxes.items)
		result = write_boxes(&boxes, rule->action, bits, lines);
	free(boxes.items);
	return result;
}

/* A rule with as many of its conditions, or (NULL) what is left by as many rules, as can be said:
 * the fewer, the more is refused. */
static enum oci_lines_result write_wider(const struct stile_policy *policy,
					 const struct stile_policy_call *call,
					 const struct stile_policy_rule *rule, unsigned int bits,
					 struct oci_lines *lines)
{
	const size_t before = lines->count;
	enum oci_lines_result result = OCI_LINES_TOO_MANY;

	for (size_t count = rule ? rule->condition_count : call->rule_count;
	     count > 0 && result == OCI_LINES_TOO_MANY; count--) {
		lines->count = before;
		result = rule ? write_rule(rule, count, bits, lines) :
				write_region(policy, call, count, NULL, call->rest, bits, lines);
	}
	return result;
}

enum oci_lines_result oci_make_refusing_lines(const struct stile_policy *policy,
					      const struct stile_policy_call *call,
					      struct stile_action default_action, unsigned int bits,
					      struct oci_lines *lines)
{
	enum oci_lines_result result = OCI_LINES_OK;
	struct stile_policy_rule rule;
	struct stile_action refusal = default_action;

	*lines = (struct oci_lines){ 0 };
	for (size_t i = 0; result == OCI_LINES_OK && i <= call->rule_count; i++) {
		const bool is_rest = !stile_policy_get_rule(policy, call, i, &rule);
		const struct stile_action action = is_rest ? call->rest : rule.action;

		if (answers_are_equal(action, default_action))
			continue;
		if (answers_are_equal(refusal, default_action))
			refusal = action;
		if (!answer_refuses(action) || !answers_are_equal(action, refusal))
			return OCI_LINES_TOO_MANY; /* they would overlap */
		result = write_wider(policy, call, is_rest ? NULL : &rule, bits, lines);
	}
	return result;
}
