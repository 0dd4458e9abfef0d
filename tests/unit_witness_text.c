/* SPDX-License-Identifier: MIT */
/* Calls in words, as "stile prove" shows them. */
#include <check.h>

#include "audit_arch.h"
#include "test_support.h"

static void check_text(enum stile_abi abi, const char *syscall, const uint64_t args[6],
		       const char *expected)
{
	struct seccomp_data data = { .nr = (int)stile_syscall_number(abi, syscall),
				     .arch = stile_audit_arch(abi) };
	char *text;

	for (int i = 0; i < 6; i++)
		data.args[i] = args[i];
	text = stile_call_text(&data);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(calls_that_are_known)
{
	const uint64_t args[6] = { 0xffffff9c, 0, 2 };

	check_text(STILE_ABI_X86_64, "openat", args, "openat(AT_FDCWD, NULL, O_RDWR, 0) on x86_64");
	check_text(STILE_ABI_X32, "openat", args, "openat(AT_FDCWD, NULL, O_RDWR, 0) on x32");
	check_text(STILE_ABI_I386, "openat", args, "openat(AT_FDCWD, NULL, O_RDWR, 0) on i386");
	check_text(STILE_ABI_AARCH64, "openat", args,
		   "openat(AT_FDCWD, NULL, O_RDWR, 0) on aarch64");
	check_text(STILE_ABI_RISCV64, "openat", args,
		   "openat(AT_FDCWD, NULL, O_RDWR, 0) on riscv64");
}
END_TEST

/* What a filter may look at beside what the call uses is why it differs. */
START_TEST(what_the_call_does_not_use)
{
	const uint64_t high[6] = { 0x100000003, 0x7fff00000000, 0x8000000000000000 };
	const uint64_t unused[6] = { 3, 0, 0, 1, 0, 0x10 };

	check_text(STILE_ABI_X86_64, "read", high,
		   "read(3, 0x7fff00000000, 0x8000000000000000) on x86_64 with args[0] = "
		   "0x100000003");
	check_text(STILE_ABI_X86_64, "read", unused,
		   "read(3, NULL, 0) on x86_64 with args[3] = 0x1, args[5] = 0x10");
}
END_TEST

static void check_data(int nr, uint32_t arch, uint64_t pointer, const char *expected)
{
	const struct seccomp_data data = { .nr = nr, .arch = arch, .instruction_pointer = pointer };
	char *text = stile_call_text(&data);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(calls_that_are_not_known)
{
	check_data(5000, AUDIT_ARCH_X86_64, 0, "call number 5000 on x86_64");
	check_data(5000 | 0x40000000, AUDIT_ARCH_X86_64, 0, "call number 1073746824 on x32");
	check_data(-1, AUDIT_ARCH_X86_64, 0, "call number -1 on x86_64");
	check_data(-2, AUDIT_ARCH_X86_64, 0, "call number -2 on x32");
	check_data(-1, AUDIT_ARCH_AARCH64, 0, "call number -1 on aarch64");
	check_data(39, 5, 0, "call number 39 on the architecture 0x00000005");
	check_data(39, AUDIT_ARCH_X86_64, 0x1000, "getpid() on x86_64 from address 0x1000");
}
END_TEST

START_TEST(architectures)
{
	ck_assert_uint_eq(stile_audit_arch(STILE_ABI_X86_64), AUDIT_ARCH_X86_64);
	ck_assert_uint_eq(stile_audit_arch(STILE_ABI_X32), AUDIT_ARCH_X86_64);
	ck_assert_uint_eq(stile_audit_arch(STILE_ABI_I386), AUDIT_ARCH_I386);
	ck_assert_uint_eq(stile_audit_arch(STILE_ABI_AARCH64), AUDIT_ARCH_AARCH64);
	ck_assert_uint_eq(stile_audit_arch(STILE_ABI_RISCV64), AUDIT_ARCH_RISCV64);
	ck_assert_uint_eq(stile_audit_arch(STILE_ABI_COUNT), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("witness_text");
	TCase *cases = tcase_create("witness_text");

	tcase_add_test(cases, calls_that_are_known);
	tcase_add_test(cases, what_the_call_does_not_use);
	tcase_add_test(cases, calls_that_are_not_known);
	tcase_add_test(cases, architectures);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
