/* SPDX-License-Identifier: MIT */
/*
 * Arguments that Kafel compares with one another become rules for each bit: what is read of them
 * can be proved and compared, and what cannot be proved is not read.
 */
#include <check.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "test_support.h"

static struct diagnostics said;

static struct stile_policy *read_text(const char *text)
{
	const struct source source = { "test.policy", text, strlen(text), -1 };
	const struct read_options options = { .abi = STILE_ABI_X86_64 };

	diagnostics_free(&said);
	return format_kafel.read(&source, &options, &said);
}

static struct stile_policy *read_condition(const char *condition)
{
	char text[300];

	(void)snprintf(text, sizeof(text), "ALLOW { read(a, b, c) { %s } }", condition);
	return read_text(text);
}

static struct stile_policy *written_again(const struct stile_policy *policy)
{
	const struct write_options options = { .name = NULL };
	struct stile_policy *again;
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(format_kafel.write(stream, policy, &options, &said), 0);
	ck_assert_int_eq(fclose(stream), 0);
	again = read_text(text);
	free(text);
	return again;
}

static void ck_provable(const char *condition)
{
	struct stile_policy *policy = read_condition(condition), *again;
	struct stile_difference *differences;
	struct sock_filter *instructions;
	struct stile_proof proof;
	size_t count;

	ck_assert_msg(policy, "%s: %s", condition, said.count ? said.items[0].text : "");
	again = written_again(policy);
	ck_assert_ptr_nonnull(again);
	ck_assert_msg(stile_policy_compile(policy, &instructions, &count) == 0, "%s: %s", condition,
		      stile_policy_message(policy));
	ck_assert_int_eq(stile_policy_prove(again, instructions, count, &proof), 0);
	ck_assert_msg(proof.verdict == STILE_VERDICT_EQUAL, "%s", condition);
	free(instructions);
	ck_assert_msg(stile_policy_compare(policy, again, &differences, &count) == 0, "%s",
		      condition);
	ck_assert_uint_eq(count, 0);
	free(differences);
	stile_policy_free(again);
	stile_policy_free(policy);
}

START_TEST(what_is_read_can_be_proved_and_compared)
{
	static const char *const conditions[] = {
		"a == b",
		"a != b",
		"a < b",
		"a <= b",
		"(a & b) == 0",
		"(a & b) != 0",
		"(a & b) == c",
		"(a & b & c) != 1",
		"(a | b) != 3",
		"(a & b) <= 0xc267df278caf1f35",
		"a == b && c > 3",
		"a < b || a == 5",
		"(a & 0xff) != (c & 0xff) && (b & 0xff) == (c & 0xff)",
	};

	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
		ck_provable(conditions[i]);
}
END_TEST

/* Two policies that differ at one bit, behind many rules that both have. */
START_TEST(differences_are_found)
{
	struct stile_policy *from = read_condition("(a & b) != 0");
	struct stile_policy *to = read_condition("(a & b & 0x7fffffffffffffff) != 0");
	struct stile_difference *differences;
	size_t count;

	ck_assert_ptr_nonnull(from);
	ck_assert_ptr_nonnull(to);
	ck_assert_int_eq(stile_policy_compare(from, to, &differences, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(differences[0].change, STILE_CHANGE_NARROWER);
	ck_assert_uint_eq(differences[0].witness.args[0] & differences[0].witness.args[1],
			  UINT64_C(1) << 63);
	free(differences);
	ck_assert_int_eq(stile_policy_compare(to, from, &differences, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(differences[0].change, STILE_CHANGE_WIDER);
	free(differences);
	stile_policy_free(from);
	stile_policy_free(to);
}
END_TEST

static void ck_refused(const char *text, unsigned int line, unsigned int column,
		       const char *sentence)
{
	ck_assert_msg(!read_text(text), "taken: %s", text);
	ck_assert_uint_eq(said.error_count, 1);
	ck_assert_str_eq(said.items[0].text, sentence);
	ck_assert_uint_eq(said.items[0].line, line);
	ck_assert_uint_eq(said.items[0].column, column);
	diagnostics_free(&said);
}

#define REFUSED(a, b, with)                                                               \
	"'" a "' and '" b                                                                 \
	"' are compared with each other, which a filter does bit by bit; with " with      \
	" that is more than can be proved: expected numbers beside them, or fewer bits, " \
	"such as (" a " & 0xff) == (" b " & 0xff)"

START_TEST(what_cannot_be_proved_is_said_where_it_stands)
{
	ck_refused("ALLOW {\n\tread,\n\twrite { fd != count && buf == count }\n}", 3, 10,
		   REFUSED("fd", "count", "what else is said of this call"));
	ck_refused("ALLOW {\n\tread { fd != buf },\n\twrite { fd != count && buf == count }\n}", 3,
		   10, REFUSED("fd", "count", "what else is said of this call"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kafel_arguments");
	TCase *tcase = tcase_create("kafel_arguments");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_is_read_can_be_proved_and_compared);
	tcase_add_test(tcase, differences_are_found);
	tcase_add_test(tcase, what_cannot_be_proved_is_said_where_it_stands);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
