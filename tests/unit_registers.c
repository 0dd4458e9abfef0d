/* SPDX-License-Identifier: MIT */
/* Registers as bytes, of both machines on each: every name, arguments, numbers, results. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <stile/intercept.h>

#include "call.h"
#include "registers.h"
#include "test_support.h"

/* Where the kernel's headers have them, counted in words. */
struct place {
	const char *name;
	unsigned int word;
};

/* arch/x86/include/asm/user_64.h */
static const struct place places_x86_64[] = {
	{ "r15", 0 },	  { "r14", 1 },	     { "r13", 2 },	 { "r12", 3 },	{ "rbp", 4 },
	{ "rbx", 5 },	  { "r11", 6 },	     { "r10", 7 },	 { "r9", 8 },	{ "r8", 9 },
	{ "rax", 10 },	  { "rcx", 11 },     { "rdx", 12 },	 { "rsi", 13 }, { "rdi", 14 },
	{ "rip", 16 },	  { "rsp", 19 },     { "orig_rax", 15 }, { "cs", 17 },	{ "ss", 20 },
	{ "eflags", 18 }, { "fs_base", 21 }, { "gs_base", 22 },
};

/* arch/arm64/include/uapi/asm/ptrace.h: regs[31], sp, pc, pstate */
static struct place places_aarch64[34];
static char names_aarch64[31][4];

static void fill_places(void)
{
	for (unsigned int i = 0; i < 31; i++) {
		(void)snprintf(names_aarch64[i], sizeof(names_aarch64[i]), "x%u", i);
		places_aarch64[i] = (struct place){ names_aarch64[i], i };
	}
	places_aarch64[31] = (struct place){ "sp", 31 };
	places_aarch64[32] = (struct place){ "pc", 32 };
	places_aarch64[33] = (struct place){ "pstate", 33 };
}

/* Each word is its place, counted from 1, a byte eight times. */
static struct registers numbered(enum stile_abi abi)
{
	struct registers r = { .abi = abi };

	for (size_t i = 0; i < sizeof(r.bytes); i++)
		r.bytes[i] = (unsigned char)(i / 8 + 1);
	return r;
}

static uint64_t word_of(unsigned int word)
{
	return UINT64_C(0x0101010101010101) * (word + 1);
}

static uint64_t at(const struct registers *r, unsigned int word)
{
	uint64_t value;

	memcpy(&value, r->bytes + 8 * word, sizeof(value));
	return value;
}

static void check_names(enum stile_abi abi, const struct place *places, size_t count)
{
	const char *const *names = stile_register_names(abi);
	size_t listed = 0;

	ck_assert_ptr_nonnull(names);
	while (names[listed])
		listed++;
	ck_assert_uint_eq(listed, count);
	for (size_t i = 0; i < count; i++) {
		struct registers r = numbered(abi);
		uint64_t value = 0;

		ck_assert_int_eq(registers_get(&r, places[i].name, &value), 0);
		ck_assert_msg(value == word_of(places[i].word), "%s", places[i].name);
	}
	for (size_t i = 0; i < listed; i++) {
		struct registers r = numbered(abi);
		uint64_t value = 0;

		ck_assert_msg(registers_get(&r, names[i], &value) == 0, "%s", names[i]);
	}
}

START_TEST(names_are_where_the_kernel_has_them)
{
	const size_t count_x86_64 = sizeof(places_x86_64) / sizeof(*places_x86_64);

	fill_places();
	check_names(STILE_ABI_X86_64, places_x86_64, count_x86_64);
	check_names(STILE_ABI_X32, places_x86_64, count_x86_64);
	check_names(STILE_ABI_I386, places_x86_64, count_x86_64);
	check_names(STILE_ABI_AARCH64, places_aarch64, 34);
}
END_TEST

START_TEST(setting_changes_one_word)
{
	fill_places();
	for (unsigned int i = 0; i < 33; i++) {
		struct registers r = numbered(STILE_ABI_AARCH64);

		ck_assert(!r.is_changed);
		ck_assert_int_eq(registers_set(&r, places_aarch64[i].name, 77), 0);
		ck_assert(r.is_changed);
		for (unsigned int k = 0; k < 34; k++)
			ck_assert_uint_eq(at(&r, k), k == i ? 77 : word_of(k));
	}
}
END_TEST

START_TEST(setting_what_is_there_changes_nothing)
{
	struct registers r = numbered(STILE_ABI_X86_64);

	ck_assert_int_eq(registers_set(&r, "rbx", word_of(5)), 0);
	ck_assert(!r.is_changed);
}
END_TEST

START_TEST(unknown_names)
{
	static const char *const wrong[] = { "", "eax", "RAX", "rax ", "x31", "x0 ", "ds", "r16" };
	uint64_t value;

	for (int abi = 0; abi < STILE_ABI_COUNT; abi++) {
		struct registers r = numbered((enum stile_abi)abi);

		for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
			ck_assert_int_eq(registers_get(&r, wrong[i], &value), -ENOENT);
			ck_assert_int_eq(registers_set(&r, wrong[i], 1), -ENOENT);
		}
		ck_assert_int_eq(registers_get(&r, NULL, &value), -ENOENT);
		ck_assert(!r.is_changed);
	}
	ck_assert_ptr_null(stile_register_names(STILE_ABI_RISCV64));
	ck_assert_ptr_null(stile_register_names(STILE_ABI_COUNT));
}
END_TEST

START_TEST(values_that_the_kernel_refuses)
{
	struct registers x86 = numbered(STILE_ABI_X86_64), arm = numbered(STILE_ABI_AARCH64);
	const uint64_t pstate = word_of(33);

	ck_assert_int_eq(registers_set(&x86, "cs", 0x33), -EINVAL);
	ck_assert_int_eq(registers_set(&x86, "ss", 0x2b), -EINVAL);
	ck_assert_int_eq(registers_set(&x86, "fs_base", UINT64_C(1) << 47), -EINVAL);
	ck_assert_int_eq(registers_set(&x86, "gs_base", UINT64_MAX), -EINVAL);
	ck_assert(!x86.is_changed);
	ck_assert_int_eq(registers_set(&x86, "fs_base", 0x7f0000000000), 0);
	ck_assert_int_eq(registers_set(&arm, "pstate", pstate ^ 1), -EINVAL);
	ck_assert(!arm.is_changed);
	ck_assert_int_eq(registers_set(&arm, "pstate", pstate ^ UINT64_C(0xf0000000)), 0);
}
END_TEST

START_TEST(arguments)
{
	static const unsigned int words[][6] = {
		[STILE_ABI_X86_64] = { 14, 13, 12, 7, 9, 8 }, /* rdi rsi rdx r10 r8 r9 */
		[STILE_ABI_I386] = { 5, 11, 12, 13, 14, 4 },  /* ebx ecx edx esi edi ebp */
		[STILE_ABI_X32] = { 14, 13, 12, 7, 9, 8 },
		[STILE_ABI_AARCH64] = { 0, 1, 2, 3, 4, 5 },
	};

	for (int abi = 0; abi <= STILE_ABI_AARCH64; abi++)
		for (unsigned int i = 0; i < 6; i++) {
			struct registers r = numbered((enum stile_abi)abi);
			const uint64_t value = UINT64_C(0x123456789abcdef0);

			ck_assert_int_eq(registers_set_argument(&r, i, value), 0);
			ck_assert_uint_eq(at(&r, words[abi][i]),
					  abi == STILE_ABI_I386 ? 0x9abcdef0 : value);
			ck_assert_int_eq(registers_set_argument(&r, 6, value), -EINVAL);
		}
}
END_TEST

START_TEST(numbers)
{
	struct registers x86 = numbered(STILE_ABI_X86_64), arm = numbered(STILE_ABI_AARCH64);
	struct registers none = numbered(STILE_ABI_RISCV64);

	ck_assert_int_eq(registers_set_number(&x86, 39), 0);
	ck_assert_uint_eq(at(&x86, 15), 39);
	ck_assert_int_eq(registers_set_number(&x86, 0x40000027), 0);
	ck_assert_uint_eq(at(&x86, 15), 0x40000027);
	ck_assert_int_eq(registers_set_number(&arm, 172), 0);
	ck_assert_int_eq(arm.number, 172);
	ck_assert(arm.is_number_changed && !arm.is_changed);
	ck_assert_int_eq(registers_set_number(&x86, -1), -EINVAL);
	ck_assert_int_eq(registers_set_number(&x86, INT64_C(1) << 31), -EINVAL);
	ck_assert_int_eq(registers_set_number(&none, 1), -EINVAL);
	ck_assert_int_eq(registers_set_argument(&none, 0, 1), -EINVAL);
}
END_TEST

START_TEST(skipped_calls_and_results)
{
	struct registers x86 = numbered(STILE_ABI_X86_64), i386 = numbered(STILE_ABI_I386);
	struct registers arm = numbered(STILE_ABI_AARCH64);

	registers_skip_call(&x86, -EPERM);
	ck_assert_uint_eq(at(&x86, 15), UINT64_MAX);
	ck_assert_int_eq((int64_t)at(&x86, 10), -EPERM);
	registers_skip_call(&i386, 0xfedcba98);
	ck_assert_uint_eq(at(&i386, 15), UINT64_MAX);
	ck_assert_uint_eq(at(&i386, 10), 0xfffffffffedcba98);
	registers_skip_call(&arm, 5);
	ck_assert_int_eq(arm.number, -1);
	ck_assert(arm.is_number_changed);
	ck_assert_uint_eq(at(&arm, 0), 5);
	registers_set_result(&arm, -3);
	ck_assert_int_eq((int64_t)at(&arm, 0), -3);
	registers_set_result(&x86, 3);
	ck_assert_uint_eq(at(&x86, 10), 3);
}
END_TEST

/* What is not possible at a notification, an entry, an exit, an exec. */
START_TEST(changes_that_are_not_possible)
{
	struct registers registers = numbered(STILE_ABI_NATIVE);
	struct stile_call call = { .listener = -1, .registers = &registers, .name = "" };
	const char *const name = stile_register_names(STILE_ABI_NATIVE)[0];
	uint64_t value;

	ck_assert_int_eq(stile_call_set_result(&call, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_argument(&call, 6, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_number(&call, -1), -EINVAL);
	ck_assert_int_eq(stile_call_set_argument(&call, 5, 7), 0);
	ck_assert_uint_eq(stile_call_argument(&call, 5), 7);
	ck_assert_int_eq(stile_call_result(&call), 0);

	call.is_exit = true;
	call.result = 9;
	ck_assert_int_eq(stile_call_result(&call), 9);
	ck_assert_int_eq(stile_call_set_argument(&call, 0, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_number(&call, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_register(&call, name, 8), 0);
	ck_assert_int_eq(stile_call_register(&call, name, &value), 0);
	ck_assert_uint_eq(value, 8);
	ck_assert_int_eq(stile_call_set_result(&call, 1), 0);
	ck_assert_int_eq(stile_call_result(&call), 1);

	call = (struct stile_call){ .listener = -1, .registers = &registers, .is_exec = true };
	ck_assert_int_eq(stile_call_set_argument(&call, 0, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_register(&call, name, 8), -EINVAL);
	ck_assert_int_eq(stile_call_register(&call, name, &value), 0);

	call = (struct stile_call){ .listener = 3 };
	ck_assert_int_eq(stile_call_register(&call, name, &value), -EINVAL);
	ck_assert_int_eq(stile_call_set_register(&call, name, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_argument(&call, 0, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_number(&call, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_result(&call, 1), -EINVAL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("registers");
	TCase *tcase = tcase_create("registers");

	tcase_add_test(tcase, names_are_where_the_kernel_has_them);
	tcase_add_test(tcase, setting_changes_one_word);
	tcase_add_test(tcase, setting_what_is_there_changes_nothing);
	tcase_add_test(tcase, unknown_names);
	tcase_add_test(tcase, values_that_the_kernel_refuses);
	tcase_add_test(tcase, arguments);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, skipped_calls_and_results);
	tcase_add_test(tcase, changes_that_are_not_possible);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
