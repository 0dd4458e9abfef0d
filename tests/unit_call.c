/* SPDX-License-Identifier: MIT */
/* What a handler learns of a call, and what its answer comes to. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call_fixture.h"

/* ---- Names and numbers */

START_TEST(calls_are_described_by_abi)
{
	static const struct {
		enum stile_abi abi;
		long number;
	} cases[] = {
		{ STILE_ABI_X86_64, 257 }, { STILE_ABI_I386, 295 },   { STILE_ABI_X32, 0x40000101 },
		{ STILE_ABI_AARCH64, 56 }, { STILE_ABI_RISCV64, 56 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stile_call call = make_call(cases[i].abi, "openat",
						   (const uint64_t[6]){ 1, 2, 3, 4, 5, 6 });

		ck_assert_str_eq(stile_call_name(&call), "openat");
		ck_assert_int_eq(stile_call_number(&call), cases[i].number);
		ck_assert_int_eq(stile_call_abi(&call), cases[i].abi);
		ck_assert_int_eq(stile_call_thread(&call), getpid());
		ck_assert_int_eq(stile_call_process(&call), getpid());
		for (unsigned int k = 0; k < 6; k++)
			ck_assert_uint_eq(stile_call_argument(&call, k), k + 1);
		ck_assert_uint_eq(stile_call_argument(&call, 6), 0);
		ck_assert_uint_eq(stile_call_argument(&call, UINT32_MAX), 0);
	}
}
END_TEST

START_TEST(unknown_calls_have_no_name)
{
	struct stile_call call = CALL(X86_64, "openat", 0);
	uint64_t value;
	char byte;

	call.notification.data.nr = 100000;
	call_describe(&call);
	ck_assert_str_eq(stile_call_name(&call), "");
	ck_assert_int_eq(stile_call_argument_by_name(&call, "fd", &value), -ENOENT);
	ck_assert_int_eq(stile_call_path(&call, "pathname", &byte, 1), -ENOENT);
	check_format(call, "syscall_100000(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)");
	call.notification.data.arch = 1;
	call.notification.data.nr = -1;
	call.notification.data.args[5] = UINT64_MAX;
	call_describe(&call);
	ck_assert_str_eq(stile_call_name(&call), "");
	ck_assert_int_eq(stile_call_abi(&call), STILE_ABI_COUNT);
	check_format(call, "syscall_-1(0x0, 0x0, 0x0, 0x0, 0x0, 0xffffffffffffffff)");
}
END_TEST

START_TEST(arguments_have_the_bits_that_the_kernel_uses)
{
	static const struct {
		enum stile_abi abi;
		const char *syscall, *name;
		uint64_t word, value;
	} cases[] = {
		/* an int has a sign; what stands above it is nothing */
		{ STILE_ABI_X86_64, "openat", "dirfd", 0xffffff9c, (uint64_t)-100 },
		{ STILE_ABI_X86_64, "openat", "dfd", 0x1234567800000003, 3 },
		{ STILE_ABI_X86_64, "close", "fd", 0xffffffff, 0xffffffff },
		{ STILE_ABI_X86_64, "close", "fd", 0xffffffff00000001, 1 },
		{ STILE_ABI_X86_64, "chmod", "pathname", UINT64_MAX, UINT64_MAX },
		{ STILE_ABI_X86_64, "mkdir", "pathname", 0xffffffff12345678, 0xffffffff12345678 },
		/* on i386 nothing has more than 32 bits */
		{ STILE_ABI_I386, "mkdir", "pathname", 0xffffffff12345678, 0x12345678 },
		{ STILE_ABI_I386, "openat", "dirfd", 0xffffff9c, (uint64_t)-100 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stile_call call = make_call(cases[i].abi, cases[i].syscall,
						   (const uint64_t[6]){ cases[i].word });
		uint64_t value = 1;

		ck_assert_int_eq(stile_call_argument_by_name(&call, cases[i].name, &value), 0);
		ck_assert_uint_eq(value, cases[i].value);
		ck_assert_int_eq(stile_call_argument_by_name(&call, "none", &value), -ENOENT);
		ck_assert_int_eq(stile_call_argument_by_name(&call, "", &value), -ENOENT);
		ck_assert_int_eq(stile_call_argument_by_name(&call, NULL, &value), -ENOENT);
		ck_assert_uint_eq(value, cases[i].value);
	}
}
END_TEST

START_TEST(modes_have_sixteen_bits)
{
	struct stile_call call = CALL(X86_64, "chmod", 0, 0xffff01ed);
	uint64_t value;

	ck_assert_int_eq(stile_call_argument_by_name(&call, "mode", &value), 0);
	ck_assert_uint_eq(value, 0x1ed);
}
END_TEST

/* ---- Answers */

static void check_answer(const struct stile_call *call, struct stile_answer answer, bool is_kept)
{
	const char *fault = "unset";
	struct stile_answer checked = call_check_answer(call, answer, &fault);

	if (is_kept) {
		ck_assert_ptr_null(fault);
		ck_assert_int_eq(checked.kind, answer.kind);
		ck_assert_int_eq(checked.value, answer.value);
	} else {
		ck_assert_ptr_nonnull(fault);
		ck_assert_uint_gt(strlen(fault), 0);
		ck_assert_int_eq(checked.kind, STILE_ANSWER_FAIL);
		ck_assert_int_eq(checked.value, EPERM);
	}
}

START_TEST(answers_that_make_no_sense_refuse)
{
	struct stile_call call = CALL(X86_64, "openat", 0);
	static const int64_t none[] = { 0, -1, 4096, INT64_MAX, INT64_MIN, INT64_C(1) << 32 | 1 };

	call.listener = 1; /* a notification */
	check_answer(&call, stile_answer_allow(), true);
	check_answer(&call, stile_answer_fail(1), true);
	check_answer(&call, stile_answer_fail(4095), true);
	check_answer(&call, stile_answer_return(INT64_MIN), true);
	check_answer(&call, stile_answer_return(0), true);
	check_answer(&call, stile_answer_kill(), true);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		check_answer(&call, (struct stile_answer){ STILE_ANSWER_FAIL, none[i] }, false);
	check_answer(&call, stile_answer_done(), false);
	check_answer(&call, (struct stile_answer){ (enum stile_answer_kind)5, 0 }, false);
	check_answer(&call, (struct stile_answer){ (enum stile_answer_kind) - 1, 0 }, false);

	call.has_looked = true;
	check_answer(&call, stile_answer_allow(), false);
	check_answer(&call, stile_answer_fail(1), true);
	check_answer(&call, stile_answer_return(0), true);
	check_answer(&call, stile_answer_kill(), true);

	call.is_answered = true;
	check_answer(&call, stile_answer_done(), true);
	check_answer(&call, stile_answer_kill(), true);
	check_answer(&call, stile_answer_allow(), false);
	check_answer(&call, stile_answer_fail(1), false);
	check_answer(&call, stile_answer_return(3), false);
}
END_TEST

START_TEST(stops_may_be_allowed_after_a_look)
{
	struct stile_call call = CALL(X86_64, "openat", 0);

	call.has_looked = true;
	check_answer(&call, stile_answer_allow(), true);
	check_answer(&call, stile_answer_fail(0), false);
	check_answer(&call, stile_answer_done(), false);
	ck_assert_int_eq(stile_call_give_descriptor(&call, 0, false), -EINVAL);
}
END_TEST

START_TEST(every_read_is_a_look_and_no_write_is)
{
	static const char path[] = "/etc/passwd";
	struct stile_call fresh = CALL(X86_64, "openat", 0, ADDRESS(path)), call;
	struct sockaddr_storage address;
	socklen_t length;
	char buffer[32];
	int fd;

	call = fresh;
	ck_assert_int_eq(stile_call_write(&call, ADDRESS(buffer), path, sizeof(path)), 0);
	ck_assert_str_eq(buffer, path);
	ck_assert_int_eq(stile_call_path(&call, "flags", buffer, sizeof(buffer)), -ENOENT);
	ck_assert_int_eq(stile_call_address(&call, &address, &length), -ENOENT);
	ck_assert(!call.has_looked);

	ck_assert_int_eq(stile_call_read(&call, ADDRESS(path), buffer, 3), 0);
	ck_assert(call.has_looked);
	call = fresh;
	ck_assert_int_eq(stile_call_read(&call, 0, buffer, 1), -EFAULT);
	ck_assert(call.has_looked);
	call = fresh;
	ck_assert_int_eq(stile_call_read_string(&call, ADDRESS(path), buffer, sizeof(buffer)), 11);
	ck_assert(call.has_looked);
	call = fresh;
	ck_assert_int_eq(stile_call_path(&call, "pathname", buffer, sizeof(buffer)), 11);
	ck_assert_str_eq(buffer, path);
	ck_assert(call.has_looked);
	ck_assert_int_eq(stile_call_path(&call, "filename", buffer, 12), 11);
	ck_assert_int_eq(stile_call_path(&call, "pathname", buffer, 11), -ENAMETOOLONG);
	ck_assert_int_eq(buffer[0], 0);
	call = fresh;
	fd = stile_call_take_descriptor(&call, 0);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	ck_assert(call.has_looked);
	call = fresh;
	free(stile_call_format(&call));
	ck_assert(call.has_looked);
	/* nothing to look at */
	call = CALL(X86_64, "close", 3);
	free(stile_call_format(&call));
	ck_assert(!call.has_looked);
}
END_TEST

/* ---- Sockets' addresses */

START_TEST(addresses_are_found_by_call)
{
	const struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };
	const struct {
		uint64_t name;
		uint32_t length;
	} message = { ADDRESS(&in), sizeof(in) }, none = { 0, 16 };
	struct sockaddr_storage address;
	socklen_t length;
	struct stile_call calls[] = {
		CALL(X86_64, "connect", 3, ADDRESS(&in), sizeof(in)),
		CALL(X86_64, "bind", 3, ADDRESS(&in), sizeof(in)),
		CALL(X86_64, "sendto", 3, 0, 0, 0, ADDRESS(&in), sizeof(in)),
		CALL(X86_64, "sendmsg", 3, ADDRESS(&message)),
		/* the upper half of a length is nothing */
		CALL(X86_64, "connect", 3, ADDRESS(&in), sizeof(in) | UINT64_C(7) << 32),
	};
	struct stile_call without[] = {
		CALL(X86_64, "sendto", 3, 0, 0, 0, 0, 12345),
		CALL(X86_64, "sendmsg", 3, ADDRESS(&none)),
		CALL(X86_64, "connect", 3, 0, 0),
	};
	struct stile_call call;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		ck_assert_int_eq(stile_call_address(&calls[i], &address, &length), 0);
		ck_assert_uint_eq(length, sizeof(in));
		ck_assert_mem_eq(&address, &in, sizeof(in));
		ck_assert(calls[i].has_looked);
	}
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		ck_assert_int_eq(stile_call_address(&without[i], &address, &length), 0);
		ck_assert_uint_eq(length, 0);
		ck_assert_uint_eq(address.ss_family, 0);
	}
	call = CALL(X86_64, "connect", 3, 0, 16);
	ck_assert_int_eq(stile_call_address(&call, &address, &length), -EFAULT);
	call = CALL(X86_64, "connect", 3, ADDRESS(&in), sizeof(address) + 1);
	ck_assert_int_eq(stile_call_address(&call, &address, &length), -EINVAL);
	call = CALL(X86_64, "connect", 3, ADDRESS(&in), (uint64_t)-1);
	ck_assert_int_eq(stile_call_address(&call, &address, &length), -EINVAL);
	ck_assert_uint_eq(length, 0);
	/* the kernel writes that one */
	call = CALL(X86_64, "accept", 3, ADDRESS(&in), ADDRESS(&length));
	ck_assert_int_eq(stile_call_address(&call, &address, &length), -ENOENT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("unit_call");
	TCase *tcase = tcase_create("calls");

	tcase_add_test(tcase, calls_are_described_by_abi);
	tcase_add_test(tcase, unknown_calls_have_no_name);
	tcase_add_test(tcase, arguments_have_the_bits_that_the_kernel_uses);
	tcase_add_test(tcase, modes_have_sixteen_bits);
	tcase_add_test(tcase, answers_that_make_no_sense_refuse);
	tcase_add_test(tcase, stops_may_be_allowed_after_a_look);
	tcase_add_test(tcase, every_read_is_a_look_and_no_write_is);
	tcase_add_test(tcase, addresses_are_found_by_call);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
