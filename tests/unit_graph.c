/* SPDX-License-Identifier: MIT */
/* Decision graphs: searches for ranges, and what instructions become of them. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "emit.h"
#include "graph.h"
#include "interpreter.h"
#include "random.h"
#include "test_support.h"

#define MOST 6000

static struct graph graph;

static void start(void)
{
	ck_assert_int_eq(graph_init(&graph), 0);
}

static void stop(void)
{
	graph_free(&graph);
}

/* The filter that a node becomes; freed by the caller. */
static struct filter filter_of(uint32_t node)
{
	struct filter filter;

	ck_assert_int_eq(graph.error, 0);
	ck_assert_int_eq(emit(&graph, node, &filter), 0);
	return filter;
}

static struct graph_node test_of(uint32_t word, uint32_t value, uint32_t then, uint32_t otherwise)
{
	return (struct graph_node){ .word = (uint8_t)word,
				    .operation = BPF_JEQ,
				    .mask = UINT32_MAX,
				    .value = value,
				    .then = then,
				    .otherwise = otherwise };
}

START_TEST(equal_nodes_are_one)
{
	const uint32_t a = graph_answer(&graph, 1), b = graph_answer(&graph, 2);
	const uint32_t test = graph_test(&graph, test_of(4, 7, a, b));

	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(graph_answer(&graph, 1), a);
	ck_assert_uint_eq(graph_test(&graph, test_of(4, 7, a, b)), test);
	ck_assert_uint_ne(graph_test(&graph, test_of(4, 8, a, b)), test);
	ck_assert_uint_ne(graph_test(&graph, test_of(5, 7, a, b)), test);
	ck_assert_uint_ne(graph_test(&graph, test_of(4, 7, b, a)), test);
	ck_assert_uint_eq(graph_test(&graph, test_of(4, 7, a, a)), a);
}
END_TEST

START_TEST(too_many_nodes)
{
	uint32_t node = graph_answer(&graph, 0);

	for (uint32_t i = 1; i < 2 * GRAPH_NODES_MAX && !graph.error; i++)
		node = graph_test(&graph, test_of(4, i, graph_answer(&graph, 1), node));
	ck_assert_int_eq(graph.error, -E2BIG);
	ck_assert_uint_eq(graph_answer(&graph, 77), 0); /* of no use, but no harm */
}
END_TEST

/* An answer for each value, by looking from the first range on. */
static uint32_t expected(const struct graph_range *ranges, const uint32_t *answers, uint32_t count,
			 uint64_t value)
{
	uint32_t i = count - 1;

	while (ranges[i].low > value)
		i--;
	return answers[i];
}

/* Ranges at random: many single values, neighbours, and few different answers. */
static uint32_t draw_ranges(struct random *r, struct graph_range *ranges, uint32_t *answers,
			    uint64_t most, uint32_t wanted)
{
	uint64_t low = 0;
	uint32_t count = 0;

	while (count < wanted && low <= most) {
		answers[count] = random_below(r, 4);
		ranges[count] = (struct graph_range){ low, graph_answer(&graph, answers[count]),
						      random_below(r, 3) };
		count++;
		if (random_below(r, 2))
			low += 1;
		else if (random_below(r, 4))
			low += 1 + random_below(r, 40);
		else
			low += 1 + (random_word(r) & most) / (wanted + 1);
	}
	return count;
}

static void compare_argument(unsigned int bits, uint32_t wanted, uint32_t chain, struct random *r)
{
	static struct graph_range ranges[MOST], given[MOST];
	static uint32_t answers[MOST];
	const uint64_t most = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	const uint32_t count = draw_ranges(r, ranges, answers, most, wanted);
	struct filter filter;

	memcpy(given, ranges, sizeof(given));
	filter = filter_of(graph_search_argument(&graph, 2, bits, given, count, chain));
	ck_assert_int_eq(filter_check(filter.instructions, filter.count, NULL, NULL), 0);
	for (uint32_t i = 0; i < 3 * count; i++) {
		const uint64_t near = ranges[i / 3].low + i % 3 - 1;
		struct seccomp_data data = { .args = { 0, 0, near & most } };

		if (bits < 64) /* what is above is not looked at */
			data.args[2] |= random_word(r) << bits;
		ck_assert_uint_eq(filter_run(filter.instructions, &data),
				  expected(ranges, answers, count, near & most));
	}
	free(filter.instructions);
}

START_TEST(searches)
{
	struct random r = { random_seed("searches") };
	static const unsigned int widths[] = { 16, 32, 64 };

	for (unsigned int round = 0; round < 400; round++) {
		const uint32_t wanted = round % 40 ? 1 + random_below(&r, 40) : 900;

		compare_argument(widths[round % 3], wanted, random_below(&r, 12), &r);
		graph_free(&graph);
		ck_assert_int_eq(graph_init(&graph), 0);
	}
}
END_TEST

/* A thousand values: found by halves. */
START_TEST(search_is_balanced)
{
	static struct graph_range ranges[2001];
	const uint32_t yes = graph_answer(&graph, 1), no = graph_answer(&graph, 2);
	struct filter filter;
	uint32_t count = 0, steps = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		ranges[count++] = (struct graph_range){ 10 * i, yes, 1 };
		ranges[count++] = (struct graph_range){ 10 * i + 1, no, 1 };
	}
	filter = filter_of(graph_search(&graph, 4, UINT32_MAX, ranges, count, 8));
	ck_assert_uint_le(filter.count, 1000 + 1000 / 4);
	/* one way through it, by hand: the halves, and at most eight values behind them */
	for (const struct sock_filter *i = filter.instructions; BPF_CLASS(i->code) != BPF_RET;
	     i++, steps++)
		if (i->code == (BPF_JMP | BPF_JA))
			i += i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			i += i->jf;
	ck_assert_uint_le(steps, 1 + 2 * 8 + 8);
	free(filter.instructions);
}
END_TEST

/* Filters longer than a conditional jump reaches, of every length. */
START_TEST(long_jumps)
{
	struct random r = { random_seed("long_jumps") };

	for (uint32_t length = 1; length < 5000; length = length * 21 / 20 + 1) {
		struct filter filter;
		uint32_t node = graph_answer(&graph, 7);

		/* a list of tests of words by turns, some with a tail of its own far away */
		for (uint32_t i = length; i-- > 0;)
			node = graph_test(&graph,
					  test_of(4 + 2 * (i % 3), i,
						  graph_answer(&graph, i % 5 ? 1 : 100 + i), node));
		filter = filter_of(node);
		for (uint32_t n = 0; n < 50; n++) {
			const uint32_t i = random_below(&r, length + 1);
			struct seccomp_data data = { .args = { UINT32_MAX, UINT32_MAX,
							       UINT32_MAX } };

			data.args[i % 3] = i;
			ck_assert_uint_eq(filter_run(filter.instructions, &data), i == length ? 7 :
										  i % 5	      ? 1 :
											  100 + i);
		}
		free(filter.instructions);
		graph_free(&graph);
		ck_assert_int_eq(graph_init(&graph), 0);
	}
}
END_TEST

/* The accumulator has the word already, whole or with more bits than are asked for. */
START_TEST(words_are_loaded_once)
{
	const uint32_t yes = graph_answer(&graph, 1), no = graph_answer(&graph, 2);
	struct graph_node last = test_of(4, 1, yes, no);
	struct graph_node masked = test_of(4, 2, yes, 0);
	struct graph_node whole = test_of(4, 9, yes, 0);
	unsigned int loads = 0, masks = 0;
	struct filter filter;

	last.mask = 0xf;
	masked.mask = 0xff;
	masked.otherwise = graph_test(&graph, last);
	whole.otherwise = graph_test(&graph, masked);
	filter = filter_of(graph_test(&graph, whole));
	for (size_t i = 0; i < filter.count; i++) {
		loads += BPF_CLASS(filter.instructions[i].code) == BPF_LD;
		masks += BPF_CLASS(filter.instructions[i].code) == BPF_ALU;
	}
	ck_assert_uint_eq(loads, 1);
	ck_assert_uint_eq(masks, 2);
	ck_assert_uint_eq(filter_run(filter.instructions,
				     &(struct seccomp_data){ .args = { 0x131 } }),
			  1);
	ck_assert_uint_eq(filter_run(filter.instructions,
				     &(struct seccomp_data){ .args = { 0x132 } }),
			  2);
	free(filter.instructions);
}
END_TEST

/* The other way round a mask has taken bits away: they must be loaded again. */
START_TEST(words_are_loaded_again)
{
	const uint32_t yes = graph_answer(&graph, 1), no = graph_answer(&graph, 2);
	struct graph_node masked = test_of(4, 2, yes, 0);
	struct filter filter;

	masked.mask = 0xf;
	masked.otherwise = graph_test(&graph, test_of(4, 0x31, yes, no));
	filter = filter_of(graph_test(&graph, masked));
	ck_assert_uint_eq(filter_run(filter.instructions,
				     &(struct seccomp_data){ .args = { 0x31 } }),
			  1);
	ck_assert_uint_eq(filter_run(filter.instructions,
				     &(struct seccomp_data){ .args = { 0x1 } }),
			  2);
	free(filter.instructions);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("graph");
	TCase *tests = tcase_create("graph");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, equal_nodes_are_one);
	tcase_add_test(tests, too_many_nodes);
	tcase_add_test(tests, searches);
	tcase_add_test(tests, search_is_balanced);
	tcase_add_test(tests, long_jumps);
	tcase_add_test(tests, words_are_loaded_once);
	tcase_add_test(tests, words_are_loaded_again);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
