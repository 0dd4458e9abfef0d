/* SPDX-License-Identifier: MIT */
/* The same grants mean the same on every ABI: what policies say, without a kernel. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "abi_support.h"
#include "ruleset_tests.h"

#define REFUSED 999 /* an errno that no call has */
#define ADDRESS 0x10000

static struct stile *s;

static void set_up(void)
{
	s = stile_new();
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(stile_set_abis(s, every_abi, STILE_ABI_COUNT), 0);
}

static void tear_down(void)
{
	stile_free(s);
}

/* ---- The test lines of rulesets/ */

static uint64_t word_value(const struct test_word *word)
{
	return word->kind == TEST_VALUE ? word->value : ADDRESS;
}

START_TEST(every_test_line)
{
	const struct ruleset_test *test = &ruleset_tests[_i];
	struct policy policy;

	ck_assert_int_eq(stile_set_default(s, (struct stile_action){ STILE_ACTION_ERRNO, REFUSED }),
			 0);
	(void)stile_grant(s, test->grant);
	ck_assert_msg(policy_build(s, POLICY_FINAL, &policy) == 0, "rulesets/%s:%d: %s: %s",
		      test->file, test->line, test->grant, stile_message(s));
	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++) {
		const bool may_be_enosys = test->enosys_abis & 1u << abi;
		uint64_t words[6];
		uint32_t said;

		if (!(test->abis & 1u << abi))
			continue;
		for (int i = 0; i < 6; i++)
			words[i] = word_value(&test->words[abi][i]);
		said = action_answer(
			policy_decide(&policy, audit_arch((enum stile_abi)abi),
				      (uint32_t)stile_syscall_number((enum stile_abi)abi,
								     test->syscall),
				      words));
		if (test->runs ? said == ALLOWED :
				 said == FAILS(REFUSED) || (may_be_enosys && said == FAILS(ENOSYS)))
			continue;
		ck_abort_msg("rulesets/%s:%d: %s: %s should %s on %s, but the policy answers 0x%x",
			     test->file, test->line, test->grant, test->text,
			     test->runs ? "run" : "be refused", stile_abi_name((enum stile_abi)abi),
			     said);
	}
	policy_free(&policy);
}
END_TEST

/* ---- One grant, many spellings */

struct expectation {
	const char *grants; /* separated by spaces */
	enum stile_abi abi;
	const char *syscall;
	uint64_t words[6];
	uint32_t answer;
};

#define AT ((uint32_t)AT_FDCWD)
#define NO FAILS(EPERM)
#define HIDDEN FAILS(ENOSYS)

static const struct expectation expectations[] = {
	/* the argument's place, and what a call without it stands for */
	{ "system_io.open_readonly", STILE_ABI_I386, "open", { ADDRESS, 0 }, ALLOWED },
	{ "system_io.open_readonly", STILE_ABI_I386, "open", { ADDRESS, 01 }, NO },
	{ "system_io.open_readonly", STILE_ABI_I386, "openat", { AT, ADDRESS, 0 }, ALLOWED },
	{ "system_io.open_readonly", STILE_ABI_I386, "openat", { AT, ADDRESS, 01000 }, NO },
	{ "system_io.open_readonly", STILE_ABI_X32, "open", { ADDRESS, 02 }, NO },
	{ "system_io.open_readonly", STILE_ABI_X32, "open", { ADDRESS, 0 }, ALLOWED },
	{ "system_io.open_readonly", STILE_ABI_I386, "creat", { ADDRESS, 0600 }, NO },
	{ "system_io.open_readonly", STILE_ABI_AARCH64, "openat", { AT, ADDRESS, 0 }, ALLOWED },
	{ "system_io.open_readonly", STILE_ABI_AARCH64, "openat", { AT, ADDRESS, 0100 }, NO },
	{ "system_io.open_readonly", STILE_ABI_RISCV64, "openat", { AT, ADDRESS, 02 }, NO },
	/* flags behind a pointer, wherever a sibling has a condition */
	{ "system_io.open_readonly", STILE_ABI_I386, "openat2", { AT }, HIDDEN },
	{ "system_io.open_readonly", STILE_ABI_X32, "openat2", { AT }, HIDDEN },
	{ "system_io.open_readonly", STILE_ABI_AARCH64, "openat2", { AT }, HIDDEN },
	{ "system_io.open_readonly", STILE_ABI_RISCV64, "openat2", { AT }, HIDDEN },
	{ "system_io.close", STILE_ABI_RISCV64, "openat2", { AT }, NO },
	{ "threads.create", STILE_ABI_I386, "clone3", { ADDRESS }, HIDDEN },
	{ "threads.create", STILE_ABI_RISCV64, "clone3", { ADDRESS }, HIDDEN },
	/* i386's mmap takes a pointer to all its arguments; mmap2 has them */
	{ "memory.map", STILE_ABI_I386, "mmap2", { 0, 4096, PROT_READ, MAP_SHARED, 3 }, ALLOWED },
	{ "memory.map", STILE_ABI_I386, "mmap2", { 0, 4096, PROT_EXEC, MAP_SHARED, 3 }, NO },
	{ "memory.map", STILE_ABI_I386, "mmap", { ADDRESS }, HIDDEN },
	{ "system_io.close", STILE_ABI_I386, "mmap", { ADDRESS }, NO },
	{ "memory.map", STILE_ABI_X86_64, "mmap", { 0, 4096, PROT_EXEC, MAP_SHARED, 3 }, NO },
	/* calls that are spelt so on 32-bit ABIs */
	{ "system_io.locks", STILE_ABI_I386, "fcntl64", { 3, 13, ADDRESS }, ALLOWED },
	{ "system_io.locks", STILE_ABI_I386, "fcntl", { 3, 6, ADDRESS }, ALLOWED },
	{ "system_io.locks", STILE_ABI_I386, "fcntl64", { 3, 4, 0 }, NO },
	{ "system_io.locks", STILE_ABI_X86_64, "fcntl", { 3, 13, ADDRESS }, NO },
	{ "system_io.seek", STILE_ABI_I386, "_llseek", { 3, 1, 2, ADDRESS, 0 }, ALLOWED },
	{ "system_io.seek", STILE_ABI_I386, "lseek", { 3, 1, 0 }, ALLOWED },
	{ "system_io.truncate", STILE_ABI_I386, "truncate64", { ADDRESS, 1, 1 }, ALLOWED },
	{ "system_io.truncate", STILE_ABI_I386, "ftruncate64", { 3, 1, 1 }, ALLOWED },
	{ "system_io.read", STILE_ABI_I386, "truncate64", { ADDRESS, 1, 1 }, NO },
	{ "system_io.read_fd(3)", STILE_ABI_I386, "pread64", { 3, ADDRESS, 1, 0, 9 }, ALLOWED },
	{ "system_io.read_fd(3)", STILE_ABI_I386, "pread64", { 4, ADDRESS, 1, 0, 9 }, NO },
	{ "time.sleep", STILE_ABI_I386, "clock_nanosleep_time64", { 0, 0, ADDRESS }, ALLOWED },
	/* an int has 32 bits; i386's longs, too */
	{ "system_io.read_fd(3)", STILE_ABI_AARCH64, "read", { UINT64_C(0x900000003) }, ALLOWED },
	{ "system_io.read_fd(3)", STILE_ABI_RISCV64, "read", { UINT64_C(0x900000004) }, NO },
	/* constants that differ: FS_IOC_GETFLAGS */
	{ "system_io.metadata", STILE_ABI_X86_64, "ioctl", { 3, 0x80086601 }, ALLOWED },
	{ "system_io.metadata", STILE_ABI_X86_64, "ioctl", { 3, 0x80046601 }, NO },
	{ "system_io.metadata", STILE_ABI_I386, "ioctl", { 3, 0x80046601 }, ALLOWED },
	{ "system_io.metadata", STILE_ABI_I386, "ioctl", { 3, 0x80086601 }, NO },
	{ "system_io.metadata", STILE_ABI_X32, "ioctl", { 3, 0x80046601 }, ALLOWED },
	{ "system_io.metadata", STILE_ABI_AARCH64, "ioctl", { 3, 0x80086601 }, ALLOWED },
};

START_TEST(a_grant_means_the_same)
{
	const struct expectation *e = &expectations[_i];
	uint32_t said;

	ck_assert_msg(stile_grant(s, e->grants) == 0, "%s", stile_message(s));
	said = phase_says(s, POLICY_FINAL, e->abi, e->syscall, e->words);
	ck_assert_msg(said == e->answer, "%s: %s on %s: 0x%x instead of 0x%x", e->grants,
		      e->syscall, stile_abi_name(e->abi), said, e->answer);
}
END_TEST

/* ---- Baseline */

START_TEST(newer_calls_on_every_abi)
{
	ck_assert_int_eq(stile_set_baseline(s, "5.10"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.read"), 0);
	ck_assert_int_eq(stile_allow(s, "landlock_create_ruleset"), 0);
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		const enum stile_abi abi = every_abi[i];

		ck_assert_uint_eq(policy_says(s, abi, "cachestat", 0), FAILS(ENOSYS)); /* 6.5 */
		ck_assert_uint_eq(policy_says(s, abi, "faccessat2", 0), FAILS(EPERM)); /* 5.8 */
		ck_assert_uint_eq(policy_says(s, abi, "landlock_create_ruleset", 0), ALLOWED);
		ck_assert_uint_eq(policy_says(s, abi, "read", 0), ALLOWED);
	}
}
END_TEST

/* The calls that the conditions do not match fall back, too. */
START_TEST(newer_calls_with_conditions)
{
	struct stile_ruleset *r = stile_ruleset_new("mine");

	ck_assert_int_eq(stile_set_baseline(s, "5.10"), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "cachestat", STILE_ARGUMENT_IS("fd", 3)), 0);
	ck_assert_msg(stile_enable(s, r) == 0, "%s", stile_message(s));
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		ck_assert_uint_eq(policy_says(s, every_abi[i], "cachestat", 3), ALLOWED);
		ck_assert_uint_eq(policy_says(s, every_abi[i], "cachestat", 4), FAILS(ENOSYS));
	}
	stile_ruleset_free(r);
}
END_TEST

/* ---- What is refused where all else is allowed */

static void allow_all_but(const char *grant)
{
	stile_free(s);
	s = stile_new_allowing();
	ck_assert_int_eq(stile_set_abis(s, every_abi, STILE_ABI_COUNT), 0);
	ck_assert_msg(stile_fail_with(s, grant, EACCES) == 0, "%s", stile_message(s));
}

/* i386's mmap does the same from behind a pointer, for which the name does not stand. */
START_TEST(a_refused_call_has_no_other_door)
{
	allow_all_but("mmap2");
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "mmap2", 0, 1, PROT_EXEC), FAILS(EACCES));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "mmap", ADDRESS), FAILS(ENOSYS));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "select", ADDRESS), ALLOWED);
	ck_assert_uint_eq(policy_says(s, STILE_ABI_X86_64, "mmap", 0, 1, PROT_EXEC), ALLOWED);
	allow_all_but("_newselect");
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "select", ADDRESS), FAILS(ENOSYS));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_X86_64, "select", 0), ALLOWED);
}
END_TEST

START_TEST(a_refused_name_has_no_hidden_sibling)
{
	allow_all_but("openat");
	for (unsigned int i = 0; i < STILE_ABI_COUNT; i++) {
		ck_assert_uint_eq(policy_says(s, every_abi[i], "openat", 0), FAILS(EACCES));
		ck_assert_uint_eq(policy_says(s, every_abi[i], "openat2", 0), FAILS(ENOSYS));
		ck_assert_uint_eq(policy_says(s, every_abi[i], "read", 0), ALLOWED);
	}
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "open", 0), ALLOWED);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("abis");
	TCase *lines = tcase_create("test lines");
	TCase *meanings = tcase_create("meanings");
	const int count = (int)(sizeof(expectations) / sizeof(expectations[0]));

	tcase_add_checked_fixture(lines, set_up, tear_down);
	tcase_add_loop_test(lines, every_test_line, 0, ruleset_test_count);
	suite_add_tcase(all, lines);
	tcase_add_checked_fixture(meanings, set_up, tear_down);
	tcase_add_loop_test(meanings, a_grant_means_the_same, 0, count);
	tcase_add_test(meanings, newer_calls_on_every_abi);
	tcase_add_test(meanings, newer_calls_with_conditions);
	tcase_add_test(meanings, a_refused_call_has_no_other_door);
	tcase_add_test(meanings, a_refused_name_has_no_hidden_sibling);
	suite_add_tcase(all, meanings);
	return all;
}

TEST_MAIN(suite)
