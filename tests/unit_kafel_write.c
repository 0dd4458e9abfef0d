/* SPDX-License-Identifier: MIT */
/* Policies written in Kafel's words: the text, what it means, and what cannot be said. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "random.h"
#include "test_support.h"

static struct diagnostics said;
static struct stile_policy *p;
static char *written;

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
static const struct stile_action eperm = { STILE_ACTION_ERRNO, EPERM };
static const struct stile_action kill_thread = { STILE_ACTION_KILL_THREAD, 0 };

static void set_up(void)
{
	p = stile_policy_new();
	written = NULL;
	ck_assert_int_eq(stile_policy_set_foreign_abi(p, kill_thread), 0);
	ck_assert_int_eq(stile_policy_set_default(p, kill_thread), 0);
}

static void tear_down(void)
{
	stile_policy_free(p);
	diagnostics_free(&said);
	free(written);
}

static int write_policy(bool is_lossy)
{
	const struct write_options options = { .is_lossy = is_lossy, .name = "a-b" };
	size_t size;
	FILE *stream;
	int result;

	free(written);
	written = NULL;
	diagnostics_free(&said);
	stream = open_memstream(&written, &size);
	ck_assert_ptr_nonnull(stream);
	result = format_kafel.write(stream, p, &options, &said);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_int_eq(result, has_errors(&said) ? -1 : 0);
	return result;
}

/* What was written means the same. */
static void ck_same(enum stile_abi abi)
{
	const struct source source = { "written", written, strlen(written), -1 };
	const struct read_options options = { .abi = abi };
	struct stile_policy *again = format_kafel.read(&source, &options, &said);
	struct stile_difference *differences;
	size_t count;

	ck_assert_msg(again != NULL, "%s\n%s", said.items[0].text, written);
	ck_assert_int_eq(stile_policy_compare(p, again, &differences, &count), 0);
	ck_assert_msg(count == 0, "%s", written);
	free(differences);
	stile_policy_free(again);
}

static void add(enum stile_abi abi, uint32_t number, struct stile_action action,
		const struct stile_table_condition *conditions, size_t count)
{
	const struct stile_policy_rule rule = { abi, number, action, conditions, count, -1 };

	ck_assert_msg(stile_policy_add_rule(p, &rule) == 0, "%s", stile_policy_message(p));
}

static struct stile_table_condition condition(unsigned int argument, unsigned int bits,
					      unsigned int comparison, uint64_t mask,
					      uint64_t value)
{
	return (struct stile_table_condition){ .argument = (uint8_t)argument,
					       .bits = (uint8_t)bits,
					       .comparison = (uint8_t)comparison,
					       .parameter = -1,
					       .mask = mask,
					       .value = value };
}

static void start(enum stile_abi abi)
{
	ck_assert_int_eq(stile_policy_add_abi(p, abi), 0);
	if (abi == STILE_ABI_X86_64)
		ck_assert_int_eq(stile_policy_ignore_x32(p), 0);
}

START_TEST(text)
{
	struct stile_table_condition c[2] = { condition(0, 32, STILE_EQUAL, 0, 1),
					      condition(2, 64, STILE_LESS, 0, 4096) };

	start(STILE_ABI_X86_64);
	ck_assert_int_eq(stile_policy_set_default(p, eperm), 0);
	add(STILE_ABI_X86_64, 4, allow, NULL, 0); /* stat */
	add(STILE_ABI_X86_64, 0, allow, NULL, 0);
	add(STILE_ABI_X86_64, 1, allow, c, 2);
	c[0] = condition(0, 64, STILE_MASKED_EQUAL, 0xff, 2);
	add(STILE_ABI_X86_64, 1, allow, c, 1);
	add(STILE_ABI_X86_64, 1, kill_thread, NULL, 0);
	add(STILE_ABI_X86_64, 1000, allow, NULL, 0);
	ck_assert_int_eq(write_policy(false), 0);
	ck_assert_str_eq(written, "// for x86_64\n"
				  "POLICY policy_a_b {\n"
				  "\tALLOW {\n"
				  "\t\tSYSCALL[1000],\n"
				  "\t\tnewstat,\n"
				  "\t\tread,\n"
				  "\t\twrite(fd, buf, count) { (fd & 0xffffffff) == 1 && count < "
				  "0x1000, (fd & 0xff) == 2 }\n"
				  "\t},\n"
				  "\tKILL {\n"
				  "\t\twrite\n"
				  "\t}\n"
				  "}\n"
				  "\n"
				  "USE policy_a_b\n"
				  "DEFAULT ERRNO(1)\n");
	ck_same(STILE_ABI_X86_64);
}
END_TEST

START_TEST(nothing)
{
	start(STILE_ABI_AARCH64);
	ck_assert_int_eq(write_policy(false), 0);
	ck_assert_str_eq(written, "// for aarch64\nPOLICY policy_a_b {\n}\n\nUSE policy_a_b\n"
				  "DEFAULT KILL\n");
	ck_same(STILE_ABI_AARCH64);
}
END_TEST

/* Kafel has no name for i386's shmat; add_key's arguments have names that it cannot read. */
START_TEST(names)
{
	const struct stile_table_condition c = condition(1, 32, STILE_EQUAL, 0, 0);

	start(STILE_ABI_I386);
	add(STILE_ABI_I386, 397, allow, NULL, 0);
	add(STILE_ABI_I386, 286, allow, &c, 1);
	add(STILE_ABI_I386, 212, allow, NULL, 0);
	ck_assert_int_eq(write_policy(false), 0);
	ck_assert_ptr_nonnull(strstr(written, "/* shmat */ SYSCALL[397]"));
	ck_assert_ptr_nonnull(strstr(written, "add_key(arg0, arg1) { (arg1 & 0xffffffff) == 0 }"));
	ck_assert_ptr_nonnull(strstr(written, "\tchown"));
	ck_same(STILE_ABI_I386);
}
END_TEST

static struct stile_table_condition random_condition(struct random *r)
{
	static const uint8_t widths[] = { 16, 32, 64 };
	struct stile_table_condition c = condition(random_below(r, 3), widths[random_below(r, 3)],
						   random_below(r, STILE_MASKED_EQUAL + 1), 0, 0);
	const uint64_t all = UINT64_MAX >> (64 - c.bits);

	c.value = (random_below(r, 2) ? random_word(r) : random_below(r, 3) - UINT64_C(1)) & all;
	if (c.comparison == STILE_MASKED_EQUAL)
		c.mask = (random_below(r, 4) ? UINT64_C(7) << random_below(r, 60) :
					       random_word(r)) &
			 all;
	if (c.comparison == STILE_MASKED_EQUAL && random_below(r, 4))
		c.value &= c.mask;
	c.is_signed = random_below(r, 2) == 0;
	return c;
}

START_TEST(any_policy)
{
	static const struct stile_action actions[] = {
		{ STILE_ACTION_ALLOW, 0 },    { STILE_ACTION_LOG, 0 },
		{ STILE_ACTION_NOTIFY, 0 },   { STILE_ACTION_TRACE, 7 },
		{ STILE_ACTION_TRAP, 65535 }, { STILE_ACTION_ERRNO, 0 },
		{ STILE_ACTION_ERRNO, 4095 }, { STILE_ACTION_KILL_PROCESS, 0 }
	};
	struct random r = { random_seed("any_policy") };

	for (unsigned int round = 0; round < environment_number("STILE_ROUNDS", 200); round++) {
		const enum stile_abi abi = round % 2 ? STILE_ABI_X86_64 : STILE_ABI_RISCV64;

		tear_down();
		said = (struct diagnostics){ 0 };
		set_up();
		start(abi);
		ck_assert_int_eq(stile_policy_set_default(p, actions[random_below(&r, 8)]), 0);
		for (unsigned int i = random_below(&r, 12); i > 0; i--) {
			struct stile_table_condition c[3];
			const size_t count = random_below(&r, 4);

			for (size_t k = 0; k < count; k++)
				c[k] = random_condition(&r);
			add(abi, random_below(&r, 4), actions[random_below(&r, 8)], c, count);
		}
		ck_assert_int_eq(write_policy(false), 0);
		ck_same(abi);
	}
}
END_TEST

/* More alternatives than Kafel takes in one condition. */
START_TEST(many_alternatives)
{
	start(STILE_ABI_X86_64);
	for (unsigned int i = 0; i < 250; i++) {
		const struct stile_table_condition c = condition(1, 64, STILE_EQUAL, 0, 3 * i);

		add(STILE_ABI_X86_64, 16, allow, &c, 1);
	}
	ck_assert_int_eq(write_policy(false), 0);
	ck_same(STILE_ABI_X86_64);
}
END_TEST

#define ck_cannot(sentence)                                       \
	do {                                                      \
		ck_assert_int_eq(write_policy(false), -1);        \
		ck_assert_str_eq(written, "");                    \
		ck_assert_str_eq(said.items[0].text, (sentence)); \
	} while (0)

START_TEST(other_abis)
{
	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X32), 0);
	ck_cannot("Kafel makes filters for x86_64, i386, aarch64 and riscv64; the policy is for "
		  "none of them");
	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X86_64), 0);
	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_I386), 0);
	ck_cannot("calls by x32 beside those by x86_64: in Kafel's filters they get what calls get "
		  "that are not listed");
	ck_assert_int_eq(write_policy(true), 0);
	ck_assert_uint_eq(said.count, 2);
	ck_assert_str_eq(said.items[1].text,
			 "calls by i386 beside those by x86_64: they kill the thread instead");
	/* x32's calls would be let through */
	ck_assert_int_eq(stile_policy_set_default(p, allow), 0);
	ck_assert_int_eq(write_policy(true), -1);
}
END_TEST

START_TEST(foreign_calls)
{
	ck_assert_int_eq(stile_policy_add_abi(p, STILE_ABI_X86_64), 0);
	ck_assert_int_eq(write_policy(false), 0);
	ck_assert_int_eq(stile_policy_set_default(p, eperm), 0);
	ck_cannot("calls by x32, which get 'kill the thread': in Kafel's filters they get what "
		  "calls get that are not listed");
	ck_assert_int_eq(write_policy(true), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(p, eperm), 0);
	ck_cannot("calls by other ABIs, which get 'fail with EPERM': in Kafel's filters they kill "
		  "the thread");
	ck_assert_int_eq(write_policy(true), 0);
	ck_assert_int_eq(stile_policy_set_default(p, allow), 0);
	ck_assert_int_eq(write_policy(true), -1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kafel_write");
	TCase *tcase = tcase_create("kafel_write");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, text);
	tcase_add_test(tcase, nothing);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, any_policy);
	tcase_add_test(tcase, many_alternatives);
	tcase_add_test(tcase, other_abis);
	tcase_add_test(tcase, foreign_calls);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
