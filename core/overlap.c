/* SPDX-License-Identifier: MIT */
#include "overlap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "find_call.h"
#include "policy.h"
#include "syscalls.h"
#include "value_set.h"

#define PREFERRED_MAX 256

/* Values that people are surprised to see let through; first found, first shown. */
static const char *const surprising[] = { "AF_PACKET", "SOCK_RAW", "PROT_EXEC",
					  "TIOCSTI",   "F_SETOWN", "PR_SET_SECCOMP" };

static bool takes_width(uint8_t widths[6], const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		uint8_t *width = &widths[rule->conditions[i].argument];

		if (*width && *width != rule->conditions[i].bits)
			return false;
		*width = rule->conditions[i].bits;
	}
	return true;
}

bool rules_have_one_width(const struct rule *a, const struct rule *b)
{
	uint8_t widths[6] = { 0 };

	return takes_width(widths, a) && takes_width(widths, b);
}

static unsigned int argument_bits(const struct rule *rule, unsigned int argument)
{
	for (unsigned int i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].argument == argument)
			return rule->conditions[i].bits;
	return 0;
}

/* Leaves in set what the rule's conditions on one argument leave. */
static bool keep_argument(struct value_set *set, const struct rule *rule, unsigned int argument)
{
	for (unsigned int i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].argument == argument &&
		    !value_set_keep(set, &rule->conditions[i]))
			return false;
	return true;
}

/* The named values of an argument, in the order of the table. */
static size_t preferred_values(const struct rule *rule, unsigned int argument, enum stile_abi abi,
			       uint64_t preferred[PREFERRED_MAX])
{
	unsigned int count;
	const struct syscall_argument *arguments = syscall_argument_list(rule->syscall, abi,
									 &count);
	const struct constant_group *group;
	size_t found = 0;

	if (argument >= count || arguments[argument].group < 0)
		return 0;
	group = &constant_groups[arguments[argument].group];
	for (uint32_t i = group->first; i < group->first + group->count; i++)
		if ((constants[i].abis & 1u << abi) && found < PREFERRED_MAX)
			preferred[found++] = constants[i].value;
	return found;
}

bool rules_overlap(const struct rule *a, const struct rule *b, enum stile_abi abi,
		   uint64_t words[6])
{
	for (unsigned int argument = 0; argument < 6; argument++) {
		unsigned int bits = argument_bits(a, argument);
		uint64_t preferred[PREFERRED_MAX];
		struct value_set set;
		size_t count;

		words[argument] = 0;
		if (bits == 0)
			bits = argument_bits(b, argument);
		if (bits == 0)
			continue;
		value_set_all(&set, bits);
		/* The interval table has room for two rules: RULE_CONDITIONS_MAX. */
		if (!keep_argument(&set, a, argument) || !keep_argument(&set, b, argument))
			return true;
		count = preferred_values(a, argument, abi, preferred);
		if (!value_set_pick(&set, preferred, count, &words[argument]))
			return false;
	}
	return true;
}

bool rule_within(const struct rule *a, const struct rule *b)
{
	for (unsigned int i = 0; i < b->condition_count; i++) {
		const struct stile_table_condition *condition = &b->conditions[i];
		struct value_set set;

		value_set_all(&set, condition->bits);
		if (!keep_argument(&set, a, condition->argument) ||
		    !value_set_within(&set, condition))
			return false;
	}
	return true;
}

bool rule_never_matches(const struct rule *rule, unsigned int *argument)
{
	for (*argument = 0; *argument < 6; ++*argument) {
		unsigned int bits = argument_bits(rule, *argument);
		struct value_set set;

		if (bits == 0)
			continue;
		value_set_all(&set, bits);
		if (keep_argument(&set, rule, *argument) && value_set_is_empty(&set))
			return true;
	}
	return false;
}

/* The part of all values of its argument for which a condition holds, 0 to 1. */
static double share_of_values(const struct stile_table_condition *condition)
{
	const double all = condition->bits >= 64 ? 0x1p64 :
						   (double)(UINT64_C(1) << condition->bits);
	const uint64_t max = condition->bits >= 64 ? UINT64_MAX :
						     (UINT64_C(1) << condition->bits) - 1;
	const uint64_t sign = condition->is_signed ? max - (max >> 1) : 0;
	const uint64_t below = (condition->value & max) ^ sign; /* so many values are less */
	unsigned int bits;

	switch (condition->comparison) {
	case STILE_EQUAL:
		return 1 / all;
	case STILE_LESS:
		return (double)below / all;
	case STILE_LESS_OR_EQUAL:
		return ((double)below + 1) / all;
	case STILE_GREATER:
		return (double)(max - below) / all;
	case STILE_GREATER_OR_EQUAL:
		return ((double)(max - below) + 1) / all;
	case STILE_MASKED_EQUAL:
		bits = (unsigned int)__builtin_popcountll(condition->mask & max);
		return bits >= 64 ? 1 / all : 1 / (double)(UINT64_C(1) << bits);
	default:
		return 1;
	}
}

/*
 * Whether the rules are too narrow to match every call, however they lie: quick, and true for
 * nearly all that people write. An argument's bits count alike, so shares of calls add up.
 */
static bool are_too_narrow(const struct rule *const *rules, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		double least = 1;

		for (unsigned int c = 0; c < rules[i]->condition_count; c++) {
			double share = share_of_values(&rules[i]->conditions[c]);

			if (share < least)
				least = share;
		}
		sum += least;
	}
	return sum < 0.99; /* clearly: sums of fractions are not exact */
}

int rules_match_all(const struct rule *const *rules, size_t count)
{
	const struct stile_action passed_by = { STILE_ACTION_LOG, 0 };
	struct rule *copies;
	uint64_t words[6];
	int found;

	if (count == 0 || are_too_narrow(rules, count))
		return 0;
	copies = malloc(count * sizeof(*copies));
	if (!copies)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		copies[i] = *rules[i];
		copies[i].action = passed_by;
	}
	found = find_call(copies, count, true, words);
	free(copies);
	return found == -ENOMEM ? found : found == 0;
}

static bool is_surprising(const char *name)
{
	for (size_t i = 0; i < sizeof(surprising) / sizeof(*surprising); i++)
		if (strcmp(name, surprising[i]) == 0)
			return true;
	return false;
}

void call_outside(const struct rule *narrow, enum stile_abi abi, uint64_t words[6])
{
	unsigned int count;
	const struct syscall_argument *arguments = syscall_argument_list(narrow->syscall, abi,
									 &count);

	memset(words, 0, 6 * sizeof(*words));
	for (unsigned int i = 0; i < count; i++) {
		const struct constant_group *group = arguments[i].group < 0 ?
							     NULL :
							     &constant_groups[arguments[i].group];

		for (uint32_t k = 0; group && k < group->count; k++)
			if ((constants[group->first + k].abis & 1u << abi) &&
			    is_surprising(constants[group->first + k].name))
				words[i] = constants[group->first + k].value;
	}
	for (unsigned int i = 0; i < narrow->condition_count && rule_matches(narrow, words); i++) {
		const struct stile_table_condition *condition = &narrow->conditions[i];
		struct value_set set;

		value_set_all(&set, condition->bits);
		if (condition->comparison == STILE_MASKED_EQUAL)
			value_set_drop_bit(&set, condition->mask & -condition->mask,
					   condition->value);
		else if (!value_set_drop(&set, condition))
			continue;
		(void)value_set_pick(&set, NULL, 0, &words[condition->argument]);
	}
}
