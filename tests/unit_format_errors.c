/* SPDX-License-Identifier: MIT */
/* All that is wrong with a file is said in one go, each at its own place. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "policy_text.h"
#include "test_support.h"

/* In the order in which they are said, a line each: "2:9: error: sentence". */
static void all_said(char *text, size_t size)
{
	size_t length = 0;

	*text = '\0';
	for (size_t i = 0; i < said.count && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%u:%u: %s: %s\n",
					   said.items[i].line, said.items[i].column,
					   said.items[i].severity == SEVERITY_ERROR ? "error" :
										      "warning",
					   said.items[i].text);
}

#define FIRST_IS_0 "{\"index\": 0, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}"

static const struct {
	const struct format *format;
	const char *text, *sentences;
} files[] = {
	/* our short form: each grant, each word of "pledge" */
	{ &format_oci,
	  "{\"stile\": {\"grants\": [\"system_io.read\", \"system_io.raed\",\n\"a.b\"],\n"
	  "\"pledge\": \"stdio rpaht  inte\", \"default\": \"errno=EPREM\",\n"
	  "\"baseline\": \"x\", \"abis\": [\"x86_64\", \"vax\", \"pdp\"]}}",
	  "4:37: error: found the ABI \"vax\", expected \"x86_64\", \"i386\", \"x32\", "
	  "\"aarch64\" or \"riscv64\"\n"
	  "4:44: error: found the ABI \"pdp\", expected \"x86_64\", \"i386\", \"x32\", "
	  "\"aarch64\" or \"riscv64\"\n"
	  "3:43: error: found the action \"errno=EPREM\": did you mean \"errno=EPERM\"?\n"
	  "4:13: error: baseline 'x': give a kernel version such as 6.1\n"
	  "3:18: error: pledge: there is no word 'rpaht': did you mean 'rpath'?\n"
	  "3:25: error: pledge: there is no word 'inte': did you mean 'inet'?\n"
	  "1:41: error: system_io.raed: ruleset system_io has no grant 'raed': did you mean "
	  "'system_io.read'?\n"
	  "2:1: error: a.b: there is no ruleset 'a': see stile-rulesets(7)\n" },
	/* where a string has escapes its parts have no places of their own */
	{ &format_oci, "{\"stile\": {\"pledge\": \"\\u0073tdio rpaht\"}}",
	  "1:22: error: pledge: there is no word 'rpaht': did you mean 'rpath'?\n" },
	/* names are judged beside all other errors */
	{ &format_oci,
	  "{\"defaultAction\": \"SCMP_ACT_ALOW\", \"defaultErrno\": \"EPREM\", \"syscalls\": [\n"
	  "{\"names\": [\"opennat\", 7, \"a.b\"], \"action\": \"SCMP_ACT_ERNO\", \"args\": [\n"
	  "{\"index\": 9, \"value\": \"1\", \"op\": 3}]},\n"
	  "{\"names\": [\"raed\"], \"action\": \"SCMP_ACT_LOG\", \"includes\": {\"minKernel\": "
	  "\"x\"}, \"excludes\": {\"caps\": 1}}]}",
	  "1:52: error: found the errno \"EPREM\": did you mean \"EPERM\"?\n"
	  "1:19: error: found the action \"SCMP_ACT_ALOW\": did you mean \"SCMP_ACT_ALLOW\"?\n"
	  "2:44: error: found the action \"SCMP_ACT_ERNO\": did you mean \"SCMP_ACT_ERRNO\"?\n"
	  "2:23: error: found a number in \"names\", expected a string\n"
	  "3:11: error: found 9 for \"index\", expected a whole number from 0 to 5\n"
	  "3:23: error: found a string for \"value\", expected a number\n"
	  "3:34: error: found a number for \"op\", expected a string\n"
	  "4:73: error: found \"x\" for \"minKernel\", expected a version like \"4.8\"\n"
	  "4:100: error: found a number for \"caps\", expected an array\n"
	  "2:12: warning: there is no syscall \"opennat\": runtimes leave it out; did you mean "
	  "\"openat\"?\n"
	  "2:26: error: found \"a.b\", expected a syscall, or a grant like "
	  "\"system_io.open_readonly\": a.b: there is no ruleset 'a': see stile-rulesets(7)\n"
	  "4:12: warning: there is no syscall \"raed\": runtimes leave it out; did you mean "
	  "\"read\"?\n" },
	/* entries that contradict one another, beside one that cannot be read */
	{ &format_oci,
	  "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [\n"
	  "{\"names\": [\"read\", \"write\"], \"action\": \"SCMP_ACT_LOG\", \"args\": [" FIRST_IS_0
	  "]},\n"
	  "{\"names\": [\"read\", \"write\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[" FIRST_IS_0 "]},\n"
	  "{\"names\": [\"open\"], \"action\": \"SCMP_ACT_LOGG\"}]}",
	  "4:31: error: found the action \"SCMP_ACT_LOGG\": did you mean \"SCMP_ACT_LOG\"?\n"
	  "3:12: error: \"read\" has the same conditions before this, with another action: "
	  "runtimes refuse that\n"
	  "3:20: error: \"write\" has the same conditions before this, with another action: "
	  "runtimes refuse that\n" },
	{ &format_kubernetes,
	  "apiVersion: v1\nkind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_LGO\n"
	  "  baseProfileName: runc\n  syscalls:\n"
	  "  - {names: [opennat], action: SCMP_ACT_ALLOW, errnoRet: 0, args: 5}\n"
	  "  - {names: 7, action: null}\n",
	  "1:13: error: found the apiVersion \"v1\", expected "
	  "\"security-profiles-operator.x-k8s.io/v1beta1\"\n"
	  "5:20: error: the profile \"runc\" is added to this one by the operator, and cannot be "
	  "found from here: write its entries into this file\n"
	  "7:58: error: found 0 for \"errnoRet\", which the operator leaves out, so that EPERM is "
	  "taken: expected another errno, or none\n"
	  "4:18: error: found the action \"SCMP_ACT_LGO\": did you mean \"SCMP_ACT_LOG\"?\n"
	  "7:67: error: found a number for \"args\", expected an array\n"
	  "8:24: error: found null for \"action\", expected one like \"SCMP_ACT_ALLOW\"\n"
	  "8:13: error: found a number for \"names\", expected an array\n"
	  "7:14: warning: there is no syscall \"opennat\": runtimes leave it out; did you mean "
	  "\"openat\"?\n" },
	{ &format_tiny_jail,
	  "default_action = \"SCMP_ACT_ALOW\"\narchitectures = [\"SCMP_ARCH_X86_46\"]\n"
	  "[[syscalls]]\nnames = [\"opennat\"]\naction = \"SCMP_ACT_ERNO\"\n"
	  "conditions = [{index = 9, value = \"1\", op = \"SCMP_CMP_EG\"}]\n"
	  "[[abstract_syscalls]]\nnames = [\"system_io.raed\", \"system_io.read_fd\"]\n"
	  "action = \"SCMP_ACT_ALLOW\"\n",
	  "1:18: error: found the action \"SCMP_ACT_ALOW\": did you mean \"SCMP_ACT_ALLOW\"?\n"
	  "2:18: error: found the architecture \"SCMP_ARCH_X86_46\": did you mean "
	  "\"SCMP_ARCH_X86_64\"?\n"
	  "5:10: error: found the action \"SCMP_ACT_ERNO\": did you mean \"SCMP_ACT_ERRNO\"?\n"
	  "6:24: error: found 9 for \"index\", expected a whole number from 0 to 5\n"
	  "6:35: error: found a string for \"value\", expected a number\n"
	  "6:45: error: found the comparison \"SCMP_CMP_EG\": did you mean \"SCMP_CMP_EQ\"?\n"
	  "4:10: error: there is no syscall \"opennat\": did you mean \"openat\"?\n"
	  "8:10: error: the ruleset \"system_io\" has no grant \"raed\": did you mean \"read\"?\n"
	  "8:28: error: found \"system_io.read_fd\", expected the values of its parameters, like "
	  "\"system_io.read_fd(3)\": system_io.read_fd takes 1 value, not 0: write "
	  "system_io.read_fd(VALUE)\n" },
	{ &format_firecracker,
	  "{\"a\": {\"default_action\": \"trp\", \"filter_action\": {\"errno\": null},\n"
	  "\"fliter\": 1, \"filter\": [{\"syscall\": \"opennat\", \"agrs\": 1, \"args\": [\n"
	  "{\"index\": 9, \"type\": \"word\", \"op\": \"eg\", \"val\": null, \"vla\": 1}]}]}}",
	  "2:1: error: found \"fliter\" in a filter, which has no such member: did you mean "
	  "\"filter\"?\n"
	  "1:26: error: found the action \"trp\": did you mean \"trap\"?\n"
	  "1:50: error: found \"errno\" alone, expected {\"errno\": number}\n"
	  "2:48: error: found \"agrs\" in a rule, which has no such member: did you mean "
	  "\"args\"?\n"
	  "2:37: error: there is no syscall \"opennat\": did you mean \"openat\"?\n"
	  "3:55: error: found \"vla\" in a condition, which has no such member\n"
	  "3:11: error: found 9 as \"index\", expected a whole number from 0 to 5\n"
	  "3:22: error: found word as \"type\", expected \"dword\" or \"qword\"\n"
	  "3:36: error: found the comparison \"eg\", expected \"eq\", \"ne\", \"lt\", \"le\", "
	  "\"gt\", \"ge\" or {\"masked_eq\": mask}\n"
	  "3:49: error: found null as \"val\", expected a whole number from 0 to "
	  "18446744073709551615\n" },
};

START_TEST(in_one_go)
{
	const struct read_options options = { .abi = STILE_ABI_X86_64, .kernel = 0x060100 };
	char text[4000];

	ck_assert_ptr_null(read_policy(files[_i].format, files[_i].text, &options));
	all_said(text, sizeof(text));
	ck_assert_str_eq(text, files[_i].sentences);
	diagnostics_free(&said);
}
END_TEST

/* A policy as short as this has no end of grants that are tried. */
START_TEST(too_many_grants)
{
	static char text[200000] = "{\"stile\": {\"grants\": [\"a\"";
	const struct read_options options = { .abi = STILE_ABI_X86_64 };
	size_t length = strlen(text);

	for (unsigned int i = 0; i < 4096; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, ", \"a\"");
	(void)snprintf(text + length, sizeof(text) - length, "]}}");
	ck_refused(&format_oci, text, &options, "1:22: found 4097 grants, expected at most 4096");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("format errors");
	TCase *tests = tcase_create("format errors");

	tcase_add_loop_test(tests, in_one_go, 0, sizeof(files) / sizeof(*files));
	tcase_add_test(tests, too_many_grants);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
