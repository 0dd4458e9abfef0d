/* SPDX-License-Identifier: MIT */
/* minijail's expressions as rules: "any of these bits" becomes a rule for each bit. */
#include <string.h>

#include "minijail.h"

#define CONDITIONS_MAX 32
#define CHOICES_MAX 32
#define ALTERNATIVES_MAX 4096 /* rules of one clause */
#define ARGUMENTS 6

/* One clause: what must hold together. */
struct clause {
	struct stile_table_condition conditions[CONDITIONS_MAX];
	size_t condition_count;
	uint64_t mask[ARGUMENTS], value[ARGUMENTS]; /* bits that must be so */
	struct {
		uint8_t argument;
		uint64_t bits; /* of which one at least is set; several */
	} choices[CHOICES_MAX];
	size_t choice_count;
	bool is_never_true;
};

static bool add_condition(struct clause *clause, unsigned int bits, uint8_t argument,
			  enum stile_comparison comparison, uint64_t mask, uint64_t value)
{
	if (clause->condition_count == CONDITIONS_MAX)
		return false;
	clause->conditions[clause->condition_count++] =
		(struct stile_table_condition){ .argument = argument,
						.bits = (uint8_t)bits,
						.comparison = (uint8_t)comparison,
						.parameter = -1,
						.mask = mask,
						.value = value };
	return true;
}

static void require_bits(struct clause *clause, uint8_t argument, uint64_t mask, uint64_t value)
{
	const uint64_t both = clause->mask[argument] & mask;

	if ((clause->value[argument] & both) != (value & both))
		clause->is_never_true = true;
	clause->mask[argument] |= mask;
	clause->value[argument] |= value;
}

static bool add_atom(struct clause *clause, unsigned int bits, const struct minijail_atom *atom)
{
	static const enum stile_comparison comparisons[] = {
		STILE_EQUAL,	     STILE_NOT_EQUAL, STILE_LESS,
		STILE_LESS_OR_EQUAL, STILE_GREATER,   STILE_GREATER_OR_EQUAL,
	};
	const uint64_t value = atom->value;

	switch (atom->test) {
	case MINIJAIL_NO_OTHER_BIT:
		require_bits(clause, atom->argument, ~value & (UINT64_MAX >> (64 - bits)), 0);
		return true;
	case MINIJAIL_ANY_BIT:
		if (value == 0)
			clause->is_never_true = true;
		if ((value & (value - 1)) == 0) {
			require_bits(clause, atom->argument, value, value);
			return true;
		}
		if (clause->choice_count == CHOICES_MAX)
			return false;
		clause->choices[clause->choice_count].argument = atom->argument;
		clause->choices[clause->choice_count++].bits = value;
		return true;
	default:
		return add_condition(clause, bits, atom->argument, comparisons[atom->test], 0,
				     value);
	}
}

/* The lowest bit of those that are all set up to the highest one. */
static uint64_t top_run(uint64_t bits, unsigned int width)
{
	uint64_t lowest = UINT64_C(1) << (width - 1);

	while (lowest > 1 && bits & lowest >> 1 && bits & lowest)
		lowest >>= 1;
	return lowest;
}

/*
 * Takes the next alternative of a choice, of *left: all that reach up to the highest bit together
 * (they make the argument at least their lowest), else one bit.
 */
static bool choose(struct clause *clause, unsigned int width, uint8_t argument, uint64_t *left)
{
	const uint64_t top = UINT64_C(1) << (width - 1), lowest = top_run(*left, width);
	uint64_t bit;

	if (*left & top && lowest != top) {
		*left &= lowest - 1;
		return add_condition(clause, width, argument, STILE_GREATER_OR_EQUAL, 0, lowest);
	}
	bit = *left & (0 - *left);
	*left &= ~bit;
	require_bits(clause, argument, bit, bit);
	return true;
}

/* The rule of a clause without choices. 0: added or never true; 1: too long; -1: refused. */
static int add_rule(struct minijail_text *text, struct stile_policy *policy, struct clause *clause,
		    struct stile_policy_rule *rule)
{
	for (uint8_t i = 0; i < ARGUMENTS && !clause->is_never_true; i++)
		if (clause->mask[i] && !add_condition(clause, text->bits, i, STILE_MASKED_EQUAL,
						      clause->mask[i], clause->value[i]))
			return 1;
	if (clause->is_never_true)
		return 0;
	if (text->rule_count++ == MINIJAIL_RULES_MAX)
		return 1;
	rule->conditions = clause->conditions;
	rule->condition_count = clause->condition_count;
	return stile_policy_add_rule(policy, rule) < 0 ? -1 : 0;
}

/* A rule for each way to choose from all choices. Returns as add_rule(). */
static int add_alternatives(struct minijail_text *text, struct stile_policy *policy,
			    const struct clause *clause, struct stile_policy_rule *rule)
{
	uint64_t left[CHOICES_MAX] = { 0 };
	size_t depth = 0;
	struct clause chosen[CHOICES_MAX + 1];

	chosen[0] = *clause;
	if (clause->choice_count > 0)
		left[0] = clause->choices[0].bits;
	for (size_t count = 0;;) {
		if (depth == clause->choice_count) {
			const int result = add_rule(text, policy, &chosen[depth], rule);

			if (result != 0)
				return result;
			if (++count > ALTERNATIVES_MAX)
				return 1;
			if (depth == 0)
				return 0;
			depth--;
		} else if (left[depth] == 0) {
			if (depth == 0)
				return 0;
			depth--;
		} else {
			chosen[depth + 1] = chosen[depth];
			if (!choose(&chosen[depth + 1], text->bits, clause->choices[depth].argument,
				    &left[depth]))
				return 1;
			depth++;
			if (depth < clause->choice_count)
				left[depth] = clause->choices[depth].bits;
		}
	}
}

static bool add_clause(struct minijail_text *text, struct stile_policy *policy,
		       const struct minijail_filter *filter, const struct clause *clause,
		       struct stile_policy_rule *rule)
{
	const struct minijail_place *place = &filter->place;
	int result;

	if (clause->is_never_true) {
		diagnose_warning(text->diagnostics, place->file, place->line, place->column,
				 "a part of this can never be true: bits that must be set and must "
				 "not, or '& 0'");
		return true;
	}
	result = add_alternatives(text, policy, clause, rule);
	if (result > 0)
		diagnose_error(text->diagnostics, place->file, place->line, place->column,
			       "found too many comparisons, or tests for any of several bits: "
			       "expected at most %d ways to match, of %d comparisons each; use "
			       "fewer '&'",
			       ALTERNATIVES_MAX, CONDITIONS_MAX);
	else if (result < 0)
		diagnose_error(text->diagnostics, place->file, place->line, place->column, "%s",
			       stile_policy_message(policy));
	return result == 0;
}

bool minijail_add_rules(struct minijail_text *text, struct stile_policy *policy,
			const struct minijail_filter *filter, uint32_t number, int origin,
			struct stile_action action)
{
	const struct minijail_atom *atoms = &text->atoms[filter->first_atom];
	struct stile_policy_rule rule = {
		.abi = text->options->abi, .number = number, .action = action, .origin = origin
	};
	size_t i = 0;

	do {
		struct clause clause = { 0 };
		bool is_fine = true;

		do {
			if (filter->atom_count > 0)
				is_fine = add_atom(&clause, text->bits, &atoms[i]) && is_fine;
			i++;
		} while (i < filter->atom_count && !atoms[i].begins_clause);
		if (!is_fine) {
			diagnose_error(text->diagnostics, filter->place.file, filter->place.line,
				       filter->place.column,
				       "found more than %d comparisons that must hold together, "
				       "expected at most as many: use fewer '&&'",
				       CONDITIONS_MAX);
			return false;
		}
		if (!add_clause(text, policy, filter, &clause, &rule))
			return false;
	} while (i < filter->atom_count);
	return true;
}
