/* SPDX-License-Identifier: MIT */
/* tiny-jail's TOML: what it means and what is refused. */
#include <stdio.h>
#include <string.h>

#include "policy_text.h"

static const struct read_options x86_64 = { .abi = STILE_ABI_X86_64 };
static const struct format *const format = &format_tiny_jail;

#define HEAD "default_action = \"SCMP_ACT_ERRNO\"\n"
#define ENTRY(names, action) "[[syscalls]]\nnames = [" names "]\naction = \"SCMP_ACT_" action "\"\n"
#define ABSTRACT(names) "[[abstract_syscalls]]\nnames = [" names "]\naction = \"SCMP_ACT_ALLOW\"\n"

static const char *gets(const struct stile_policy *policy, const char *syscall, uint64_t first,
			uint64_t second)
{
	return policy_answer(policy, STILE_ABI_X86_64, syscall, first, second);
}

START_TEST(meaning)
{
	struct stile_policy *policy = taken(
		format,
		HEAD "default_errno_ret = 13\n" ENTRY("\"read\"", "ALLOW")
			ENTRY("\"mount\"", "ERRNO") "errno_ret = 38\n" ENTRY("\"lseek\"", "KILL")
				ENTRY("\"write\"",
				      "ALLOW") "conditions = [ {index = 0, value = 0x1_0000_0001, "
					       "op = \"SCMP_CMP_EQ\"},\n"
					       "  {index = 1, value = 255, value_two = 0x101, op = "
					       "\"SCMP_CMP_MASKED_EQ\"} ]\n",
		&x86_64);

	ck_assert_uint_eq(said.count, 0);
	ck_assert_str_eq(gets(policy, "acct", 0, 0), "fail with EACCES");
	ck_assert_str_eq(gets(policy, "read", 0, 0), "allow");
	ck_assert_str_eq(gets(policy, "mount", 0, 0), "fail with ENOSYS");
	ck_assert_str_eq(gets(policy, "lseek", 0, 0), "kill the process");
	ck_assert_str_eq(gets(policy, "write", 0x100000001, 0xf01), "allow");
	ck_assert_str_eq(gets(policy, "write", 1, 0xf01), "fail with EACCES");
	ck_assert_str_eq(gets(policy, "write", 0x100000001, 2), "fail with EACCES");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "read", 0, 0), "kill the thread");
	stile_policy_free(policy);
}
END_TEST

START_TEST(architectures)
{
	struct stile_policy *policy = taken(format,
					    HEAD "architectures = [\"SCMP_ARCH_X86_64\", "
						 "\"SCMP_ARCH_X86\"]\n" ENTRY("\"read\"", "ALLOW"),
					    &x86_64);

	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "read", 0, 0), "allow");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_X32, "read", 0, 0), "kill the thread");
	stile_policy_free(policy);
}
END_TEST

/* Rulesets and grants in the place of groups. */
START_TEST(abstract)
{
	struct stile_policy *policy =
		taken(format, HEAD ABSTRACT("\"time\", \"system_io.read_fd(3)\""), &x86_64);

	ck_assert_str_eq(gets(policy, "clock_gettime", 0, 0), "allow");
	ck_assert_str_eq(gets(policy, "read", 3, 0), "allow");
	ck_assert_str_eq(gets(policy, "read", 4, 0), "fail with EPERM");
	stile_policy_free(policy);
}
END_TEST

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "a = ", "1:5: found the end of the file, expected a value: strings stand in quotes" },
	{ "", "1:1: found no \"default_action\", expected one like \"SCMP_ACT_ERRNO\"" },
	{ "default_action = 1\n",
	  "1:18: found a number for \"default_action\", expected a string" },
	{ "default_action = \"SCMP_ACT_NOTIFY\"", "1:18: tiny-jail refuses SCMP_ACT_NOTIFY" },
	{ "default_action = \"SCMP_ACT_ALOW\"",
	  "1:18: found the action \"SCMP_ACT_ALOW\": did you mean \"SCMP_ACT_ALLOW\"?" },
	{ HEAD "architectures = [\"X86\"]", "2:18: found the architecture \"X86\", expected one "
					    "like \"SCMP_ARCH_X86_64\"" },
	{ HEAD ENTRY("\"opennat\"", "ALLOW"),
	  "3:10: there is no syscall \"opennat\": did you mean \"openat\"?" },
	{ HEAD ENTRY("\"time.clocks\"", "ALLOW"), "3:10: there is no syscall \"time.clocks\"" },
	{ HEAD ENTRY("\"read\"", "ERRNO"), "4:10: this action is the default one: libseccomp "
					   "refuses that" },
	{ HEAD ENTRY("\"read\"", "ALLOW") "conditions = [{index = 6, value = 1, op = "
					  "\"SCMP_CMP_EQ\"}]",
	  "5:24: found 6 for \"index\", expected a whole number from 0 to 5" },
	{ HEAD ENTRY("\"read\"", "ALLOW") "conditions = [{index = 0, value = 1, op = \"EQ\"}]",
	  "5:43: found the comparison \"EQ\", expected one like \"SCMP_CMP_EQ\"" },
	{ HEAD ENTRY("\"read\"", "ALLOW") "conditions = [{index = 0, value = 1, op = "
					  "\"SCMP_CMP_GT\"}, {index = 0, value = 9, op = "
					  "\"SCMP_CMP_LT\"}]",
	  "5:59: argument 0 is compared a second time: libseccomp refuses that" },
	{ HEAD ABSTRACT("\"netwroking\""), "3:10: \"netwroking\" is neither a ruleset nor a grant "
					   "of stile, which stand in the place "
					   "of tiny-jail's groups: did you mean \"networking\"?" },
	{ HEAD ABSTRACT("\"system_io.reed\""),
	  "3:10: the ruleset \"system_io\" has no grant \"reed\": did you mean \"read\"?" },
	{ HEAD ABSTRACT("\"kexec\""), "3:10: the ruleset \"kexec\" has nothing that could be "
				      "granted as a whole: name one of its grants" },
	{ HEAD "[[abstract_syscalls]]\nnames = 1\naction = \"SCMP_ACT_ALLOW\"",
	  "3:9: found a number for \"names\", expected an array" },
};

START_TEST(refusals)
{
	ck_refused(format, refused[_i].text, &x86_64, refused[_i].sentence);
}
END_TEST

START_TEST(likely)
{
	const struct source yes = { "test", HEAD ENTRY("", ""), strlen(HEAD ENTRY("", "")), -1 };
	const struct source no = { "test", "default_action = 1", 18, -1 };

	ck_assert(format->is_likely(&yes));
	ck_assert(!format->is_likely(&no));
	ck_assert_ptr_null(format->write);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tiny-jail");
	TCase *tests = tcase_create("tiny-jail");

	tcase_add_test(tests, meaning);
	tcase_add_test(tests, architectures);
	tcase_add_test(tests, abstract);
	tcase_add_loop_test(tests, refusals, 0, sizeof(refused) / sizeof(*refused));
	tcase_add_test(tests, likely);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
