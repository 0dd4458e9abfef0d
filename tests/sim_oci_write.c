/* SPDX-License-Identifier: MIT */
/* Written container profiles mean what the policy means, to libseccomp too. */
#include <check.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "format.h"
#include "oci_runtime.h"
#include "policy_text.h"
#include "random.h"
#include "test_support.h"

static const char *const no_capabilities[] = { NULL };
static const struct oci_container container = { no_capabilities, 6, 1 };

/* The text of a policy; NULL: it cannot be told, and the reasons are in said. */
static char *write_policy(const struct format *format, const struct stile_policy *policy,
			  bool is_lossy, struct diagnostics *told)
{
	const struct write_options options = { .is_lossy = is_lossy, .name = "test" };
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	const int result = format->write(stream, policy, &options, told);

	fclose(stream);
	ck_assert_int_eq(result != 0, has_errors(told));
	if (result == 0)
		return text;
	ck_assert_uint_eq(length, 0);
	free(text);
	return NULL;
}

static void ck_equal_to_libseccomp(struct stile_policy *policy, const char *text)
{
	struct json_object *profile = json_tokener_parse(text);
	struct sock_filter *instructions;
	struct stile_proof proof;
	size_t count;

	ck_assert_ptr_nonnull(profile);
	ck_assert_msg(oci_runtime_filter(profile, &container, &instructions, &count),
		      "refused:\n%s", text);
	ck_assert_int_eq(stile_policy_prove(policy, instructions, count, &proof), 0);
	ck_assert_msg(proof.verdict == STILE_VERDICT_EQUAL, "%s: libseccomp %x, policy %x\n%s",
		      stile_call_text(&proof.witness), proof.filter_answer, proof.policy_answer,
		      text);
	free(instructions);
	json_object_put(profile);
}

static const struct stile_action actions[] = {
	{ STILE_ACTION_ALLOW, 0 }, { STILE_ACTION_ERRNO, 1 },	     { STILE_ACTION_ERRNO, 0 },
	{ STILE_ACTION_LOG, 0 },   { STILE_ACTION_KILL_PROCESS, 0 }, { STILE_ACTION_TRACE, 7 },
	{ STILE_ACTION_TRAP, 0 },  { STILE_ACTION_KILL_THREAD, 0 },
};

static struct stile_action draw_action(struct random *r, size_t count)
{
	return actions[random_below(r, (uint32_t)count)];
}

/* Comparisons with few cubes are likely; orders are left to the test of the reader, since
 * libseccomp is wrong about some. */
static struct stile_table_condition draw_condition(struct random *r)
{
	static const uint8_t comparisons[] = { STILE_EQUAL, STILE_EQUAL, STILE_MASKED_EQUAL,
					       STILE_NOT_EQUAL };
	const uint8_t bits = (uint8_t)(16u << random_below(r, 3));
	struct stile_table_condition condition = {
		.argument = (uint8_t)random_below(r, 3),
		.bits = bits,
		.comparison = comparisons[random_below(r, 4)],
		.parameter = -1,
		.value = random_below(r, 4),
	};

	if (condition.comparison == STILE_MASKED_EQUAL) {
		condition.mask = random_below(r, 8);
		condition.value &= condition.mask;
	}
	return condition;
}

/* First-match lists, in which rules overlap and the default action may stand too. */
START_TEST(random_policies)
{
	static const char *const calls[] = { "read", "ioctl", "socket", "openat" };
	const uint32_t most_conditions = 1 + (uint32_t)_i % 2;
	struct random r = { (uint64_t)_i + 1 };
	struct stile_policy *policy = new_policy(draw_action(&r, 4));
	struct diagnostics told = { 0 };
	char *text;

	for (size_t i = 0; i < 4; i++)
		for (uint32_t k = random_below(&r, 5); k > 0; k--) {
			struct stile_table_condition conditions[3];
			struct stile_policy_rule rule = {
				.abi = STILE_ABI_X86_64,
				.number = (uint32_t)stile_syscall_number(STILE_ABI_X86_64,
									 calls[i]),
				.action = draw_action(&r, 5),
				.conditions = conditions,
				.condition_count = random_below(&r, most_conditions + 1),
				.origin = -1,
			};

			for (size_t c = 0; c < rule.condition_count; c++)
				conditions[c] = draw_condition(&r);
			ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
		}
	text = write_policy(&format_oci, policy, false, &told);
	/* (libseccomp 2.5.4 gets some wrong that compare several arguments) */
	if (text && most_conditions == 1)
		ck_equal_to_libseccomp(policy, text);
	if (!text)
		ck_assert_msg(strstr(told.items[0].text, "1024 entries") ||
				      strstr(told.items[0].text, "cannot be told as rules"),
			      "%s", told.items[0].text);
	free(text);
	diagnostics_free(&told);
	stile_policy_free(policy);
}
END_TEST

/* One condition of every kind, and what it is when another rule stands before it. */
static const struct stile_table_condition conditions[] = {
	{ 1, 64, STILE_EQUAL, 0, -1, 0, UINT64_MAX },
	{ 1, 64, STILE_NOT_EQUAL, 0, -1, 0, 5 },
	{ 1, 64, STILE_LESS, 0, -1, 0, 0x100000005 },
	{ 1, 64, STILE_LESS_OR_EQUAL, 0, -1, 0, 0x100000005 },
	{ 1, 64, STILE_GREATER, 0, -1, 0, 0x100000005 },
	{ 1, 64, STILE_GREATER_OR_EQUAL, 0, -1, 0, 0x100000005 },
	{ 1, 64, STILE_MASKED_EQUAL, 0, -1, 0xf0, 0x10 },
	{ 1, 64, STILE_LESS, 1, -1, 0, 0 },
	{ 1, 64, STILE_GREATER, 1, -1, 0, UINT64_MAX },
	{ 1, 32, STILE_EQUAL, 0, -1, 0, 5 },
	{ 1, 32, STILE_NOT_EQUAL, 0, -1, 0, 5 },
	{ 1, 32, STILE_LESS, 0, -1, 0, 1000 },
	{ 1, 32, STILE_LESS, 1, -1, 0, 1000 },
	{ 1, 32, STILE_GREATER, 1, -1, 0, (uint32_t)-3 },
	{ 1, 32, STILE_GREATER_OR_EQUAL, 1, -1, 0, 77 },
	{ 1, 32, STILE_LESS_OR_EQUAL, 1, -1, 0, (uint32_t)-77 },
	{ 1, 32, STILE_MASKED_EQUAL, 0, -1, 0x80000001, 1 },
	{ 1, 16, STILE_EQUAL, 0, -1, 0, 5 },
	{ 1, 16, STILE_GREATER, 0, -1, 0, 5 },
};

/* Variant 0: alone; 1: what is left beside it is refused otherwise; 2: a rule before it. */
START_TEST(each_condition)
{
	const struct stile_table_condition before = { 1, 64, STILE_EQUAL, 0, -1, 0, 6 };
	struct stile_policy_rule rule = { .abi = STILE_ABI_X86_64,
					  .number = (uint32_t)stile_syscall_number(STILE_ABI_X86_64,
										   "ioctl"),
					  .action = { STILE_ACTION_ALLOW, 0 },
					  .conditions = &conditions[_i / 3],
					  .condition_count = 1,
					  .origin = -1 };
	struct stile_policy *policy = new_policy((struct stile_action){ STILE_ACTION_ERRNO, 38 });
	struct diagnostics told = { 0 };
	char *text;

	if (_i % 3 == 2) {
		rule.conditions = &before;
		rule.action.kind = STILE_ACTION_TRAP;
		ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
		rule.conditions = &conditions[_i / 3];
		rule.action.kind = STILE_ACTION_ALLOW;
	}
	ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
	if (_i % 3 == 1) {
		rule.condition_count = 0;
		rule.action = (struct stile_action){ STILE_ACTION_ERRNO, 1 };
		ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
	}
	text = write_policy(&format_oci, policy, false, &told);
	ck_assert_msg(text, "%s", told.count ? told.items[0].text : "");
	ck_equal_to_libseccomp(policy, text);
	free(text);
	stile_policy_free(policy);
}
END_TEST

/* Its default action has no errno. */
static bool is_beyond_kubernetes(const struct stile_policy *policy)
{
	const struct stile_action action = stile_policy_default(policy);

	return action.kind == STILE_ACTION_ERRNO && action.errno_value != 1;
}

/* The writer compares what it has written with the policy. */
static void check_file(const char *path)
{
	const struct read_options options = { .abi = STILE_ABI_X86_64, .kernel = 0x060100 };
	struct diagnostics told = { 0 };
	struct stile_policy *policy;
	struct source source = { path, NULL, 0, -1 };
	char *text, *written;

	source.bytes = text = read_whole(path);
	source.length = strlen(text);
	policy = format_oci.read(&source, &options, &told);
	ck_assert_msg(policy, "%s: %s", path, told.count ? told.items[0].text : "");
	written = write_policy(&format_oci, policy, false, &told);
	ck_assert_msg(written, "%s: %s", path, told.items[told.count - 1].text);
	free(written);
	written = write_policy(&format_kubernetes, policy, false, &told);
	ck_assert_msg(written || is_beyond_kubernetes(policy), "%s: %s", path,
		      told.items[told.count - 1].text);
	diagnostics_free(&told);
	stile_policy_free(policy);
	free(written);
	free(text);
}

START_TEST(corpus)
{
	const int count = each_corpus_file("oci", ".json", check_file);

	ck_assert(count < 0 || count > 50);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("oci write");
	TCase *tests = tcase_create("oci write");

	tcase_set_timeout(tests, 20);
	tcase_add_loop_test(tests, random_policies, 0, 100);
	tcase_add_loop_test(tests, each_condition, 0, 3 * sizeof(conditions) / sizeof(*conditions));
	tcase_add_test(tests, corpus);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
