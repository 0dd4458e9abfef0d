/* SPDX-License-Identifier: MIT */
/* Profiles of containers mean what runtimes make of them: each is proved equal to a filter that is
 * made of it by libseccomp, as runtimes do. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "format.h"
#include "oci_runtime.h"
#include "test_support.h"

static const char *const no_capabilities[] = { NULL };
static const char *const many_capabilities[] = { "CAP_SYS_ADMIN",   "CAP_SYSLOG",
						 "CAP_SYS_PTRACE",  "CAP_SYS_TIME",
						 "CAP_AUDIT_WRITE", "CAP_BPF",
						 "CAP_SYS_CHROOT",  NULL };
static const struct oci_container containers[] = {
	{ no_capabilities, 6, 1 },
	{ many_capabilities, 6, 1 },
	{ no_capabilities, 4, 0 },
};

static struct stile_policy *read_policy(const char *name, const char *text,
					const struct oci_container *container,
					struct diagnostics *said)
{
	const struct source source = { name, text, strlen(text), -1 };
	const struct read_options options = { .abi = STILE_ABI_X86_64,
					      .capabilities = container->capabilities,
					      .kernel = container->major << 16 | container->minor
											 << 8 };

	ck_assert_msg(format_oci.is_likely(&source), "%s", name);
	return format_oci.read(&source, &options, said);
}

static char *describe(const struct stile_proof *proof)
{
	char filter[40], policy[40], *call = stile_call_text(&proof->witness), *text;

	stile_format_answer(proof->filter_answer, filter, sizeof(filter));
	stile_format_answer(proof->policy_answer, policy, sizeof(policy));
	ck_assert(asprintf(&text, "%s: libseccomp %s, stile %s", call, filter, policy) > 0);
	free(call);
	return text;
}

/* NULL: policy and filter are equal; else a call on which they differ. */
static char *difference(const char *name, const char *text, const struct oci_container *container)
{
	struct json_object *profile = json_tokener_parse(text);
	struct diagnostics said = { 0 };
	struct stile_policy *policy;
	struct sock_filter *instructions;
	struct stile_proof proof;
	char *found = NULL;
	size_t count;

	ck_assert_ptr_nonnull(profile);
	oci_forget_unknown_names(profile);
	policy = read_policy(name, json_object_to_json_string(profile), container, &said);
	if (!oci_runtime_filter(profile, container, &instructions, &count)) {
		json_object_put(profile);
		ck_assert_msg(!policy, "%s: libseccomp refuses it", name);
		diagnostics_free(&said);
		return NULL;
	}
	ck_assert_msg(policy, "%s:%u:%u: %s", name, said.count ? said.items[0].line : 0,
		      said.count ? said.items[0].column : 0, said.count ? said.items[0].text : "");
	ck_assert_msg(stile_policy_prove(policy, instructions, count, &proof) == 0, "%s",
		      stile_policy_message(policy));
	ck_assert_int_ne(proof.verdict, STILE_VERDICT_UNDECIDED);
	if (proof.verdict == STILE_VERDICT_DIFFERENT)
		found = describe(&proof);
	free(instructions);
	stile_policy_free(policy);
	diagnostics_free(&said);
	json_object_put(profile);
	return found;
}

static void check_file(const char *path)
{
	for (size_t i = 0; i < sizeof(containers) / sizeof(*containers); i++) {
		char *text = read_whole(path), *found = difference(path, text, &containers[i]);

		ck_assert_msg(!found, "%s: %s", path, found);
		free(text);
	}
}

START_TEST(corpus)
{
	const int count = each_corpus_file("oci", ".json", check_file);

	ck_assert(count < 0 || count > 50);
}
END_TEST

#define PROFILE(default_action, archs, entries)                                           \
	"{\"defaultAction\": \"SCMP_ACT_" default_action "\", \"architectures\": [" archs \
	"], \"syscalls\": [" entries "]}"
#define X86_ALL "\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\""
#define ENTRY(name, action, args) \
	"{\"names\": [\"" name "\"], \"action\": \"SCMP_ACT_" action "\", \"args\": [" args "]}"
#define ARG(index, op, value, second)                                            \
	"{\"index\": " #index ", \"op\": \"SCMP_CMP_" op "\", \"value\": " value \
	", \"valueTwo\": " second "}"

static const char *const profiles[] = {
	/* widths and masks */
	PROFILE("ERRNO", X86_ALL, ENTRY("ioctl", "ALLOW", ARG(1, "EQ", "4294967301", "0"))),
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "ALLOW", ARG(1, "NE", "18446744073709551615", "0"))),
	PROFILE("ERRNO", X86_ALL, ENTRY("ioctl", "ALLOW", ARG(1, "MASKED_EQ", "240", "7951"))),
	PROFILE("ERRNO", X86_ALL, ENTRY("ioctl", "ALLOW", ARG(1, "MASKED_EQ", "0", "1"))),
	PROFILE("ERRNO", X86_ALL, ENTRY("ioctl", "ALLOW", ARG(1, "GT", "4294967301", "0"))),
	PROFILE("ERRNO", X86_ALL, ENTRY("ioctl", "ALLOW", ARG(1, "GE", "4294967301", "0"))),
	PROFILE("ERRNO", X86_ALL, ENTRY("ioctl", "ALLOW", ARG(1, "LT", "4294967301", "0"))),
	PROFILE("ERRNO", X86_ALL, ENTRY("ioctl", "ALLOW", ARG(1, "LE", "4294967301", "0"))),
	/* a repeated argument */
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "ALLOW", ARG(1, "EQ", "5", "0") "," ARG(1, "EQ", "7", "0"))),
	/* different actions, with and without overlap */
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "ALLOW", ARG(1, "EQ", "5", "0")) "," ENTRY("ioctl", "TRAP",
									  ARG(1, "EQ", "6", "0"))),
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "ALLOW", ARG(1, "EQ", "5", "0")) "," ENTRY("ioctl", "TRAP",
									  ARG(0, "EQ", "6", "0"))),
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "TRAP", ARG(0, "EQ", "6", "0")) "," ENTRY("ioctl", "ALLOW",
									 ARG(1, "EQ", "5", "0"))),
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "TRAP", ARG(0, "EQ", "6", "0")) "," ENTRY("ioctl", "ALLOW", "")),
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "ALLOW", "") "," ENTRY("ioctl", "TRAP", ARG(0, "EQ", "6", "0"))),
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "ALLOW",
		      ARG(1, "MASKED_EQ", "15", "1")) "," ENTRY("ioctl", "TRAP",
								ARG(1, "MASKED_EQ", "240", "16"))),
	/* refused by libseccomp */
	PROFILE("ERRNO", X86_ALL,
		ENTRY("ioctl", "ALLOW", ARG(1, "EQ", "5", "0")) "," ENTRY("ioctl", "TRAP",
									  ARG(1, "EQ", "5", "0"))),
	/* multiplexers */
	PROFILE("ERRNO", X86_ALL,
		ENTRY("socket", "ALLOW",
		      ARG(0, "EQ", "1", "0")) "," ENTRY("socket", "ALLOW",
							ARG(0, "EQ", "2", "0") "," ARG(1, "EQ", "3",
										       "0"))),
	PROFILE("ERRNO", X86_ALL, ENTRY("accept", "ALLOW", "") "," ENTRY("accept4", "ALLOW", "")),
	PROFILE("ERRNO", X86_ALL, ENTRY("semop", "ALLOW", "") "," ENTRY("shmget", "ALLOW", "")),
	/* (libseccomp 2.5.4 forgets to load the number if there are multiplexed calls alone) */
	PROFILE("ERRNO", X86_ALL,
		ENTRY("read", "ALLOW", "") "," ENTRY("semctl", "ALLOW",
						     ARG(2, "EQ", "3", "0")) "," ENTRY("semtimedop",
										       "TRAP", "")),
	PROFILE("ERRNO", X86_ALL, ENTRY("socketcall", "ALLOW", "") "," ENTRY("socket", "TRAP", "")),
	PROFILE("ERRNO", X86_ALL,
		ENTRY("read", "ALLOW", "") "," ENTRY("send", "ALLOW", "") "," ENTRY("recv", "TRAP",
										    "")),
	PROFILE("ALLOW", X86_ALL, ENTRY("socket", "ERRNO", ARG(0, "EQ", "40", "0"))),
	/* architectures */
	PROFILE("ALLOW", "", ENTRY("open", "KILL", "")),
	PROFILE("LOG", "\"SCMP_ARCH_AARCH64\"", ENTRY("openat", "KILL_PROCESS", "")),
	PROFILE("KILL", "\"SCMP_ARCH_X32\"", ENTRY("openat", "TRACE", "")),
	PROFILE("TRAP", "", ENTRY("openat", "NOTIFY", "")),
};

START_TEST(made_up)
{
	char *found = difference("made up", profiles[_i], &containers[0]);

	ck_assert_msg(!found, "%s\n%s", profiles[_i], found);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("oci");
	TCase *tests = tcase_create("oci");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, corpus);
	tcase_add_loop_test(tests, made_up, 0, sizeof(profiles) / sizeof(*profiles));
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
