/* SPDX-License-Identifier: MIT */
/* Firecracker's policies: what they mean, what is refused, what is written. */
#include <stdio.h>
#include <string.h>

#include "corpus.h"
#include "policy_text.h"

static const struct read_options x86_64 = { .abi = STILE_ABI_X86_64 };
static const struct format *const format = &format_firecracker;

#define FILTER(rules)                                                                         \
	"{\"vmm\": {\"default_action\": \"trap\", \"filter_action\": \"allow\", \"filter\": " \
	"[" rules "]}}"
#define RULE(conditions) FILTER("{\"syscall\": \"read\", \"args\": [" conditions "]}")
#define CONDITION(type, op, val) \
	"{\"index\": 0, \"type\": \"" type "\", \"op\": " op ", \"val\": " val "}"

static const char *read_gets(const struct stile_policy *policy, uint64_t first, uint64_t second)
{
	return policy_answer(policy, STILE_ABI_X86_64, "read", first, second);
}

START_TEST(meaning)
{
	struct stile_policy *policy = taken(
		format,
		FILTER("{\"syscall\": \"write\", \"comment\": \"c\"}, {\"syscall\": \"read\", "
		       "\"args\": [" CONDITION("dword", "\"eq\"",
					       "3") ", {\"index\": 1, \"type\": "
						    "\"qword\", \"op\": \"ne\", \"val\": 0}]}, "
						    "{\"syscall\": \"read\", "
						    "\"args\": [" CONDITION("qword", "\"eq\"",
									    "4") "]}"),
		&x86_64);
	const uint32_t arch = stile_audit_arch(STILE_ABI_X86_64);

	ck_assert_str_eq(policy_answer(policy, STILE_ABI_X86_64, "write", 1, 2), "allow");
	ck_assert_str_eq(read_gets(policy, 3, 1), "allow");
	ck_assert_str_eq(read_gets(policy, 3 | 1ull << 32, 1ull << 40), "allow");
	ck_assert_str_eq(read_gets(policy, 3, 0), "trap");
	ck_assert_str_eq(read_gets(policy, 4, 0), "allow");
	ck_assert_str_eq(read_gets(policy, 4 | 1ull << 32, 0), "trap");
	ck_assert_str_eq(number_answer(policy, arch, 1000, 0, 0), "trap");
	ck_assert_str_eq(number_answer(policy, arch, 0x40000001, 0, 0), "trap");
	ck_assert_str_eq(number_answer(policy, stile_audit_arch(STILE_ABI_I386), 1, 0, 0),
			 "kill the process");
	stile_policy_free(policy);
}
END_TEST

START_TEST(comparisons)
{
	static const struct {
		const char *rule;
		uint64_t inside, outside;
	} cases[] = {
		{ RULE(CONDITION("dword", "\"eq\"", "5")), 5 | 1ull << 32, 6 },
		{ RULE(CONDITION("dword", "\"ne\"", "5")), 6, 5 | 1ull << 32 },
		{ RULE(CONDITION("dword", "\"lt\"", "5")), 4 | 1ull << 32, 5 },
		{ RULE(CONDITION("dword", "\"le\"", "5")), 5 | 1ull << 32, 6 },
		{ RULE(CONDITION("dword", "\"gt\"", "5")), 6, 5 | 1ull << 32 },
		{ RULE(CONDITION("dword", "\"ge\"", "5")), 5, 4 | 1ull << 32 },
		{ RULE(CONDITION("dword", "{\"masked_eq\": 6}", "5")), 4 | 1ull << 32, 2 },
		{ RULE(CONDITION("qword", "\"lt\"", "4294967296")), 5, 1ull << 32 },
		{ RULE(CONDITION("qword", "\"gt\"", "4294967296")), 1ull << 33, 1ull << 32 },
		{ RULE(CONDITION("qword", "\"ge\"", "18446744073709551615")), UINT64_MAX,
		  UINT64_MAX - 1 },
		{ RULE(CONDITION("qword", "{\"masked_eq\": 4294967297}", "3")), 7, 3 | 1ull << 32 },
	};
	struct stile_policy *policy = taken(format, cases[_i].rule, &x86_64);

	ck_assert_str_eq(read_gets(policy, cases[_i].inside, 0), "allow");
	ck_assert_str_eq(read_gets(policy, cases[_i].outside, 0), "trap");
	stile_policy_free(policy);
}
END_TEST

START_TEST(actions)
{
	static const struct {
		const char *word, *text;
	} cases[] = {
		{ "\"log\"", "log" },
		{ "{\"errno\": 1}", "fail with EPERM" },
		{ "{\"allow\": null}", "allow" },
		{ "{\"trace\": 7}", "trace (7)" },
		{ "\"kill_thread\"", "kill the thread" },
		{ "\"kill_process\"", "kill the process" },
		{ "\"user_notif\"", "notify" },
	};
	struct stile_policy *policy;
	char text[300];

	(void)snprintf(text, sizeof(text),
		       "{\"a\": {\"mismatch_action\": \"trap\", \"match_action\": %s, \"filter\": "
		       "[{\"syscall\": \"read\"}]}}",
		       cases[_i].word);
	policy = taken(format, text, &x86_64);
	ck_assert_str_eq(read_gets(policy, 0, 0), cases[_i].text);
	stile_policy_free(policy);
}
END_TEST

START_TEST(sections)
{
	static const char text[] =
		"{\"a\": {\"default_action\": \"trap\", \"filter_action\": \"allow\", \"filter\": "
		"[]},\n\"b\": {\"default_action\": \"allow\", \"filter_action\": \"trap\", "
		"\"filter\": []}}";
	struct read_options options = x86_64;
	struct stile_policy *policy;

	ck_refused(format, text, &options,
		   "1:1: there are several filters here: choose one of \"a\", \"b\"");
	options.section = "c";
	ck_refused(format, text, &options,
		   "1:1: there is no filter \"c\" here: choose one of \"a\", \"b\"");
	options.section = "b";
	policy = taken(format, text, &options);
	ck_assert_str_eq(read_gets(policy, 0, 0), "allow");
	stile_policy_free(policy);
}
END_TEST

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "[]", "1:1: found an array, expected an object with a filter for each thread" },
	{ "{}", "1:1: found an empty object, expected an object with a filter for each thread" },
	{ "{\"a\": 1}", "1:7: found a number as a filter, expected an object" },
	{ "{\"a\": {\"default_action\": \"trap\", \"mismatch_action\": \"trap\", "
	  "\"filter_action\": \"allow\", \"filter\": []}}",
	  "1:26: found \"default_action\" beside \"mismatch_action\", which is the same" },
	{ FILTER("{\"syscall\": \"opennat\"}"),
	  "1:85: there is no syscall \"opennat\": did you mean \"openat\"?" },
	{ FILTER("{\"syscall\": \"socketcall\"}"),
	  "1:85: x86_64 has no syscall \"socketcall\": seccompiler refuses it" },
	{ FILTER("{\"syscall\": \"read\", \"args\": []}"),
	  "1:101: found an empty array as \"args\", expected an array of 1 to 32 conditions" },
	{ FILTER("{\"syscall\": \"read\", \"arg\": []}"),
	  "1:93: found \"arg\" in a rule, which has no such member: did you mean \"args\"?" },
	{ FILTER("7"), "1:73: found a number as a rule, expected an object" },
	{ FILTER("{}"), "1:73: this rule has no \"syscall\": expected the name of one" },
	{ RULE("{}"), "1:102: this condition has no \"index\": expected a whole number" },
	{ RULE(CONDITION("word", "\"eq\"", "1")),
	  "1:123: found word as \"type\", expected \"dword\" or \"qword\"" },
	{ RULE(CONDITION("dword", "\"equal\"", "1")),
	  "1:138: found the comparison \"equal\", expected \"eq\", \"ne\", \"lt\", \"le\", \"gt\", "
	  "\"ge\" or {\"masked_eq\": mask}" },
	{ RULE(CONDITION("dword", "\"masked_eq\"", "1")),
	  "1:138: found \"masked_eq\" alone, expected {\"masked_eq\": number}" },
	{ RULE(CONDITION("dword", "{\"eq\": 1}", "1")),
	  "1:145: found a value for \"eq\", which has none" },
	{ RULE(CONDITION("dword", "\"eq\"", "-1")),
	  "1:151: found -1 as \"val\", expected a whole number from 0 to 18446744073709551615" },
	{ RULE(CONDITION("dword", "\"eq\"", "18446744073709551616")),
	  "1:151: found 18446744073709551616 as \"val\", expected a whole number from 0 to "
	  "18446744073709551615" },
	{ "{\"a\": {\"default_action\": \"trap\", \"filter_action\": \"trap\", \"filter\": []}}",
	  "1:51: the action for calls that match is the same as for the others: seccompiler "
	  "refuses that" },
	{ "{\"a\": {\"default_action\": \"errno\", \"filter_action\": \"trap\", \"filter\": []}}",
	  "1:26: found \"errno\" alone, expected {\"errno\": number}" },
	{ "{\"a\": {\"default_action\": {\"errno\": -1}, \"filter_action\": \"trap\", \"filter\": "
	  "[]}}",
	  "1:36: found -1 for \"errno\", expected a whole number from 0 to 4294967295" },
	{ "{\"a\": {\"filter_action\": \"trap\", \"filter\": []}}",
	  "1:7: this filter has no \"mismatch_action\" (or \"default_action\"): "
	  "expected one like \"trap\"" },
};

START_TEST(refusals)
{
	ck_refused(format, refused[_i].text, &x86_64, refused[_i].sentence);
}
END_TEST

START_TEST(warnings)
{
	struct stile_policy *policy;

	ck_warned(format, FILTER("{\"syscall\": \"read\"}"), &x86_64, "");
	ck_warned(format, RULE(CONDITION("dword", "\"ge\"", "1")), &x86_64,
		  "1:102: this compares 32 bits, as seccompiler does; Firecracker from 1.11 on "
		  "compares 64 here");
	ck_warned(format, RULE(CONDITION("dword", "\"eq\"", "4294967296")), &x86_64,
		  "1:102: only the lower 32 bits of this value or mask count, because the argument "
		  "is a \"dword\"");
	policy = taken(format,
		       FILTER("{\"syscall\": \"read\"}, {\"syscall\": \"read\", \"args\": "
			      "[" CONDITION("dword", "\"eq\"", "1") "]}"),
		       &x86_64);
	ck_assert_uint_eq(said.count, 1);
	ck_assert_str_eq(said.items[0].text,
			 "this rule is lost, because others of the same call have conditions");
	ck_assert_str_eq(read_gets(policy, 1, 0), "allow");
	ck_assert_str_eq(read_gets(policy, 2, 0), "trap");
	stile_policy_free(policy);
}
END_TEST

/* Reads what was written, which must mean the same. */
static void ck_round(const struct stile_policy *policy, enum stile_abi abi)
{
	const struct read_options options = { .abi = abi };
	struct stile_policy *again;
	char *text = written(format, policy, false);

	ck_assert_msg(text != NULL, "%s", said.count ? said.items[0].text : "");
	again = taken(format, text, &options);
	ck_same(policy, again);
	stile_policy_free(again);
	free(text);
}

START_TEST(corpus)
{
	static const struct {
		const char *path;
		enum stile_abi abi;
	} files[] = {
		{ "firecracker/x86_64-unknown-linux-musl.json", STILE_ABI_X86_64 },
		{ "firecracker/unimplemented.json", STILE_ABI_X86_64 },
		{ "firecracker/aarch64-unknown-linux-musl.json", STILE_ABI_AARCH64 },
	};
	static const char *const threads[] = { "vmm", "api", "vcpu" };
	char *text = corpus_text(files[_i].path);
	struct source source = { .name = "test" };

	if (!text)
		return;
	source.bytes = text;
	source.length = strlen(text);
	ck_assert(format->is_likely(&source));
	for (size_t i = 0; i < 3; i++) {
		const struct read_options options = { .abi = files[_i].abi, .section = threads[i] };
		struct stile_policy *policy = taken(format, text, &options);

		ck_assert_uint_eq(said.count, 0);
		ck_round(policy, files[_i].abi);
		stile_policy_free(policy);
	}
	free(text);
}
END_TEST

/* seccompiler refuses filters of 4096 instructions and more. */
START_TEST(too_long)
{
	static const char rule[] = "{\"syscall\": \"read\", \"args\": "
				   "[" CONDITION("qword", "\"gt\"", "1") "]}";
	char *text;
	size_t size;

	for (unsigned int count = 511; count <= 512; count++) {
		FILE *stream = open_memstream(&text, &size);

		ck_assert_ptr_nonnull(stream);
		fprintf(stream, "{\"a\": {\"default_action\": \"trap\", \"filter_action\": "
				"\"allow\",\n \"filter\": [");
		for (unsigned int i = 0; i < count; i++)
			fprintf(stream, "%s%s", i ? "," : "", rule);
		fprintf(stream, "]}}");
		ck_assert_int_eq(fclose(stream), 0);
		if (count == 511)
			stile_policy_free(taken(format, text, &x86_64));
		else
			ck_refused(format, text, &x86_64,
				   "2:12: seccompiler would make 4103 instructions of this filter, "
				   "and refuses more than 4095");
		free(text);
	}
}
END_TEST

/* An ordered policy with a rule on top of a wider one. */
static struct stile_policy *ordered(const struct stile_table_condition *first,
				    const struct stile_table_condition *second)
{
	const struct stile_action kill = { .kind = STILE_ACTION_KILL_PROCESS };
	const struct stile_action refuse = { .kind = STILE_ACTION_ERRNO, .errno_value = 1 };
	struct stile_policy *policy = stile_policy_new();
	struct stile_policy_rule rule = { .abi = STILE_ABI_X86_64,
					  .action = refuse,
					  .conditions = first,
					  .condition_count = 2,
					  .origin = -1 };

	(void)stile_policy_add_abi(policy, STILE_ABI_X86_64);
	(void)stile_policy_set_default(policy, refuse);
	(void)stile_policy_set_foreign_abi(policy, kill);
	(void)stile_policy_ignore_x32(policy);
	(void)stile_policy_add_rule(policy, &rule);
	rule.action.kind = STILE_ACTION_ALLOW;
	rule.action.errno_value = 0;
	rule.conditions = second;
	rule.condition_count = 1;
	(void)stile_policy_add_rule(policy, &rule);
	ck_assert_str_eq(stile_policy_message(policy), "");
	return policy;
}

START_TEST(rounds)
{
	static const uint64_t values[] = { 0, 1, 0x7f, 0x7fff, 0x8000, 0xffff };
	static const uint8_t bits[] = { 16, 32, 64 };

	for (unsigned int way = 0; way < 3 * 2 * 7; way++) {
		const uint64_t all = UINT64_MAX >> (64 - bits[way % 3]);
		struct stile_table_condition first[2], second;
		struct stile_policy *policy;

		for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++) {
			/* the same place in the wider words */
			const uint64_t value = values[v] == 0xffff ?
						       all :
					       values[v] >= 0x7fff ?
						       all / 2 + (values[v] == 0x8000) :
						       values[v];

			first[0] = (struct stile_table_condition){
				.bits = bits[way % 3],
				.comparison = (uint8_t)(way / 6),
				.is_signed = way / 3 % 2,
				.parameter = -1,
				.value = value,
				.mask = way / 6 == STILE_MASKED_EQUAL ? value : 0
			};
			first[1] = first[0];
			first[1].argument = 1;
			second = first[0];
			second.argument = 2;
			policy = ordered(first, &second);
			ck_round(policy, STILE_ABI_X86_64);
			stile_policy_free(policy);
		}
	}
}
END_TEST

START_TEST(cannot_be_said)
{
	const struct stile_action fail = { .kind = STILE_ACTION_ERRNO, .errno_value = 38 };
	const struct stile_action log = { .kind = STILE_ACTION_LOG };
	struct stile_policy_rule rule = { .abi = STILE_ABI_X86_64, .number = 9, .origin = -1 };
	const struct stile_table_condition any[2] = {
		{ .bits = 64, .comparison = STILE_EQUAL, .parameter = -1, .value = 1 },
		{ .bits = 64, .comparison = STILE_EQUAL, .parameter = -1, .argument = 1 },
	};
	struct stile_policy *policy = ordered(any, any);
	char *text;

	rule.action = fail;
	(void)stile_policy_add_rule(policy, &rule);
	ck_assert_ptr_null(written(format, policy, false));
	ck_assert_str_eq(said.items[0].text,
			 "mmap: fail with ENOSYS, a third answer: seccompiler cannot say that");
	text = written(format, policy, true);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(said.count, 1);
	ck_assert_str_eq(said.items[0].text,
			 "mmap: fail with ENOSYS, a third answer: written as fail with EPERM");
	ck_assert_ptr_null(strstr(text, "mmap"));
	free(text);
	rule.number = 5000;
	rule.action = log;
	(void)stile_policy_add_rule(policy, &rule);
	text = written(format, policy, true);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(said.count, 2);
	free(text);
	(void)stile_policy_set_default(policy, (struct stile_action){ .kind = STILE_ACTION_ALLOW });
	ck_assert_ptr_null(written(format, policy, true));
	stile_policy_free(policy);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("firecracker");
	TCase *tests = tcase_create("firecracker");

	tcase_add_test(tests, meaning);
	tcase_add_loop_test(tests, comparisons, 0, 11);
	tcase_add_loop_test(tests, actions, 0, 7);
	tcase_add_test(tests, sections);
	tcase_add_loop_test(tests, refusals, 0, sizeof(refused) / sizeof(*refused));
	tcase_add_test(tests, warnings);
	tcase_add_loop_test(tests, corpus, 0, 3);
	tcase_add_test(tests, too_long);
	tcase_add_test(tests, rounds);
	tcase_add_test(tests, cannot_be_said);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
