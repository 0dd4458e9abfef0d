/* SPDX-License-Identifier: MIT */
/* Sets of words, and which words arithmetic takes to given results, against trying them all. */
#include <linux/filter.h>
#include <string.h>

#include "random.h"
#include "test_support.h"
#include "word_value.h"

/* ck_assert() writes to a pipe each time, which is too slow for millions. */
#define must(condition)                                                \
	do {                                                           \
		if (!(condition))                                      \
			ck_abort_msg("does not hold: %s", #condition); \
	} while (0)

#define WORDS 256 /* that a small set can have; all others are outside of it */

static struct word_pool pool;
static struct word_values values;

static void set_up(void)
{
	pool = (struct word_pool){ .work_max = UINT64_MAX };
	values = (struct word_values){ 0 };
	must(word_values_start(&values));
}

static void tear_down(void)
{
	must(pool.error == 0);
	must(values.error == 0);
	free(pool.pieces);
	free(values.values);
}

static uint32_t draw_word(struct random *r)
{
	const uint32_t edges[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, UINT32_MAX };

	switch (random_below(r, 5)) {
	case 0:
		return edges[random_below(r, 6)];
	case 1:
		return UINT32_C(1) << random_below(r, 32);
	case 2:
		return (uint32_t)random_word(r);
	case 3:
		return UINT32_MAX - random_below(r, 300);
	default:
		return random_below(r, 300);
	}
}

/* Not tight, and maybe empty: as it is said, the words that are in it. */
static struct word_piece draw_piece(struct random *r, uint32_t near)
{
	struct word_piece piece = WORD_PIECE_ALL;

	if (random_below(r, 3)) {
		piece.low = near + random_below(r, WORDS);
		piece.high = piece.low + random_below(r, random_below(r, 2) ? 4 : WORDS);
		if (piece.high < piece.low)
			piece.high = UINT32_MAX;
	}
	if (random_below(r, 2)) {
		piece.mask = draw_word(r) & draw_word(r);
		if (random_below(r, 2))
			piece.mask |= 1u << random_below(r, 8) | 1u << random_below(r, 8);
		piece.value = (near + random_below(r, WORDS)) & piece.mask;
	}
	return piece;
}

static bool in_list(const struct word_piece *pieces, uint32_t count, uint32_t word)
{
	unsigned int found = 0;

	for (uint32_t i = 0; i < count; i++)
		found += word_piece_has(&pieces[i], word);
	must(found <= 1); /* disjoint */
	return found;
}

/* Up to 3 pieces that exclude one another. */
static uint32_t draw_pieces(struct random *r, uint32_t near, struct word_piece pieces[3])
{
	uint32_t count = 0;

	for (uint32_t n = 1 + random_below(r, 3); n; n--) {
		struct word_piece piece = draw_piece(r, near), common;
		bool is_apart = word_piece_tighten(&piece);

		for (uint32_t i = 0; i < count; i++)
			is_apart = is_apart && !word_piece_intersect(&piece, &pieces[i], &common);
		if (is_apart)
			pieces[count++] = piece;
	}
	return count;
}

static int compare_words(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The set has exactly the words from near on that are marked. */
static void check_set(struct word_set set, uint32_t near, const bool members[WORDS])
{
	uint32_t expected[WORDS], got[WORDS];
	size_t count = 0;

	for (uint32_t i = 0; i < WORDS; i++)
		if (members[i])
			expected[count++] = near + i;
	must(word_set_list(&pool, set, got, WORDS) == count);
	qsort(got, count, sizeof(got[0]), compare_words);
	must(memcmp(got, expected, count * sizeof(got[0])) == 0);
	must((set.count != 0) == (count != 0));
	if (!count)
		return;
	must(set.member - near < WORDS && members[set.member - near]);
	must(word_set_lowest(&pool, set) <= expected[0]);
	must(word_set_highest(&pool, set) >= expected[count - 1]);
}

START_TEST(sets)
{
	const uint64_t seed = random_seed("sets"),
		       rounds = environment_number("STILE_ROUNDS", 20000);

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };
		uint32_t near = draw_word(&r);
		struct word_piece pieces[3];
		struct word_set set;
		bool members[WORDS];

		if (near > UINT32_MAX - WORDS + 1)
			near = UINT32_MAX - WORDS + 1;
		pieces[0] = (struct word_piece){ near, near + WORDS - 1, 0, 0 };
		pool.count = 0;
		set = word_set_make(&pool, pieces, 1);
		memset(members, 1, sizeof(members));
		for (unsigned int n = 1 + random_below(&r, 12); n; n--) {
			const uint32_t count = draw_pieces(&r, near, pieces);
			const bool is_kept = random_below(&r, 4) == 0;
			bool meets = false, within = true;

			for (uint32_t i = 0; i < WORDS; i++) {
				const bool is_in = in_list(pieces, count, near + i);

				meets = meets || (members[i] && is_in);
				within = within && (!members[i] || is_in);
				members[i] = members[i] && is_in == is_kept;
			}
			must(word_set_meets(&pool, set, pieces, count) == meets);
			must(word_set_within(&pool, set, pieces, count) == within);
			set = is_kept ? word_set_keep(&pool, set, pieces, count) :
					word_set_drop(&pool, set, pieces, count);
			check_set(set, near, members);
		}
	}
}
END_TEST

/* Every interval and every known bits of 5 bits, at the top of a word and at its bottom. */
START_TEST(small_pieces)
{
	for (unsigned int shift = 0; shift <= 27; shift += 27)
		for (uint32_t low = 0; low < 32; low++)
			for (uint32_t high = low; high < 32; high++)
				for (uint32_t mask = 0; mask < 32; mask++)
					for (uint32_t rest = mask, value;; rest = value - 1) {
						struct word_piece p = { low << shift, high << shift,
									mask << shift, 0 };
						uint32_t first = 32, last = 0;

						value = rest & mask;
						p.value = value << shift;
						p.mask |= (1u << shift) - 1;
						for (uint32_t w = low; w <= high; w++) {
							if ((w & mask) != value)
								continue;
							first = first == 32 ? w : first;
							last = w;
						}
						must(word_piece_tighten(&p) == (first < 32));
						if (first < 32) {
							must(p.low == (first << shift));
							must(p.high == (last << shift));
							for (uint32_t w = 0; w < 32; w++)
								must(word_piece_has(&p,
										    w << shift) ==
								     (w >= low && w <= high &&
								      (w & mask) == value));
						}
						if (value == 0)
							break;
					}
}
END_TEST

static const uint16_t operations[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
				       BPF_OR,	BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG };

/* What the kernel computes (kernel/bpf/core.c), shifts modulo 32. */
static uint32_t compute(uint16_t operation, uint32_t a, uint32_t k)
{
	switch (operation) {
	case BPF_ADD:
		return a + k;
	case BPF_SUB:
		return a - k;
	case BPF_MUL:
		return a * k;
	case BPF_DIV:
		return a / k;
	case BPF_AND:
		return a & k;
	case BPF_OR:
		return a | k;
	case BPF_XOR:
		return a ^ k;
	case BPF_LSH:
		return a << (k & 31);
	case BPF_RSH:
		return a >> (k & 31);
	default:
		return 0 - a;
	}
}

/* A chain of operations on word 0, made as values and kept aside. */
struct chain {
	unsigned int length;
	uint16_t operations[4];
	uint32_t constants[4];
	bool is_swapped[4]; /* the constant is on the left */
	uint32_t value;
};

static void draw_chain(struct random *r, struct chain *chain)
{
	chain->length = 1 + random_below(r, 4);
	chain->value = 0;
	for (unsigned int i = 0; i < chain->length; i++) {
		const uint16_t operation = operations[random_below(r, 10)];
		uint32_t constant = draw_word(r), operand;

		if (operation == BPF_DIV && constant == 0)
			constant = 3;
		chain->operations[i] = operation;
		chain->constants[i] = constant;
		chain->is_swapped[i] = operation != BPF_DIV && operation != BPF_LSH &&
				       operation != BPF_RSH && operation != BPF_NEG &&
				       random_below(r, 2);
		operand = word_value_constant(&values, constant);
		chain->value =
			chain->is_swapped[i] ?
				word_value_compute(&values, operation, operand, chain->value, 0) :
				word_value_compute(&values, operation, chain->value, operand, 0);
	}
}

static uint32_t run_chain(const struct chain *chain, uint32_t word)
{
	for (unsigned int i = 0; i < chain->length; i++) {
		const uint32_t k = chain->constants[i];

		word = chain->is_swapped[i] ? compute(chain->operations[i], k, word) :
					      compute(chain->operations[i], word, k);
	}
	return word;
}

/* Words at and beside the borders of the pieces, and any. */
static uint32_t draw_probe(struct random *r, const struct word_list *list)
{
	if (list->count && random_below(r, 3)) {
		const struct word_piece *piece = &list->pieces[random_below(r, list->count)];

		switch (random_below(r, 3)) {
		case 0:
			return piece->low + random_below(r, 3) - 1;
		case 1:
			return piece->high + random_below(r, 3) - 1;
		default:
			return piece->low ^ 1u << random_below(r, 32);
		}
	}
	return draw_word(r);
}

START_TEST(preimages)
{
	const uint64_t seed = random_seed("preimages");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 40000);
	uint64_t exact = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };
		struct chain chain;
		struct word_list results = { .count = 0 }, words;
		uint32_t highest = random_below(&r, 2) ? UINT32_MAX : draw_word(&r);

		values.count = DATA_WORDS + 1;
		draw_chain(&r, &chain);
		/* Around a result that there is, as often as not. */
		word_list_add(&results, draw_piece(&r, random_below(&r, 2) ?
							       run_chain(&chain, draw_word(&r)) :
							       draw_word(&r)));
		words = results;
		if (values.values[chain.value].kind == VALUE_CONSTANT) {
			must(values.values[chain.value].constant == run_chain(&chain, 5));
			continue;
		}
		for (int i = 0; i < 20; i++) {
			const uint32_t word = draw_word(&r);

			must(word_value_at(&values, chain.value, word) == run_chain(&chain, word));
		}
		if (!word_value_preimage(&values, chain.value, highest, &words))
			continue;
		exact++;
		for (int i = 0; i < 60; i++) {
			const uint32_t word = draw_probe(&r, &words);
			const uint32_t result = run_chain(&chain, word);

			if (word <= highest &&
			    in_list(words.pieces, words.count, word) !=
				    in_list(results.pieces, results.count, result))
				ck_abort_msg("STILE_SEED=%llu STILE_ROUNDS=1: %#x gives %#x",
					     (unsigned long long)(seed + round), word, result);
		}
	}
	printf("preimages: %llu of %llu are said in pieces\n", (unsigned long long)exact,
	       (unsigned long long)rounds);
	must(exact > rounds / 2);
}
END_TEST

/* Two words, or a word and itself. */
START_TEST(two_operands)
{
	const uint32_t sum = word_value_compute(&values, BPF_ADD, 3, 3, 0);
	const uint32_t other = word_value_compute(&values, BPF_ADD, 3, 4, 77);

	must(word_value_at(&values, sum, 21) == 42);
	must(values.values[other].kind == VALUE_UNKNOWN);
	must(values.values[other].constant == 77);
	must(!word_value_same(&values, other, other));
	must(word_value_same(&values, sum, word_value_compute(&values, BPF_ADD, 3, 3, 0)));
	must(!word_value_same(&values, sum, 3));
	must(!word_value_same(&values, 4, 3));
	must(word_value_compute(&values, BPF_XOR, 3, 3, 0) == VALUE_ZERO);
	must(word_value_compute(&values, BPF_SUB, sum, sum, 0) == VALUE_ZERO);
	must(word_value_compute(&values, BPF_AND, sum, sum, 0) == sum);
	must(word_value_compute(&values, BPF_AND, other, VALUE_ZERO, 0) == VALUE_ZERO);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("word_set");
	TCase *tests = tcase_create("word_set");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, small_pieces);
	tcase_add_test(tests, sets);
	tcase_add_test(tests, preimages);
	tcase_add_test(tests, two_operands);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
