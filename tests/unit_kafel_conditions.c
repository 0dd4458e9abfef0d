/* SPDX-License-Identifier: MIT */
/* Conditions of any form mean what they say: evaluated here in another way, on many calls. */
#include <check.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "kafel_trial.h"
#include "random.h"
#include "test_support.h"

#define CALLS 400
#define NODES_MAX 200

/* What cannot be proved means something too, and proofs take long. Linked in place of the
 * library's own. */
void kafel_try(const struct kafel_trial *trial, const struct kafel_call *calls, size_t count)
{
	(void)trial;
	(void)calls;
	(void)count;
}

/* '0': a number, 'a': the first argument, 'b': the second; '&', '|'; comparisons "=!<l>g"; 'A'nd,
 * 'O'r, 'N'ot. */
struct node {
	char what;
	uint64_t number;
	size_t left, right;
};

static struct node nodes[NODES_MAX];
static size_t node_count;
static char text[8000];
static struct random r;

static size_t add_node(char what, uint64_t number, size_t left, size_t right)
{
	ck_assert_uint_lt(node_count, NODES_MAX);
	nodes[node_count] = (struct node){ what, number, left, right };
	return node_count++;
}

/* Few numbers, so that they often meet. */
static uint64_t some_number(void)
{
	static const uint64_t numbers[] = { 0,
					    1,
					    2,
					    5,
					    0xffff,
					    0x80000000,
					    0xffffffff,
					    0x100000000,
					    0x8000000000000000,
					    UINT64_MAX,
					    0x7fffffffffffffff };
	const uint64_t number = numbers[random_below(&r, sizeof(numbers) / sizeof(*numbers))];

	return random_below(&r, 3) ? number : number ^ UINT64_C(1) << random_below(&r, 64);
}

static size_t make_value(unsigned int depth)
{
	const uint32_t kind = random_below(&r, depth ? 6 : 3);
	size_t left;

	if (kind < 2)
		return add_node((char)('a' + kind), 0, 0, 0);
	if (kind == 2)
		return add_node('0', some_number(), 0, 0);
	left = make_value(depth - 1);
	return add_node(kind == 5 ? '|' : '&', 0, left, make_value(depth - 1));
}

static size_t make_condition(unsigned int depth)
{
	const uint32_t kind = random_below(&r, depth ? 8 : 4);
	size_t left;

	if (kind < 4) {
		const char comparison = "=!=!<l>g"[random_below(&r, 8)];

		left = make_value(2);
		return add_node(comparison, 0, left, make_value(random_below(&r, 4) == 0));
	}
	left = make_condition(depth - 1);
	if (kind == 4)
		return add_node('N', 0, left, 0);
	return add_node(kind == 5 ? 'O' : 'A', 0, left, make_condition(depth - 1));
}

static const char *sign_of(char what)
{
	static const char *const signs[] = {
		['&'] = "&",  ['|'] = "|", ['='] = "==", ['!'] = "!=", ['<'] = "<",
		['l'] = "<=", ['>'] = ">", ['g'] = ">=", ['A'] = "&&", ['O'] = "||"
	};

	return signs[(unsigned char)what];
}

/* Appends, all in parentheses. */
static void write_node(size_t index)
{
	const struct node *node = &nodes[index];
	char *end = text + strlen(text);

	ck_assert_uint_lt(strlen(text), sizeof(text) - 100);
	if (node->what == '0')
		(void)sprintf(end, "0x%" PRIx64, node->number);
	else if (node->what == 'a' || node->what == 'b')
		(void)sprintf(end, "%c", node->what);
	else if (node->what == 'N') {
		(void)strcat(end, "!(");
		write_node(node->left);
		(void)strcat(text, ")");
	} else {
		(void)strcat(end, "(");
		write_node(node->left);
		(void)sprintf(text + strlen(text), " %s ", sign_of(node->what));
		write_node(node->right);
		(void)strcat(text, ")");
	}
}

static uint64_t evaluate(size_t index, const uint64_t arguments[2])
{
	const struct node *node = &nodes[index];
	uint64_t left, right;

	if (node->what == '0')
		return node->number;
	if (node->what == 'a' || node->what == 'b')
		return arguments[node->what - 'a'];
	left = evaluate(node->left, arguments);
	right = node->what == 'N' ? 0 : evaluate(node->right, arguments);
	switch (node->what) {
	case '&':
	case 'A':
		return left & right;
	case '|':
	case 'O':
		return left | right;
	case '=':
		return left == right;
	case '!':
		return left != right;
	case '<':
		return left < right;
	case 'l':
		return left <= right;
	case '>':
		return left > right;
	case 'g':
		return left >= right;
	default:
		return !left;
	}
}

static void check_calls(const struct stile_policy *policy, size_t first, size_t second)
{
	for (unsigned int i = 0; i < CALLS; i++) {
		const uint64_t a = some_number(), b = random_below(&r, 4) ? some_number() : a;
		const uint64_t arguments[2] = { a, b };
		const struct seccomp_data data = { .nr = 0,
						   .arch = AUDIT_ARCH_X86_64,
						   .args = { a, b } };
		struct stile_decision decision;
		const int wanted = evaluate(first, arguments)  ? STILE_ACTION_ALLOW :
				   evaluate(second, arguments) ? STILE_ACTION_LOG :
								 STILE_ACTION_KILL_THREAD;

		ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
		ck_assert_msg((int)decision.action.kind == wanted,
			      "%s: a 0x%" PRIx64 ", b 0x%" PRIx64 ": %d, not %d", text, a, b,
			      (int)decision.action.kind, wanted);
	}
}

/* Whether the policy was read; else it said that it is too much. */
static bool try_one(void)
{
	struct source source = { "test.policy", text, 0, -1 };
	const struct read_options options = { .abi = STILE_ABI_X86_64 };
	struct diagnostics said = { 0 };
	struct stile_policy *policy;
	size_t first, second;

	node_count = 0;
	first = make_condition(2);
	second = make_condition(2);
	(void)strcpy(text, "ALLOW { read(a, b) { ");
	write_node(first);
	(void)strcat(text, " } }\nLOG { read(a, b) { ");
	write_node(second);
	(void)strcat(text, " } }");
	source.length = strlen(text);
	policy = format_kafel.read(&source, &options, &said);
	if (policy)
		check_calls(policy, first, second);
	else
		ck_assert_msg(strstr(said.items[0].text, "too much"), "%s: %s", text,
			      said.items[0].text);
	diagnostics_free(&said);
	stile_policy_free(policy);
	return policy;
}

START_TEST(conditions_mean_what_they_say)
{
	const uint64_t rounds = environment_number("STILE_ROUNDS", 600);
	const uint64_t seed = random_seed("conditions");
	uint64_t read = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		r.state = seed + round;
		read += try_one();
	}
	ck_assert_uint_ge(read, rounds * 8 / 10);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kafel_conditions");
	TCase *tcase = tcase_create("kafel_conditions");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, conditions_mean_what_they_say);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
