/* SPDX-License-Identifier: MIT */
/* Grants as container profiles: exact for one ABI; what --lossy leaves out, and no more. */
#include <check.h>
#include <errno.h>
#include <json-c/json.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci_runtime.h"
#include "policy_text.h"
#include "test_support.h"

/* A policy of grants, with a kernel of which libseccomp knows all calls. */
static struct stile_policy *granted(const char *words, const enum stile_abi *abis, size_t count,
				    struct stile_action action)
{
	const struct stile_action kill = { STILE_ACTION_KILL_THREAD, 0 };
	struct stile *s = stile_new();
	struct stile_policy *policy;

	ck_assert_int_eq(stile_set_abis(s, abis, count), 0);
	ck_assert_int_eq(stile_set_default(s, action), 0);
	ck_assert_int_eq(stile_set_baseline(s, "5.10"), 0);
	ck_assert_int_eq(stile_pledge(s, words), 0);
	policy = stile_policy_from_context(s);
	ck_assert_msg(policy, "%s", stile_message(s));
	ck_assert_int_eq(stile_policy_set_foreign_abi(policy, kill), 0);
	stile_free(s);
	return policy;
}

static const struct stile_action with_eperm = { STILE_ACTION_ERRNO, EPERM };

/* A call by its number; libseccomp leaves out names that it does not know. */
static bool is_known(const struct seccomp_data *data)
{
	return seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, data->nr) != NULL;
}

/* libseccomp's filter of a profile is the policy. */
static void ck_filter(struct stile_policy *policy, const char *text)
{
	static const char *const no_capabilities[] = { NULL };
	static const struct oci_container container = { no_capabilities, 6, 1 };
	struct json_object *profile = json_tokener_parse(text);
	struct stile_difference *differences;
	struct sock_filter *instructions;
	struct stile_policy *made;
	size_t count;

	ck_assert(oci_runtime_filter(profile, &container, &instructions, &count));
	ck_assert_uint_le(count, 4096);
	made = stile_policy_from_filter(instructions, count, "libseccomp");
	ck_assert_str_eq(stile_policy_message(made), "");
	ck_assert_int_eq(stile_policy_compare(policy, made, &differences, &count), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(!is_known(&differences[i].witness), "%s",
			      stile_call_text(&differences[i].witness));
	free(differences);
	stile_policy_free(made);
	free(instructions);
	json_object_put(profile);
}

/* There is one default action: that of numbers that nobody knows (ENOSYS), so that all other calls
 * that are refused are named. */
START_TEST(exact)
{
	static const struct {
		const char *words;
		struct stile_action action;
	} cases[] = {
		{ "stdio", { STILE_ACTION_ERRNO, EPERM } },
		{ "stdio rpath wpath cpath", { STILE_ACTION_ERRNO, EPERM } },
		{ "stdio inet unix dns", { STILE_ACTION_ERRNO, EPERM } },
		{ "stdio proc exec", { STILE_ACTION_ERRNO, EPERM } },
		{ "stdio rpath", { STILE_ACTION_ERRNO, EACCES } },
		{ "stdio rpath", { STILE_ACTION_ERRNO, ENOSYS } },
		{ "stdio rpath", { STILE_ACTION_KILL_PROCESS, 0 } },
		{ "stdio rpath", { STILE_ACTION_KILL_THREAD, 0 } },
		{ "stdio rpath", { STILE_ACTION_TRAP, 0 } },
	};
	const enum stile_abi abi = STILE_ABI_X86_64;
	struct stile_policy *policy = granted(cases[_i].words, &abi, 1, cases[_i].action);
	char *text = written(&format_oci, policy, false), *lossy;

	ck_assert_msg(text, "%s", said.count ? said.items[0].text : "");
	ck_assert_uint_eq(said.count, 0);
	ck_filter(policy, text);
	lossy = written(&format_oci, policy, true);
	ck_assert_str_eq(lossy, text); /* nothing is lost that need not be */
	ck_assert_uint_eq(said.count, 0);
	free(text);
	free(lossy);
	stile_policy_free(policy);
}
END_TEST

/* What another ABI needs in its place is left out, and not what the first one needs. */
START_TEST(other_abis)
{
	static const enum stile_abi pairs[][2] = { { STILE_ABI_X86_64, STILE_ABI_X32 },
						   { STILE_ABI_X86_64, STILE_ABI_I386 } };
	struct stile_policy *both = granted("stdio unix", pairs[_i], 2, with_eperm);
	struct stile_policy *one = granted("stdio unix", pairs[_i], 1, with_eperm);
	char *of_both, *of_one, sentence[200];

	of_both = written(&format_oci, both, false);
	ck_assert_ptr_null(of_both);
	(void)snprintf(sentence, sizeof(sentence),
		       "calls by %s cannot be said beside those by x86_64, because entries hold "
		       "for "
		       "all architectures: all of them kill the thread",
		       stile_abi_name(pairs[_i][1]));
	of_both = written(&format_oci, both, true);
	ck_assert_msg(of_both, "%s", said.items[0].text);
	ck_assert_uint_eq(said.count, 1);
	ck_assert_str_eq(said.items[0].text, sentence);
	of_one = written(&format_oci, one, false);
	ck_assert_str_eq(of_both, of_one);
	free(of_both);
	free(of_one);
	stile_policy_free(both);
	stile_policy_free(one);
}
END_TEST

/* Conditions that together need 32 * 32 * 32 entries. */
static void add_long_rule(struct stile_policy *policy, struct stile_action action)
{
	struct stile_table_condition conditions[3];
	const struct stile_policy_rule rule = { .abi = STILE_ABI_X86_64,
						.number = 53, /* socketpair */
						.action = action,
						.conditions = conditions,
						.condition_count = 3,
						.origin = -1 };

	for (uint8_t i = 0; i < 3; i++)
		conditions[i] = (struct stile_table_condition){ .argument = i,
								.bits = 32,
								.comparison = STILE_NOT_EQUAL,
								.parameter = -1,
								.value = 5 };
	ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
}

/* What the profile does with socketpair. */
static enum stile_action_kind gets(const char *text, uint64_t first, uint64_t second,
				   uint64_t third)
{
	const struct read_options options = { .abi = STILE_ABI_X86_64, .kernel = 0x060100 };
	const struct seccomp_data data = { .nr = 53,
					   .arch = stile_audit_arch(STILE_ABI_X86_64),
					   .args = { first, second, third } };
	struct stile_policy *policy = taken(&format_oci, text, &options);
	struct stile_decision decision;

	ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
	stile_policy_free(policy);
	return decision.action.kind;
}

/* Of two rules the one is left out that is too long. */
START_TEST(too_long)
{
	const struct stile_table_condition first = {
		.argument = 0, .bits = 64, .comparison = STILE_EQUAL, .parameter = -1, .value = 1
	};
	const struct stile_policy_rule rule = { .abi = STILE_ABI_X86_64,
						.number = 53,
						.conditions = &first,
						.condition_count = 1,
						.origin = -1 };
	struct stile_policy *policy = new_policy(with_eperm);
	char *text;

	ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0); /* STILE_ACTION_ALLOW */
	add_long_rule(policy, rule.action);
	text = written(&format_oci, policy, false);
	ck_assert_ptr_null(text);
	text = written(&format_oci, policy, true);
	ck_assert_msg(text, "%s", said.items[0].text);
	ck_assert_str_eq(said.items[0].text,
			 "socketpair of x86_64: 1 of its 3 answers would need more than 256 "
			 "entries in all: these calls get the default action");
	ck_assert_int_eq(gets(text, 1, 5, 5), STILE_ACTION_ALLOW);
	ck_assert_int_eq(gets(text, 2, 2, 2), STILE_ACTION_ERRNO);
	free(text);
	stile_policy_free(policy);
}
END_TEST

/* Of a refusal that is too long more is refused, but not all. */
START_TEST(too_long_refusal)
{
	struct stile_policy *policy = new_policy((struct stile_action){ STILE_ACTION_ALLOW, 0 });
	char *text;

	add_long_rule(policy, with_eperm);
	text = written(&format_oci, policy, false);
	ck_assert_ptr_null(text);
	text = written(&format_oci, policy, true);
	ck_assert_msg(text, "%s", said.items[0].text);
	ck_assert_str_eq(said.items[0].text,
			 "socketpair of x86_64: its conditions would need more than 1024 entries: "
			 "more of its calls are refused");
	ck_assert_int_eq(gets(text, 5, 5, 5), STILE_ACTION_ALLOW);
	ck_assert_int_eq(gets(text, 5, 6, 6), STILE_ACTION_ALLOW);
	ck_assert_int_eq(gets(text, 6, 6, 6), STILE_ACTION_ERRNO);
	ck_assert_int_eq(gets(text, 6, 6, 5), STILE_ACTION_ERRNO); /* the policy allows it */
	free(text);
	stile_policy_free(policy);
}
END_TEST

/* Kubernetes has no errno for the default action; calls that are known keep theirs. */
START_TEST(kubernetes)
{
	const struct read_options options = { .abi = STILE_ABI_X86_64, .kernel = 0x060100 };
	const enum stile_abi abi = STILE_ABI_X86_64;
	struct stile_policy *policy = granted("stdio", &abi, 1, with_eperm), *read;
	struct stile_policy_call call;
	char *text = written(&format_kubernetes, policy, false);

	ck_assert_ptr_null(text);
	text = written(&format_kubernetes, policy, true);
	ck_assert_msg(text, "%s", said.items[0].text);
	read = taken(&format_kubernetes, text, &options);
	ck_assert_int_eq(stile_policy_default(read).errno_value, EPERM);
	ck_assert(stile_policy_find_call(read, STILE_ABI_X86_64, 462, &call)); /* mseal: 6.10 */
	ck_assert_int_eq(call.rest.errno_value, ENOSYS);
	free(text);
	stile_policy_free(read);
	stile_policy_free(policy);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("oci lossy");
	TCase *tests = tcase_create("oci lossy");

	tcase_set_timeout(tests, 30);
	tcase_add_loop_test(tests, exact, 0, 9);
	tcase_add_loop_test(tests, other_abis, 0, 2);
	tcase_add_test(tests, too_long);
	tcase_add_test(tests, too_long_refusal);
	tcase_add_test(tests, kubernetes);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
