/* SPDX-License-Identifier: MIT */
/* Which ABIs a context is for; custom rulesets on several; what is printed of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "abi_support.h"
#include "ruleset_fixture.h"

#define SET_ABIS(...)                                              \
	stile_set_abis(s, (const enum stile_abi[]){ __VA_ARGS__ }, \
		       sizeof((const enum stile_abi[]){ __VA_ARGS__ }) / sizeof(enum stile_abi))

START_TEST(none)
{
	const enum stile_abi abi = STILE_ABI_NATIVE;

	ck_assert_fails(stile_set_abis(s, &abi, 0), -EINVAL,
			"stile_set_abis() without an ABI: a filter is for one at least");
}
END_TEST

START_TEST(no_list)
{
	ck_assert_fails(stile_set_abis(s, NULL, 1), -EINVAL,
			"stile_set_abis() without an ABI: a filter is for one at least");
	ck_assert_int_eq(stile_set_abis(NULL, every_abi, 1), -ENOMEM);
}
END_TEST

START_TEST(unknown)
{
	ck_assert_fails(SET_ABIS(STILE_ABI_I386, STILE_ABI_COUNT), -EINVAL,
			"ABI 5: the table has no such ABI: use enum stile_abi");
}
END_TEST

START_TEST(negative)
{
	ck_assert_fails(SET_ABIS((enum stile_abi) - 1), -EINVAL,
			"ABI -1: the table has no such ABI: use enum stile_abi");
}
END_TEST

START_TEST(twice)
{
	ck_assert_fails(SET_ABIS(STILE_ABI_X32, STILE_ABI_I386, STILE_ABI_X32), -EINVAL,
			"ABI x32 is there twice: leave one out");
}
END_TEST

START_TEST(more_than_there_are)
{
	enum stile_abi abis[STILE_ABI_COUNT + 1] = { 0 };

	memcpy(abis, every_abi, sizeof(every_abi));
	ck_assert_fails(stile_set_abis(s, abis, STILE_ABI_COUNT + 1), -EINVAL,
			"ABI x86_64 is there twice: leave one out");
}
END_TEST

/* What is set last holds; ABIs that are not there are foreign. */
START_TEST(foreign_are_the_others)
{
	ck_assert_int_eq(stile_set_abis(s, every_abi, STILE_ABI_COUNT), 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X32, STILE_ABI_AARCH64), 0);
	ck_assert_int_eq(stile_allow(s, "read"), 0);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_X32, "read", 0), ALLOWED);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_AARCH64, "read", 0), ALLOWED);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_X86_64, "read", 0), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "read", 0), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_RISCV64, "read", 0), SECCOMP_RET_KILL_PROCESS);
}
END_TEST

START_TEST(nothing_is_enforced_without_the_native_abi)
{
	const enum stile_abi foreign = STILE_ABI_NATIVE == STILE_ABI_RISCV64 ? STILE_ABI_AARCH64 :
									       STILE_ABI_RISCV64;
	char *const arguments[] = { (char *)"/bin/true", NULL };
	char sentence[256];
	pid_t pid;

	ck_assert_int_eq(SET_ABIS(foreign), 0);
	ck_assert_int_eq(stile_allow(s, "read"), 0);
	(void)snprintf(sentence, sizeof(sentence),
		       "the context is not for %s, this machine's ABI: what it makes can be "
		       "compiled and proved but not enforced here: add the ABI with "
		       "stile_set_abis()",
		       stile_abi_name(STILE_ABI_NATIVE));
	if (_i == 0)
		ck_assert_fails(stile_spawn(s, arguments[0], arguments, NULL, NULL, &pid), -EINVAL,
				sentence);
	else if (_i == 1)
		ck_assert_fails(stile_apply_to_current_thread(s), -EINVAL, sentence);
	else
		ck_assert_fails(stile_apply_to_all_threads(s), -EINVAL, sentence);
}
END_TEST

/* ---- Custom rulesets: by the names of arguments, on each ABI */

START_TEST(conditions_find_their_argument)
{
	const enum stile_abi i386 = STILE_ABI_I386;

	ck_assert_int_eq(stile_set_abis(s, every_abi, STILE_ABI_COUNT), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "clone", STILE_ARGUMENT_IS("tls", 7)), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "mmap2", STILE_ARGUMENT_IS("fd", 7)), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "open", { "flags", STILE_MASKED_EQUAL, O_CREAT, 0 }), 0);
	ck_assert_msg(stile_enable(s, r) == 0, "%s", stile_message(s));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_X86_64, "clone", 0, 0, 0, 0, 7), ALLOWED);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_X86_64, "clone", 0, 0, 0, 7, 0), FAILS(EPERM));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_X32, "clone", 0, 0, 0, 0, 7), ALLOWED);
	ck_assert_uint_eq(policy_says(s, i386, "clone", 0, 0, 0, 7, 0), ALLOWED);
	ck_assert_uint_eq(policy_says(s, i386, "clone", 0, 0, 0, 0, 7), FAILS(EPERM));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_AARCH64, "clone", 0, 0, 0, 7, 0), ALLOWED);
	ck_assert_uint_eq(policy_says(s, i386, "mmap2", 0, 0, 0, 0, 7), ALLOWED);
	ck_assert_uint_eq(policy_says(s, i386, "mmap2", 0, 0, 0, 0, 8), FAILS(EPERM));
	ck_assert_uint_eq(policy_says(s, i386, "open", 0, 0), ALLOWED);
	ck_assert_uint_eq(policy_says(s, i386, "open", 0, O_CREAT), FAILS(EPERM));
}
END_TEST

START_TEST(a_call_that_no_abi_of_the_context_has)
{
	ck_assert_int_eq(stile_ruleset_allow(r, "riscv_hwprobe"), 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64), 0);
	ck_assert_fails(stile_enable(s, r), -ENOENT,
			"custom ruleset 'mine': riscv_hwprobe: x86_64 has no such syscall: leave "
			"it out");
}
END_TEST

START_TEST(a_call_that_neither_abi_has)
{
	ck_assert_int_eq(stile_ruleset_allow(r, "riscv_hwprobe"), 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_I386), 0);
	ck_assert_fails(stile_enable(s, r), -ENOENT,
			"custom ruleset 'mine': riscv_hwprobe: no ABI of the context has this "
			"syscall: leave it out");
}
END_TEST

START_TEST(an_argument_in_two_words)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "pread64", { "offset", STILE_LESS, 0, 4096 }), 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_I386), 0);
	ck_assert_fails(stile_enable(s, r), -ENOENT,
			"custom ruleset 'mine': on i386: pread64: there is no argument 'offset': "
			"it has fd, buf, count, pos_low, pos_high");
}
END_TEST

START_TEST(a_value_that_does_not_fit)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "read", { "count", STILE_LESS, 0, UINT64_C(1) << 33 }),
			 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_I386), 0);
	ck_assert_fails(stile_enable(s, r), -EINVAL,
			"custom ruleset 'mine': on i386: read: the kernel uses 32 bits of count: "
			"0x200000000 has bits above them");
}
END_TEST

#if defined(__x86_64__) && !defined(__ILP32__)
START_TEST(a_constant_with_another_value)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "openat",
					{ "flags", STILE_MASKED_EQUAL, O_DIRECTORY, O_DIRECTORY }),
			 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_AARCH64), 0);
	ck_assert_fails(stile_enable(s, r), -EINVAL,
			"custom ruleset 'mine': on aarch64: openat: flags: O_DIRECT has another "
			"value than on x86_64: write the rule in a .rules file, whose names are "
			"resolved for each ABI");
}
END_TEST

START_TEST(a_request_with_another_value)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "ioctl", STILE_ARGUMENT_IS("request", 0x80086601)), 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_I386), 0);
	ck_assert_fails(stile_enable(s, r), -EINVAL,
			"custom ruleset 'mine': on i386: ioctl: request: FS_IOC_GETFLAGS has "
			"another value than on x86_64: write the rule in a .rules file, whose "
			"names are resolved for each ABI");
}
END_TEST

/* Zero under a mask says as much of a flag as one. */
START_TEST(a_flag_that_must_not_be_there)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "openat",
					{ "flags", STILE_MASKED_EQUAL, O_NOFOLLOW | O_CREAT, 0 }),
			 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_AARCH64), 0);
	ck_assert_int_eq(stile_enable(s, r), -EINVAL);
}
END_TEST

START_TEST(a_flag_that_is_the_same)
{
	ck_assert_int_eq(STILE_ALLOW_IF(r, "openat",
					{ "flags", STILE_MASKED_EQUAL, O_ACCMODE | O_CREAT, 0 }),
			 0);
	ck_assert_int_eq(stile_set_abis(s, every_abi, STILE_ABI_COUNT), 0);
	ck_assert_msg(stile_enable(s, r) == 0, "%s", stile_message(s));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_AARCH64, "openat", 0), ALLOWED);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_AARCH64, "openat", 0, 0, O_CREAT), FAILS(EPERM));
}
END_TEST
#endif

START_TEST(abis_come_first)
{
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_I386), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "read", STILE_ARGUMENT_IS("fd", 3)), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_int_eq(SET_ABIS(STILE_ABI_I386), 0); /* less is no harm */
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "read", 3), ALLOWED);
	ck_assert_fails(SET_ABIS(STILE_ABI_I386, STILE_ABI_X86_64), -EINVAL,
			"ABI x86_64: rules were added that were not made for it: call "
			"stile_set_abis() before anything is granted or refused");
}
END_TEST

/* basic has riscv_flush_icache, which memory.danger_execute names, too: where there is none such it
 * is no conflict. */
START_TEST(conflicts_are_those_of_the_context)
{
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_AARCH64), 0);
	ck_assert_int_eq(stile_deny(s, "riscv_flush_icache"), 0);
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_RISCV64), 0);
	ck_assert_int_eq(stile_deny(s, "riscv_flush_icache"), -EEXIST);
}
END_TEST

/* One line, though two ABIs have both rules. */
START_TEST(what_is_said_of_two_abis_is_said_once)
{
	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_AARCH64), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "read", { "fd", STILE_LESS, 0, 9 }), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "read", { "fd", STILE_LESS, 0, 3 }), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	ck_assert_str_eq(stile_warnings(s),
			 "custom ruleset 'mine': read: this rule lies within one of custom "
			 "ruleset 'mine' and adds nothing\n");
}
END_TEST

START_TEST(rules_without_conditions_are_for_all)
{
	ck_assert_int_eq(stile_set_abis(s, every_abi, STILE_ABI_COUNT), 0);
	ck_assert_int_eq(stile_ruleset_allow(r, "read"), 0);
	ck_assert_int_eq(stile_enable(s, r), 0);
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++)
		ck_assert_uint_eq(policy_says(s, every_abi[i], "read", 3), ALLOWED);
}
END_TEST

/* ---- In text */

START_TEST(a_section_for_each)
{
	char *text;

	ck_assert_int_eq(SET_ABIS(STILE_ABI_X86_64, STILE_ABI_I386), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.open_readonly"), 0);
	ck_assert_int_eq(stile_allow(s, "connect"), 0);
	ck_assert_int_eq(stile_allow(s, "accept4"), 0);
	text = stile_print(s);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "# abi x86_64, i386, kernel baseline "));
	ck_assert_ptr_nonnull(strstr(text, "\n# x86_64: granted or refused\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n# i386: granted or refused\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n# i386: basic: always"));
	ck_assert_ptr_nonnull(strstr(text, "allow              socketcall if call == SYS_CONNECT  "
					   "# allow connect\n"));
	ck_assert_ptr_nonnull(strstr(text, "allow              socketcall if call in {SYS_ACCEPT4, "
					   "SYS_ACCEPT}  # allow accept4\n"));
	free(text);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("abis");
	TCase *cases = tcase_create("abis");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, none);
	tcase_add_test(cases, no_list);
	tcase_add_test(cases, unknown);
	tcase_add_test(cases, negative);
	tcase_add_test(cases, twice);
	tcase_add_test(cases, more_than_there_are);
	tcase_add_test(cases, foreign_are_the_others);
	tcase_add_loop_test(cases, nothing_is_enforced_without_the_native_abi, 0, 3);
	tcase_add_test(cases, conditions_find_their_argument);
	tcase_add_test(cases, a_call_that_no_abi_of_the_context_has);
	tcase_add_test(cases, a_call_that_neither_abi_has);
	tcase_add_test(cases, an_argument_in_two_words);
	tcase_add_test(cases, a_value_that_does_not_fit);
#if defined(__x86_64__) && !defined(__ILP32__)
	tcase_add_test(cases, a_constant_with_another_value);
	tcase_add_test(cases, a_request_with_another_value);
	tcase_add_test(cases, a_flag_that_must_not_be_there);
	tcase_add_test(cases, a_flag_that_is_the_same);
#endif
	tcase_add_test(cases, abis_come_first);
	tcase_add_test(cases, conflicts_are_those_of_the_context);
	tcase_add_test(cases, what_is_said_of_two_abis_is_said_once);
	tcase_add_test(cases, rules_without_conditions_are_for_all);
	tcase_add_test(cases, a_section_for_each);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
