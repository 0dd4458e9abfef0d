/* SPDX-License-Identifier: MIT */
/* Container profiles: what is refused and where, what is warned of, grants by name. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "test_support.h"

static struct diagnostics said;

static struct stile_policy *read_as(const struct format *format, const char *text)
{
	const struct source source = { "test", text, strlen(text), -1 };
	const struct read_options options = { .abi = STILE_ABI_X86_64, .kernel = 0x060100 };

	diagnostics_free(&said);
	return format->read(&source, &options, &said);
}

/* The first thing that was said: "line:column: sentence". */
static const char *first_said(void)
{
	static char text[1000];

	ck_assert_uint_gt(said.count, 0);
	(void)snprintf(text, sizeof(text), "%u:%u: %s", said.items[0].line, said.items[0].column,
		       said.items[0].text);
	return text;
}

static struct stile_action decide(const struct stile_policy *policy, enum stile_abi abi,
				  const char *syscall, uint64_t first, uint64_t second)
{
	const struct seccomp_data data = { .nr = (int)stile_syscall_number(abi, syscall),
					   .arch = stile_audit_arch(abi),
					   .args = { first, second } };
	struct stile_decision decision;

	ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
	return decision.action;
}

#define E(entries) "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [" entries "]}"
#define A(args) E("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [" args "]}")

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "[]", "1:1: found an array, expected an object with \"defaultAction\"" },
	{ "{\"syscalls\": []}",
	  "1:1: found no \"defaultAction\", expected one like \"SCMP_ACT_ERRNO\"" },
	{ "{\"ociVersion\": \"1.0\"}", "1:1: this configuration has no \"seccomp\" in \"linux\"" },
	{ "{\"defaultAction\": 7}",
	  "1:19: found a number for \"defaultAction\", expected a string" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALOW\"}",
	  "1:19: found the action \"SCMP_ACT_ALOW\": did you mean \"SCMP_ACT_ALLOW\"?" },
	{ "{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}",
	  "1:19: runtimes refuse SCMP_ACT_NOTIFY as default action: they could not hand over the "
	  "listener" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1}",
	  "1:19: SCMP_ACT_ALLOW has no errno, but one stands beside it" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 70000}",
	  "1:56: found 70000 for \"defaultErrnoRet\", expected a whole number from 0 to 65535" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"EPREM\"}",
	  "1:53: found the errno \"EPREM\": did you mean \"EPERM\"?" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86_46\"]}",
	  "1:55: found the architecture \"SCMP_ARCH_X86_46\": did you mean \"SCMP_ARCH_X86_64\"?" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], "
	  "\"archMap\": [{}]}",
	  "1:84: found \"archMap\" beside \"architectures\", expected one of the two" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"flags\": [\"SECCOMP_FLAG\"]}",
	  "1:47: found the flag \"SECCOMP_FLAG\", expected one like "
	  "\"SECCOMP_FILTER_FLAG_LOG\"" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"Syscalls\": []}",
	  "1:37: found the key \"Syscalls\", which some runtimes take for \"syscalls\" and others "
	  "leave out: write \"syscalls\"" },
	{ E("7"), "1:50: found a number in \"syscalls\", expected an object" },
	{ E("{\"names\": [\"read\"]}"),
	  "1:50: found no \"action\", expected one like \"SCMP_ACT_ALLOW\"" },
	{ E("{\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"}"),
	  "1:60: found no names, expected \"names\" with at least one syscall" },
	{ E("{\"names\": [7], \"action\": \"SCMP_ACT_ALLOW\"}"),
	  "1:61: found a number in \"names\", expected a string" },
	{ E("{\"name\": \"read\", \"names\": [\"write\"], \"action\": \"SCMP_ACT_ALLOW\"}"),
	  "1:59: found \"name\" beside \"names\", expected one of the two" },
	{ E("{\"names\": [\"write\"], \"action\": \"SCMP_ACT_NOTIFY\"}"), NULL },
	{ E("{\"names\": [\"a.b\"], \"action\": \"SCMP_ACT_ALLOW\"}"),
	  "1:61: found \"a.b\", expected a syscall, or a grant like \"system_io.open_readonly\": "
	  "a.b: there is no ruleset 'a': see stile-rulesets(7)" },
	{ E("{\"names\": [\"system_io.read_fd\"], \"action\": \"SCMP_ACT_ALLOW\"}"),
	  "1:61: found \"system_io.read_fd\", expected the values of its parameters, like "
	  "\"system_io.read_fd(3)\": system_io.read_fd takes 1 value, not 0: write "
	  "system_io.read_fd(VALUE)" },
	{ E("{\"names\": [\"system_io.read_fd(-1)\"], \"action\": \"SCMP_ACT_ALLOW\"}"), NULL },
	{ A("{\"index\": 6, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:117: found 6 for \"index\", expected a whole number from 0 to 5" },
	{ A("{\"index\": 0, \"value\": -1, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:129: found -1 for \"value\", expected a whole number from 0 to 18446744073709551615" },
	{ A("{\"index\": 0, \"value\": 18446744073709551616, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:129: found 18446744073709551616 for \"value\", expected a whole number from 0 to "
	  "18446744073709551615" },
	{ A("{\"index\": 0, \"value\": null, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:129: found null for \"value\", expected one to compare with" },
	{ A("{\"index\": null, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:117: found null for \"index\", expected an argument's, 0 to 5" },
	{ A("{\"index\": 0, \"value\": 0, \"op\": null}"),
	  "1:138: found null for \"op\", expected a comparison like \"SCMP_CMP_EQ\"" },
	{ E("{\"names\": null, \"action\": \"SCMP_ACT_ALLOW\"}"),
	  "1:60: found no names, expected \"names\" with at least one syscall" },
	{ E("{\"names\": [\"read\"], \"action\": null}"),
	  "1:80: found null for \"action\", expected one like \"SCMP_ACT_ALLOW\"" },
	{ A("{\"index\": 0, \"value\": 1.5, \"op\": \"SCMP_CMP_EQ\"}"), NULL },
	{ A("{\"value\": 0, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:107: found no \"index\", expected an argument's, 0 to 5" },
	{ A("{\"index\": 0, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:107: found no \"value\", expected one to compare with" },
	{ A("{\"index\": 0, \"value\": 0, \"op\": \"SCMP_CMP_EG\"}"),
	  "1:138: found the comparison \"SCMP_CMP_EG\": did you mean \"SCMP_CMP_EQ\"?" },
	{ A("{\"index\": 0, \"value\": 0}"),
	  "1:107: found no \"op\", expected a comparison like \"SCMP_CMP_EQ\"" },
	{ E("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": "
	    "{\"minKernel\": \"5\"}}"),
	  "1:124: found \"5\" for \"minKernel\", expected a version like \"4.8\"" },
	{ E("{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	    "[{\"index\": 1, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"}]},\n"
	    "{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_TRAP\", \"args\": "
	    "[{\"index\": 1, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"}]}"),
	  "2:12: \"ioctl\" has the same conditions before this, with another action: runtimes "
	  "refuse that" },
	{ "{\"stile\": {}}", NULL },
	{ "{\"stile\": {\"grants\": [\"system_io.raed\"]}}", NULL },
	{ "{\"stile\": {\"grants\": [\"system_io.read\"], \"default\": \"no\"}}", NULL },
	{ "{\"stile\": {\"grants\": [\"system_io.read\"], \"abis\": [\"vax\"]}}",
	  "1:51: found the ABI \"vax\", expected \"x86_64\", \"i386\", \"x32\", \"aarch64\" or "
	  "\"riscv64\"" },
	{ "{\"stile\": {\"grants\": [\"system_io.read\"]}, \"defaultAction\": \"SCMP_ACT_ALLOW\"}",
	  NULL },
};

START_TEST(refusals)
{
	ck_assert_msg(!read_as(&format_oci, refused[_i].text), "taken: %s", refused[_i].text);
	ck_assert(has_errors(&said));
	if (refused[_i].sentence)
		ck_assert_str_eq(first_said(), refused[_i].sentence);
	diagnostics_free(&said);
}
END_TEST

static const struct {
	const char *text, *sentence;
} warned[] = {
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscals\": []}",
	  "1:37: the key \"syscals\" means nothing here and is left out: did you mean "
	  "\"syscalls\"?" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_S390X\"]}",
	  "1:55: SCMP_ARCH_S390X is not in the table of syscalls: calls by it get what calls by "
	  "another ABI get" },
	{ E("{\"names\": [\"opennat\"], \"action\": \"SCMP_ACT_ALLOW\"}"),
	  "1:61: there is no syscall \"opennat\": runtimes leave it out; did you mean "
	  "\"openat\"?" },
	{ A("{\"index\": 0, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"}, "
	    "{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:154: argument 0 is compared a second time: runtimes then make a rule of its own of "
	  "each comparison, so that one of them suffices" },
	{ A("{\"index\": 0, \"value\": 0, \"valueTwo\": 1, \"op\": \"SCMP_CMP_EQ\"}"),
	  "1:107: \"valueTwo\" means nothing to this comparison" },
	{ E("{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\"},\n"
	    "{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_TRAP\", \"args\": "
	    "[{\"index\": 1, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"}]}"),
	  "2:12: \"ioctl\" here loses to its entry in line 1 where both match" },
};

START_TEST(warnings)
{
	struct stile_policy *policy = read_as(&format_oci, warned[_i].text);

	ck_assert_msg(policy, "%s", first_said());
	ck_assert_uint_eq(said.count, 1);
	ck_assert_int_eq(said.items[0].severity, SEVERITY_WARNING);
	ck_assert_str_eq(first_said(), warned[_i].sentence);
	stile_policy_free(policy);
	diagnostics_free(&said);
}
END_TEST

/* Within a whole configuration; the line of a name is the origin. */
START_TEST(configuration)
{
	struct stile_policy *policy =
		read_as(&format_oci, "{\"ociVersion\": \"1.0\", \"linux\": {\"seccomp\":\n" E(
					     "{\"names\": [\"read\",\n\"write\"], \"action\": "
					     "\"SCMP_ACT_TRACE\", \"errnoRet\": 7}") "}}");
	struct stile_policy_call call;
	unsigned int line;

	ck_assert_msg(policy, "%s", first_said());
	ck_assert_int_eq(stile_policy_default(policy).errno_value, EPERM);
	ck_assert(stile_policy_find_call(policy, STILE_ABI_X86_64, 1, &call));
	ck_assert_int_eq(call.rest.kind, STILE_ACTION_TRACE);
	ck_assert_uint_eq(call.rest.errno_value, 7);
	ck_assert_str_eq(stile_policy_origin(policy, call.rest_origin, &line), "test");
	ck_assert_uint_eq(line, 3);
	stile_policy_free(policy);
}
END_TEST

/* A grant's name stands for all of its rules; on i386 also for socketcall. */
START_TEST(groups)
{
	struct stile_policy *policy = read_as(
		&format_oci,
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], "
		"\"syscalls\": [{\"names\": [\"system_io.read_fd(3)\", \"networking.listen\"], "
		"\"action\": \"SCMP_ACT_LOG\"}]}");

	ck_assert_msg(policy, "%s", first_said());
	ck_assert_int_eq(decide(policy, STILE_ABI_X86_64, "read", 3, 0).kind, STILE_ACTION_LOG);
	ck_assert_int_eq(decide(policy, STILE_ABI_X86_64, "readv", 3, 0).kind, STILE_ACTION_LOG);
	ck_assert_int_eq(decide(policy, STILE_ABI_X86_64, "read", 4, 0).kind, STILE_ACTION_ERRNO);
	ck_assert_int_eq(decide(policy, STILE_ABI_I386, "listen", 3, 0).kind, STILE_ACTION_LOG);
	ck_assert_int_eq(decide(policy, STILE_ABI_I386, "socketcall", 4, 0).kind, STILE_ACTION_LOG);
	ck_assert_int_eq(decide(policy, STILE_ABI_I386, "socketcall", 2, 0).kind,
			 STILE_ACTION_ERRNO);
	stile_policy_free(policy);
}
END_TEST

START_TEST(grants)
{
	struct stile_policy *policy =
		read_as(&format_oci,
			"{\"stile\": {\"grants\": [\"system_io.open_readonly\"], \"pledge\": "
			"\"stdio\", \"default\": \"errno=EACCES\", \"baseline\": \"6.1\"}}");
	struct stile_action action;

	ck_assert_msg(policy, "%s", first_said());
	ck_assert_int_eq(decide(policy, STILE_ABI_X86_64, "open", 0, 0).kind, STILE_ACTION_ALLOW);
	action = decide(policy, STILE_ABI_X86_64, "open", 0, 1);
	ck_assert(action.kind == STILE_ACTION_ERRNO && action.errno_value == EACCES);
	action = decide(policy, STILE_ABI_X86_64, "mseal", 0, 1);
	ck_assert(action.kind == STILE_ACTION_ERRNO && action.errno_value == ENOSYS);
	stile_policy_free(policy);
}
END_TEST

#define KUBERNETES                                                                        \
	"apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\n" \
	"metadata:\n  name: x\nspec:\n  defaultAction: SCMP_ACT_ERRNO\n"

static const struct {
	const char *text, *sentence;
} refused_yaml[] = {
	{ KUBERNETES "  baseProfileName: runc\n",
	  "7:20: the profile \"runc\" is added to this one by the operator, and cannot be found "
	  "from here: write its entries into this file" },
	{ KUBERNETES "  syscalls:\n  - {names: [read], action: SCMP_ACT_ERRNO, errnoRet: 0}\n",
	  NULL },
	{ KUBERNETES "  syscalls:\n  - names: [read]\n    action: SCMP_ACT_LOG\n    args:\n"
		     "    - {index: 0, op: SCMP_CMP_EQ, value: 9223372036854775808}\n",
	  "11:42: found 9223372036854775808 for \"value\", expected a whole number from 0 to "
	  "9223372036854775807" },
	{ "apiVersion: v1\nkind: Pod\n",
	  "2:7: found the kind \"Pod\", expected \"SeccompProfile\"" },
	{ "apiVersion: v1\nkind: SeccompProfile\nspec: {defaultAction: SCMP_ACT_LOG}\n",
	  "1:13: found the apiVersion \"v1\", expected "
	  "\"security-profiles-operator.x-k8s.io/v1beta1\"" },
};

START_TEST(refusals_yaml)
{
	ck_assert_msg(!read_as(&format_kubernetes, refused_yaml[_i].text), "taken: %s",
		      refused_yaml[_i].text);
	if (refused_yaml[_i].sentence)
		ck_assert_str_eq(first_said(), refused_yaml[_i].sentence);
	diagnostics_free(&said);
}
END_TEST

START_TEST(kubernetes)
{
	struct stile_policy *policy =
		read_as(&format_kubernetes,
			KUBERNETES "  architectures: [SCMP_ARCH_NATIVE]\n  syscalls:\n"
				   "  - names:\n    - read\n    action: SCMP_ACT_ALLOW\n    args:\n"
				   "    - index: 0\n      op: SCMP_CMP_EQ\n      value: 3\n");

	ck_assert_msg(policy, "%s", first_said());
	ck_assert_int_eq(decide(policy, STILE_ABI_X86_64, "read", 3, 0).kind, STILE_ACTION_ALLOW);
	ck_assert_int_eq(decide(policy, STILE_ABI_X86_64, "read", 4, 0).kind, STILE_ACTION_ERRNO);
	stile_policy_free(policy);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("oci");
	TCase *tests = tcase_create("oci");

	tcase_add_loop_test(tests, refusals, 0, COUNT(refused));
	tcase_add_loop_test(tests, warnings, 0, COUNT(warned));
	tcase_add_test(tests, configuration);
	tcase_add_test(tests, groups);
	tcase_add_test(tests, grants);
	tcase_add_loop_test(tests, refusals_yaml, 0, COUNT(refused_yaml));
	tcase_add_test(tests, kubernetes);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
