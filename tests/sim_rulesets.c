/* SPDX-License-Identifier: MIT */
/* Every test line of rulesets/, in the interpreter: what the filter of that one grant answers. */
#include "ruleset_tests.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include <stile.h>

#include "test_support.h"

#define REFUSED 999 /* an errno that no call has */

static char buffer[4096];
static int *chosen; /* indices of the tests that can be made here */

static uint64_t word_value(const struct test_word *word)
{
	switch (word->kind) {
	case TEST_STRING:
		return (uintptr_t)word->text;
	case TEST_BUFFER:
		return (uintptr_t)buffer;
	case TEST_BAD:
		return 4096;
	case TEST_VALUE:
		break;
	}
	return word->value;
}

static bool is_refusal(const struct ruleset_test *test, uint32_t said)
{
	return said == (SECCOMP_RET_ERRNO | REFUSED) ||
	       (test->enosys_abis & 1u << STILE_ABI_NATIVE && said == (SECCOMP_RET_ERRNO | ENOSYS));
}

START_TEST(answer_is_as_the_test_line_says)
{
	const struct ruleset_test *test = &ruleset_tests[chosen[_i]];
	struct stile *s = stile_new();
	uint64_t words[6];
	uint32_t said;

	for (int i = 0; i < 6; i++)
		words[i] = word_value(&test->words[STILE_ABI_NATIVE][i]);
	(void)stile_set_default(s, (struct stile_action){ STILE_ACTION_ERRNO, REFUSED });
	(void)stile_grant(s, test->grant);
	ck_assert_msg(stile_check(s) == 0, "rulesets/%s:%d: %s: %s", test->file, test->line,
		      test->grant, stile_message(s));
	said = answer(s, test->syscall, words[0], words[1], words[2], words[3], words[4], words[5]);
	ck_assert_msg(test->runs ? said == SECCOMP_RET_ALLOW : is_refusal(test, said),
		      "rulesets/%s:%d: %s: %s should %s, but the filter answers 0x%x", test->file,
		      test->line, test->grant, test->text, test->runs ? "run" : "be refused", said);
	stile_free(s);
}
END_TEST

/* The tests that this ABI can make. Returns their number. */
static int choose_tests(void)
{
	int count = 0;

	chosen = calloc((size_t)ruleset_test_count, sizeof(*chosen));
	if (!chosen)
		abort();
	for (int i = 0; i < ruleset_test_count; i++) {
		const struct ruleset_test *test = &ruleset_tests[i];

		if (test->abis & 1u << STILE_ABI_NATIVE)
			chosen[count++] = i;
	}
	return count;
}

static Suite *suite(void)
{
	Suite *all = suite_create("sim_rulesets");
	TCase *lines = tcase_create("test lines");

	tcase_add_loop_test(lines, answer_is_as_the_test_line_says, 0, choose_tests());
	suite_add_tcase(all, lines);
	return all;
}

TEST_MAIN(suite)
