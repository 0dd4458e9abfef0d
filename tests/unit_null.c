/* SPDX-License-Identifier: MIT */
/* NULL for a call, a notification or a buffer is an error and no crash. */
#include <errno.h>
#include <string.h>

#include <stile/intercept.h>
#include <stile/notify.h>

#include "call_fixture.h"

static char byte;
static uint64_t value;
static socklen_t length;
static struct sockaddr_storage address;

START_TEST(nothing_is_known_of_no_call)
{
	ck_assert_str_eq(stile_call_name(NULL), "");
	ck_assert_int_eq(stile_call_number(NULL), -1);
	ck_assert_int_eq(stile_call_abi(NULL), STILE_ABI_COUNT);
	ck_assert_int_eq(stile_call_thread(NULL), 0);
	ck_assert_int_eq(stile_call_process(NULL), 0);
	ck_assert_uint_eq(stile_call_argument(NULL, 0), 0);
	ck_assert_ptr_null(stile_call_argument_name(NULL, 0));
	ck_assert_ptr_null(stile_call_format(NULL));
	ck_assert_ptr_null(stile_call_format_argument(NULL, 0));
	ck_assert(!stile_call_is_exit(NULL));
	ck_assert_int_eq(stile_call_result(NULL), 0);
}
END_TEST

START_TEST(nothing_is_done_for_no_call)
{
	ck_assert_int_eq(stile_call_argument_by_name(NULL, "fd", &value), -EINVAL);
	ck_assert_int_eq(stile_call_read(NULL, 0, &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_call_write(NULL, 0, &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_call_read_string(NULL, 0, &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_call_path(NULL, "pathname", &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_call_address(NULL, &address, &length), -EINVAL);
	ck_assert_int_eq(stile_call_give_descriptor(NULL, 0, true), -EINVAL);
	ck_assert_int_eq(stile_call_take_descriptor(NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_call_program(NULL, &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_call_set_argument(NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(stile_call_set_number(NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_call_set_result(NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_call_register(NULL, "rax", &value), -EINVAL);
	ck_assert_int_eq(stile_call_set_register(NULL, "rax", 0), -EINVAL);
}
END_TEST

/* Not having looked, the handler may still let the call through. */
START_TEST(a_call_is_not_looked_at_into_no_buffer)
{
	struct stile_call call = CALL(X86_64, "connect", 0, ADDRESS(&address), sizeof(address));

	ck_assert_int_eq(stile_call_argument_by_name(&call, "sockfd", NULL), -EINVAL);
	ck_assert_int_eq(stile_call_read(&call, ADDRESS(&byte), NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_call_write(&call, ADDRESS(&byte), NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_call_read_string(&call, ADDRESS(&byte), NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_call_path(&call, "addr", NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_call_address(&call, NULL, &length), -EINVAL);
	ck_assert_int_eq(stile_call_address(&call, &address, NULL), -EINVAL);
	ck_assert_int_eq(stile_call_program(&call, NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_call_register(&call, "rax", NULL), -EINVAL);
	ck_assert(!call.has_looked);
}
END_TEST

START_TEST(no_bytes_need_no_buffer)
{
	struct stile_call call = CALL(X86_64, "connect", 0, ADDRESS(&address), sizeof(address));

	ck_assert_int_eq(stile_call_read(&call, ADDRESS(&byte), NULL, 0), 0);
	ck_assert_int_eq(stile_call_write(&call, ADDRESS(&byte), NULL, 0), 0);
	ck_assert_int_eq(stile_call_read_string(&call, ADDRESS(&byte), NULL, 0), -ENAMETOOLONG);
	ck_assert_int_eq(stile_call_program(&call, NULL, 0), -ENAMETOOLONG);
}
END_TEST

START_TEST(no_notification_or_buffer)
{
	const struct stile_notification given = { .id = 1, .thread = getpid() };

	ck_assert_int_eq(stile_receive_notification(-1, NULL), -EINVAL);
	ck_assert_int_eq(stile_read_target(-1, NULL, ADDRESS(&byte), &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_write_target(-1, NULL, ADDRESS(&byte), &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_read_target_string(-1, NULL, ADDRESS(&byte), &byte, 1), -EINVAL);
	ck_assert_int_eq(stile_read_target_address(-1, NULL, ADDRESS(&byte), 1, &address), -EINVAL);
	ck_assert_int_eq(stile_take_target_descriptor(-1, NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_read_target(-1, &given, ADDRESS(&byte), NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_write_target(-1, &given, ADDRESS(&byte), NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_read_target_string(-1, &given, ADDRESS(&byte), NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_read_target_address(-1, &given, ADDRESS(&byte), 1, NULL), -EINVAL);
	/* no bytes need none: the listener is what is wrong then */
	ck_assert_int_eq(stile_read_target(-1, &given, ADDRESS(&byte), NULL, 0), -EBADF);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("unit_null");
	TCase *tcase = tcase_create("null");

	tcase_add_test(tcase, nothing_is_known_of_no_call);
	tcase_add_test(tcase, nothing_is_done_for_no_call);
	tcase_add_test(tcase, a_call_is_not_looked_at_into_no_buffer);
	tcase_add_test(tcase, no_bytes_need_no_buffer);
	tcase_add_test(tcase, no_notification_or_buffer);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
