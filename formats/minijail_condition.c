/* SPDX-License-Identifier: MIT */
/*
 * One condition in minijail's language, which compares whole words and tests bits. Of the bits of
 * a word "& BIT" says that one is set, "in ~BITS" that some are clear. So what compares a part of
 * a word is said by bits.
 */
#include "minijail_expression.h"

struct writing {
	struct expression *expression;
	uint8_t argument;
	unsigned int bits; /* that are compared */
	bool is_word;	   /* which are all there are */
	uint64_t all;	   /* of the bits that are compared */
	/* Bits that must be set, and clear, in all clauses: they begin with them. */
	uint64_t set, clear;
};

static void add(struct writing *writing, bool *is_begun, enum minijail_test test, uint64_t value)
{
	expression_add(writing->expression, !*is_begun, writing->argument, test, value);
	*is_begun = true;
}

/* Begins a clause with what all have. */
static bool begin(struct writing *writing)
{
	bool is_begun = false;

	if (writing->set)
		add(writing, &is_begun, MINIJAIL_ANY_BIT, writing->set);
	if (writing->clear)
		add(writing, &is_begun, MINIJAIL_NO_OTHER_BIT, ~writing->clear);
	return is_begun;
}

static void add_each_bit(struct writing *writing, bool *is_begun, uint64_t set)
{
	for (; set; set &= set - 1)
		add(writing, is_begun, MINIJAIL_ANY_BIT, set & (0 - set));
}

static void masked_equal(struct writing *writing, uint64_t mask, uint64_t value)
{
	bool is_begun = false;

	if (value & ~mask)
		return; /* never true */
	if (mask == 0) {
		writing->expression->is_always_true = true;
	} else if (writing->is_word && mask == writing->all) {
		add(writing, &is_begun, MINIJAIL_EQUAL, value);
	} else {
		if (mask & ~value)
			add(writing, &is_begun, MINIJAIL_NO_OTHER_BIT, ~(mask & ~value));
		add_each_bit(writing, &is_begun, value);
	}
}

static void not_equal(struct writing *writing, uint64_t value)
{
	const uint64_t others = writing->all & ~value;
	bool is_begun = false;

	if (writing->is_word) {
		add(writing, &is_begun, MINIJAIL_NOT_EQUAL, value);
		return;
	}
	if (others)
		add(writing, &is_begun, MINIJAIL_ANY_BIT, others);
	for (uint64_t set = value; set; set &= set - 1) {
		is_begun = false;
		add(writing, &is_begun, MINIJAIL_NO_OTHER_BIT, ~(set & (0 - set)));
	}
}

/* One clause of nothing but what all begin with. */
static void always(struct writing *writing)
{
	if (!begin(writing))
		writing->expression->is_always_true = true;
}

/*
 * Less than value: at some bit that is set in value the argument's is clear, and so are all above
 * it that are clear in value.
 */
static void less(struct writing *writing, uint64_t value)
{
	bool is_begun;

	if (writing->is_word && value) {
		is_begun = begin(writing);
		add(writing, &is_begun, MINIJAIL_LESS, value);
		return;
	}
	for (unsigned int i = writing->bits; i-- > 0;) {
		const uint64_t bit = UINT64_C(1) << i;

		if (!(value & bit & ~writing->set))
			continue;
		is_begun = begin(writing);
		add(writing, &is_begun, MINIJAIL_NO_OTHER_BIT,
		    ~(bit | (writing->all & ~value & ~(bit - 1))));
	}
}

/*
 * Greater than value: a bit that is clear in value is set, and so are all above it that are set in
 * value. Those that have the same above them are tested together.
 */
static void greater(struct writing *writing, uint64_t value)
{
	uint64_t above = 0;

	if (writing->is_word && value != writing->all) {
		bool is_begun = begin(writing);

		add(writing, &is_begun, MINIJAIL_GREATER, value);
		return;
	}
	for (unsigned int i = writing->bits; i-- > 0;) {
		uint64_t clear = 0;
		bool is_begun;

		if (value & UINT64_C(1) << i) {
			above |= UINT64_C(1) << i;
			continue;
		}
		for (clear = UINT64_C(1) << i; i > 0 && !(value & UINT64_C(1) << (i - 1)); i--)
			clear |= UINT64_C(1) << (i - 1);
		clear &= ~writing->clear;
		if (!clear)
			continue;
		is_begun = begin(writing);
		add_each_bit(writing, &is_begun, above);
		add(writing, &is_begun, MINIJAIL_ANY_BIT, clear);
	}
}

/* Unsigned. Or-equal is said by the next number. */
static void ordered(struct writing *writing, enum stile_comparison comparison, uint64_t value)
{
	switch (comparison) {
	case STILE_LESS:
		less(writing, value);
		break;
	case STILE_LESS_OR_EQUAL:
		if (value == writing->all)
			always(writing);
		else
			less(writing, value + 1);
		break;
	case STILE_GREATER:
		greater(writing, value);
		break;
	default:
		if (value == 0)
			always(writing);
		else
			greater(writing, value - 1);
	}
}

/* Within one sign the order is that of unsigned numbers; all negative ones are below the others. */
static void ordered_signed(struct writing *writing, enum stile_comparison comparison,
			   uint64_t value)
{
	const uint64_t sign = UINT64_C(1) << (writing->bits - 1);
	const bool is_less = comparison == STILE_LESS || comparison == STILE_LESS_OR_EQUAL;
	const bool is_negative = value & sign;
	uint64_t *const own = is_negative ? &writing->set : &writing->clear;
	uint64_t *const other = is_negative ? &writing->clear : &writing->set;

	if (is_less != is_negative) {
		*other = sign;
		always(writing);
		*other = 0;
	}
	*own = sign;
	ordered(writing, comparison, value);
}

bool expression_of_condition(const struct stile_table_condition *condition, unsigned int bits,
			     struct expression *expression)
{
	struct writing writing = { .expression = expression,
				   .argument = condition->argument,
				   .bits = condition->bits,
				   .is_word = condition->bits == bits,
				   .all = UINT64_MAX >> (64 - condition->bits) };

	if (condition->bits > bits)
		return false;
	switch (condition->comparison) {
	case STILE_EQUAL:
		masked_equal(&writing, writing.all, condition->value);
		break;
	case STILE_NOT_EQUAL:
		not_equal(&writing, condition->value);
		break;
	case STILE_MASKED_EQUAL:
		masked_equal(&writing, condition->mask, condition->value);
		break;
	default:
		if (condition->is_signed)
			ordered_signed(&writing, condition->comparison, condition->value);
		else
			ordered(&writing, condition->comparison, condition->value);
	}
	return true;
}
