/* SPDX-License-Identifier: MIT */
/* What a handler can learn of a call that waits, and do for it, under the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call.h"
#include "notify_support.h"
#include "test_support.h"

static const int calls[] = { SYS_openat, SYS_connect, SYS_getppid };

static struct target target;

static struct stile_call next(void)
{
	struct stile_call call = { .listener = target.listener,
				   .notification = next_call(&target) };

	call_describe(&call);
	return call;
}

static void start(int (*run)(void))
{
	start_target(&target, run, calls, sizeof(calls) / sizeof(calls[0]));
}

static int open_and_connect(void)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(8080),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_RDWR | O_CLOEXEC, 0);
	uint64_t value;

	target_expects(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	target_expects(read(fd, &value, sizeof(value)) == sizeof(value) && value == 9);
	target_expects(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1);
	target_expects(errno == EXDEV);
	return 0;
}

static void check_open(void)
{
	struct stile_call call = next();
	int fd = eventfd(9, EFD_CLOEXEC);
	const char *fault;
	char path[32], *text;

	ck_assert_str_eq(stile_call_name(&call), "openat");
	ck_assert_int_eq(stile_call_thread(&call), target.pid);
	ck_assert_int_eq(stile_call_process(&call), target.pid);
	ck_assert(!call.has_looked);
	text = stile_call_format(&call);
	ck_assert_str_eq(text, "openat(AT_FDCWD, \"/no/such/file\", O_RDWR|O_CLOEXEC)");
	free(text);
	ck_assert(call.has_looked);
	ck_assert_int_eq(stile_call_path(&call, "pathname", path, sizeof(path)), 13);
	ck_assert_str_eq(path, "/no/such/file");
	ck_assert_int_eq(stile_call_path(&call, "dirfd", path, sizeof(path)), -ENOENT);
	ck_assert_int_eq(call_check_answer(&call, stile_answer_allow(), &fault).kind,
			 STILE_ANSWER_FAIL);
	ck_assert_ptr_nonnull(fault);

	ck_assert_int_eq(stile_call_give_descriptor(&call, -1, true), -EBADF);
	ck_assert(!call.is_answered);
	ck_assert_int_eq(stile_call_give_descriptor(&call, fd, true), 0);
	ck_assert(call.is_answered);
	ck_assert_int_eq(stile_call_give_descriptor(&call, fd, true), -EINVAL);
	(void)call_check_answer(&call, stile_answer_done(), &fault);
	ck_assert_ptr_null(fault);
	/* it waits no more, so nothing is the target's for certain */
	ck_assert_int_eq(stile_call_process(&call), 0);
	ck_assert_int_eq(stile_call_path(&call, "pathname", path, sizeof(path)), -ENOENT);
	ck_assert_int_eq(path[0], 0);
	ck_assert_int_eq(stile_call_take_descriptor(&call, 0), -ENOENT);
	(void)close(fd);
}

START_TEST(files_are_opened_for_a_target)
{
	struct sockaddr_storage address;
	struct stile_call call;
	socklen_t length;
	char *text;
	int fd;

	start(open_and_connect);
	check_open();
	call = next();
	ck_assert_int_eq(stile_call_address(&call, &address, &length), 0);
	ck_assert_uint_eq(length, sizeof(struct sockaddr_in));
	ck_assert_uint_eq(ntohs(((struct sockaddr_in *)&address)->sin_port), 8080);
	fd = stile_call_take_descriptor(&call, (int)stile_call_argument(&call, 0));
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	text = stile_call_format(&call);
	ck_assert_ptr_nonnull(strstr(text, ", {sa_family=AF_INET, sin_port=8080, "
					   "sin_addr=127.0.0.1}, 16)"));
	free(text);
	ck_assert_int_eq(stile_respond_errno(target.listener, call.notification.id, EXDEV), 0);
	end_target(&target);
}
END_TEST

static char buffer[16] = "before";

static int let_write(void)
{
	target_expects(syscall(SYS_getppid, buffer) > 1);
	target_expects(strcmp(buffer, "after") == 0);
	return 0;
}

START_TEST(what_is_written_is_no_look)
{
	struct stile_call call;
	const char *fault;

	start(let_write);
	call = next();
	ck_assert_int_eq(stile_call_write(&call, stile_call_argument(&call, 0), "after", 6), 0);
	ck_assert_str_eq(buffer, "before");
	(void)call_check_answer(&call, stile_answer_allow(), &fault);
	ck_assert_ptr_null(fault);
	ck_assert_int_eq(stile_respond_continue(target.listener, call.notification.id), 0);
	end_target(&target);
}
END_TEST

START_TEST(a_target_that_was_killed_is_formatted_by_numbers)
{
	struct stile_call call;
	char *text;

	start(open_and_connect);
	call = next();
	kill_target(&target);
	ck_assert_int_eq(stile_call_process(&call), 0);
	text = stile_call_format(&call);
	ck_assert_int_eq(strncmp(text, "openat(AT_FDCWD, 0x", 19), 0);
	free(text);
	ck_assert_int_eq(stile_call_give_descriptor(&call, 0, false), -ENOENT);
	ck_assert(!call.is_answered);
	(void)close(target.listener);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("live_call");
	TCase *tcase = tcase_create("calls");

	tcase_add_test(tcase, files_are_opened_for_a_target);
	tcase_add_test(tcase, what_is_written_is_no_look);
	tcase_add_test(tcase, a_target_that_was_killed_is_formatted_by_numbers);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
