/* SPDX-License-Identifier: MIT */
/* Conditions: unlike in C, comparisons bind less than '&' and '|'. */
#include "kafel_parser.h"

typedef const struct kafel_expression *(*parse_function)(struct kafel_parser *parser);

static const struct kafel_expression *parse_list(struct kafel_parser *parser);

static const struct kafel_expression *make(struct kafel_parser *parser,
					   enum kafel_operator operation,
					   const struct kafel_expression *left,
					   const struct kafel_expression *right)
{
	struct kafel_expression *made;
	unsigned int depth = left->depth;

	if (right && right->depth > depth)
		depth = right->depth;
	if (depth >= KAFEL_EXPRESSION_DEPTH_MAX) {
		(void)kafel_refuse(parser, left->place,
				   "found an expression that is more than %d operators deep, "
				   "expected one that is not, as Kafel takes: write several "
				   "entries "
				   "for this call",
				   KAFEL_EXPRESSION_DEPTH_MAX);
		return NULL;
	}
	made = kafel_allocate(parser, sizeof(*made));
	if (!made)
		return NULL;
	*made = (struct kafel_expression){ .operation = operation,
					   .depth = depth + 1,
					   .place = left->place,
					   .left = left,
					   .right = right };
	return made;
}

/* Whether both sides of an operator are of the kind that it takes; else it was said. */
static bool check_kind(struct kafel_parser *parser, const struct kafel_expression *expression,
		       bool is_boolean, const char *operator)
{
	if (kafel_is_boolean(expression) == is_boolean)
		return true;
	return kafel_refuse(parser, expression->place,
			    is_boolean ? "expected a comparison beside '%s', found a mere value" :
					 "expected a value beside '%s', found a condition",
			    operator);
}

/* What stands behind '(' or '!', which is the next token. */
static const struct kafel_expression *parse_inner(struct kafel_parser *parser, parse_function part)
{
	const struct kafel_expression *inner;

	if (parser->nesting >= KAFEL_EXPRESSION_DEPTH_MAX) {
		(void)kafel_refuse(parser, parser->token.place,
				   "found '(' or '!' within %d others, expected at most "
				   "%d deep: remove those that change nothing",
				   KAFEL_EXPRESSION_DEPTH_MAX, KAFEL_EXPRESSION_DEPTH_MAX);
		return NULL;
	}
	parser->nesting++;
	kafel_next(parser);
	inner = part(parser);
	parser->nesting--;
	return inner;
}

static const struct kafel_expression *parse_parentheses(struct kafel_parser *parser)
{
	const struct kafel_expression *inner;

	inner = parse_inner(parser, parse_list);
	if (!inner || !kafel_expect(parser, ")", NULL))
		return NULL;
	return inner;
}

static const struct kafel_expression *parse_operand(struct kafel_parser *parser)
{
	const struct kafel_token token = parser->token;
	struct kafel_expression *leaf;

	if (kafel_token_is(&token, "("))
		return parse_parentheses(parser);
	if (token.kind != KAFEL_TOKEN_NUMBER && token.kind != KAFEL_TOKEN_NAME) {
		(void)kafel_expected(parser, "an argument, a number or '('");
		return NULL;
	}
	leaf = kafel_allocate(parser, sizeof(*leaf));
	if (!leaf)
		return NULL;
	*leaf = (struct kafel_expression){ .operation = KAFEL_NUMBER,
					   .place = token.place,
					   .number = token.number };
	if (token.kind == KAFEL_TOKEN_NAME &&
	    !kafel_find_constant(parser, token.text, &leaf->number)) {
		leaf->operation = KAFEL_ARGUMENT;
		leaf->name = token.text;
	}
	kafel_next(parser);
	return leaf;
}

/* Operands between which a sign stands, from the left. */
static const struct kafel_expression *parse_chain(struct kafel_parser *parser, const char *sign,
						  enum kafel_operator operation,
						  parse_function part)
{
	const bool is_boolean = operation == KAFEL_OR || operation == KAFEL_AND;
	const struct kafel_expression *left = part(parser), *right;

	while (left && kafel_token_is(&parser->token, sign)) {
		if (!check_kind(parser, left, is_boolean, sign))
			return NULL;
		kafel_next(parser);
		right = part(parser);
		if (!right || !check_kind(parser, right, is_boolean, sign))
			return NULL;
		left = make(parser, operation, left, right);
	}
	return left;
}

static const struct kafel_expression *parse_bit_and(struct kafel_parser *parser)
{
	return parse_chain(parser, "&", KAFEL_BIT_AND, parse_operand);
}

static const struct kafel_expression *parse_bit_or(struct kafel_parser *parser)
{
	return parse_chain(parser, "|", KAFEL_BIT_OR, parse_bit_and);
}

static const struct kafel_expression *parse_not(struct kafel_parser *parser);

/* "flags & 3 == 1", "!(...)"; a mere value only where it is alone in parentheses. */
static const struct kafel_expression *parse_comparison(struct kafel_parser *parser)
{
	static const struct {
		const char *sign;
		enum kafel_operator operation;
	} comparisons[] = { { "==", KAFEL_EQUAL },  { "!=", KAFEL_NOT_EQUAL },
			    { "<", KAFEL_LESS },    { "<=", KAFEL_LESS_OR_EQUAL },
			    { ">", KAFEL_GREATER }, { ">=", KAFEL_GREATER_OR_EQUAL } };
	const struct kafel_expression *left, *right;

	if (kafel_token_is(&parser->token, "!"))
		return parse_not(parser);
	left = parse_bit_or(parser);
	for (size_t i = 0; left && i < sizeof(comparisons) / sizeof(*comparisons); i++) {
		if (!kafel_token_is(&parser->token, comparisons[i].sign))
			continue;
		if (!check_kind(parser, left, false, comparisons[i].sign))
			return NULL;
		kafel_next(parser);
		right = parse_bit_or(parser);
		if (!right || !check_kind(parser, right, false, comparisons[i].sign))
			return NULL;
		return make(parser, comparisons[i].operation, left, right);
	}
	return left;
}

static const struct kafel_expression *parse_not(struct kafel_parser *parser)
{
	const struct kafel_expression *inner;

	inner = parse_inner(parser, parse_comparison);
	if (!inner || !check_kind(parser, inner, true, "!"))
		return NULL;
	return make(parser, KAFEL_NOT, inner, NULL);
}

static const struct kafel_expression *parse_and(struct kafel_parser *parser)
{
	return parse_chain(parser, "&&", KAFEL_AND, parse_comparison);
}

static const struct kafel_expression *parse_or(struct kafel_parser *parser)
{
	return parse_chain(parser, "||", KAFEL_OR, parse_and);
}

static const struct kafel_expression *parse_list(struct kafel_parser *parser)
{
	return parse_chain(parser, ",", KAFEL_OR, parse_or);
}

const struct kafel_expression *kafel_parse_condition(struct kafel_parser *parser)
{
	const struct kafel_expression *condition = parse_list(parser);

	if (!condition || kafel_is_boolean(condition))
		return condition;
	(void)kafel_expected(parser, "a comparison");
	return NULL;
}
