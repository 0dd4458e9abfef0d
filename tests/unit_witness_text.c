/* SPDX-License-Identifier: MIT */
/* Calls in words, as "stile prove" shows them. */
#include <check.h>
#include <fcntl.h>
#include <string.h>

#include "audit_arch.h"
#include "call_text.h"
#include "random.h"
#include "syscalls.h"
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

START_TEST(the_access_mode_is_always_said)
{
	const uint64_t closing[6] = { 0, O_CLOEXEC };
	const uint64_t none[6] = { 0 };
	const uint64_t unnamed[6] = { 3, 0, 0x80000000 };

	check_text(STILE_ABI_X86_64, "open", closing,
		   "open(NULL, O_RDONLY|O_CLOEXEC, 0) on x86_64");
	check_text(STILE_ABI_X86_64, "openat", unnamed,
		   "openat(3, NULL, O_RDONLY|0x80000000, 0) on x86_64");
	check_text(STILE_ABI_X86_64, "openat", none, "openat(0, NULL, O_RDONLY, 0) on x86_64");
	check_text(STILE_ABI_X86_64, "mq_open", none, "mq_open(NULL, O_RDONLY, 0, NULL) on x86_64");
	/* these open nothing */
	check_text(STILE_ABI_X86_64, "pipe2", closing, "pipe2(NULL, O_CLOEXEC) on x86_64");
	check_text(STILE_ABI_X86_64, "pipe2", none, "pipe2(NULL, 0) on x86_64");
}
END_TEST

START_TEST(no_descriptor_is_minus_one)
{
	const uint64_t mapped[6] = { 0, 4096, 3, 0x22, 0xffffffff, 0 };
	const uint64_t wide[6] = { 0, 4096, 3, 0x22, UINT64_MAX, 0 };
	const uint64_t closed[6] = { 0xffffffff, 0xffffffff, 0 };

	check_text(STILE_ABI_X86_64, "mmap", mapped,
		   "mmap(0, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) on "
		   "x86_64");
	check_text(STILE_ABI_AARCH64, "mmap", wide,
		   "mmap(0, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) on "
		   "aarch64 with args[4] = 0xffffffffffffffff");
	check_text(STILE_ABI_X86_64, "close", closed,
		   "close(-1) on x86_64 with args[1] = "
		   "0xffffffff");
	check_text(STILE_ABI_X86_64, "close_range", closed,
		   "close_range(0xffffffff, 0xffffffff, 0) on x86_64");
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

/* A word of an argument: any bits, few or many, or some of the constants that it has. */
static uint64_t random_argument(struct random *r, const struct syscall_argument *argument)
{
	const struct constant_group *group = argument->group < 0 ?
						     NULL :
						     &constant_groups[argument->group];
	uint64_t word = random_word(r);

	switch (random_below(r, 4)) {
	case 0:
		return word | random_word(r) | random_word(r);
	case 1:
		return word & random_word(r) & random_word(r);
	case 2:
		return word >> random_below(r, 64);
	default:
		if (!group || group->count == 0)
			return word;
		word = 0;
		for (uint32_t n = random_below(r, group->count) + 1; n > 0; n--)
			word |= constants[group->first + random_below(r, group->count)].value;
		return word;
	}
}

/* "call(1, 2) on ..." to its parts; how many arguments. */
static size_t split_call(char *text, const char *arguments[6])
{
	char *end = strchr(text, ')'), *rest = NULL;
	size_t count = 0;

	ck_assert_ptr_nonnull(end);
	*end = '\0';
	end = strchr(text, '(');
	*end = '\0';
	for (char *word = strtok_r(end + 1, ", ", &rest); word;
	     word = strtok_r(NULL, ", ", &rest)) {
		ck_assert_uint_lt(count, 6);
		arguments[count++] = word;
	}
	return count;
}

/* What is read back is the same call, as far as the kernel looks at it. */
static void check_read_back(struct random *r, enum stile_abi abi, uint16_t syscall)
{
	struct seccomp_data data = { .nr = syscall_table[syscall].numbers[abi],
				     .arch = stile_audit_arch(abi) };
	const struct syscall_argument *list;
	struct seccomp_data again;
	const char *words[6];
	char *text, *whole, message[512];
	unsigned int count;

	list = syscall_argument_list(syscall, abi, &count);
	for (unsigned int i = 0; i < count; i++)
		data.args[i] = random_argument(r, &list[i]);
	text = stile_call_text(&data);
	whole = strdup(text);
	ck_assert_uint_eq(split_call(text, words), count);
	ck_assert_msg(stile_parse_call(abi, text, words, count, &again, message, sizeof(message)) ==
			      0,
		      "%s: %s", whole, message);
	ck_assert_int_eq(again.nr, data.nr);
	for (unsigned int i = 0; i < count; i++)
		ck_assert_msg((again.args[i] ^ data.args[i]) << (64 - list[i].bits) == 0,
			      "%s: argument %u is 0x%llx", whole, i,
			      (unsigned long long)data.args[i]);
	free(whole);
	free(text);
}

START_TEST(every_call_can_be_read_back)
{
	const uint64_t rounds = environment_number("STILE_ROUNDS", 40);
	struct random r = { random_seed("unit_witness_text") };

	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++)
		for (uint32_t i = 0; i < syscall_table_count; i++)
			for (uint64_t n = 0; n < rounds && syscall_table[i].numbers[abi] >= 0; n++)
				check_read_back(&r, abi, (uint16_t)i);
}
END_TEST

/* The mask of a condition as it is printed, "flags & (A|B)" or "flags & ~A", is the mask. */
static void check_mask(struct random *r, enum stile_abi abi, uint16_t syscall, unsigned int index)
{
	const struct syscall_argument *argument;
	struct stile_table_condition condition = { .argument = (uint8_t)index,
						   .comparison = STILE_MASKED_EQUAL };
	const struct rule rule = { .syscall = syscall,
				   .condition_count = 1,
				   .conditions = &condition };
	const char *arguments[6] = { "0", "0", "0", "0", "0", "0" };
	char text[512], message[512], *mask;
	struct seccomp_data data;
	unsigned int count;
	uint64_t read;

	argument = syscall_argument_list(syscall, abi, &count) + index;
	condition.bits = argument->bits;
	condition.mask = random_argument(r, argument) | random_argument(r, argument);
	condition.mask &= UINT64_MAX >> (64 - argument->bits);
	condition_text(text, sizeof(text), &rule, 0, abi);
	mask = strstr(text, " & ");
	ck_assert(!mask == (condition.mask == UINT64_MAX >> (64 - argument->bits)));
	if (!mask)
		return;
	mask += 3 + strspn(mask + 3, "~(");
	arguments[index] = strtok(mask, ")");
	ck_assert_msg(stile_parse_call(abi, syscall_table[syscall].name, arguments, index + 1,
				       &data, message, sizeof(message)) == 0,
		      "%s: %s", text, message);
	read = strchr(text, '~') ? ~data.args[index] : data.args[index];
	ck_assert_msg((read ^ condition.mask) << (64 - argument->bits) == 0, "%s of %s: 0x%llx",
		      text, syscall_table[syscall].name, (unsigned long long)condition.mask);
}

START_TEST(every_mask_can_be_read_back)
{
	const uint64_t rounds = environment_number("STILE_ROUNDS", 40);
	struct random r = { random_seed("unit_witness_text") };
	unsigned int count;

	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++)
		for (uint32_t i = 0; i < syscall_table_count; i++) {
			const struct syscall_argument *list = syscall_argument_list((uint16_t)i,
										    abi, &count);

			for (unsigned int k = 0; k < count; k++)
				for (uint64_t n = 0; n < rounds && list[k].group >= 0 &&
						     syscall_table[i].numbers[abi] >= 0;
				     n++)
					check_mask(&r, abi, (uint16_t)i, k);
		}
}
END_TEST

/* Long lists of names are numbers, as a whole: a part of them would be another value. */
START_TEST(what_is_too_long_for_names)
{
	const uint64_t some[6] = { 0xffffff9c, 0, 0x80241 };
	const uint64_t all[6] = { 0, 0x55555, 0x7fffffff };

	check_text(STILE_ABI_X86_64, "openat", some,
		   "openat(AT_FDCWD, NULL, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0) on x86_64");
	check_text(STILE_ABI_X86_64, "openat", all, "openat(0, 0x55555, 0x7fffffff, 0) on x86_64");
}
END_TEST

START_TEST(no_call)
{
	ck_assert_ptr_null(stile_call_text(NULL));
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

	tcase_set_timeout(cases, 600);
	tcase_add_test(cases, calls_that_are_known);
	tcase_add_test(cases, the_access_mode_is_always_said);
	tcase_add_test(cases, no_descriptor_is_minus_one);
	tcase_add_test(cases, what_the_call_does_not_use);
	tcase_add_test(cases, calls_that_are_not_known);
	tcase_add_test(cases, every_call_can_be_read_back);
	tcase_add_test(cases, every_mask_can_be_read_back);
	tcase_add_test(cases, what_is_too_long_for_names);
	tcase_add_test(cases, no_call);
	tcase_add_test(cases, architectures);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
