/* SPDX-License-Identifier: MIT */
/* Calls that wait at a listener, and the answers to them, under the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "notify_support.h"
#include "test_support.h"

static long call(void)
{
	return syscall(SYS_getppid);
}

/* ---- Answers */

static int call_with_arguments(void)
{
	target_expects(syscall(SYS_getppid, 1, 2, 3, 4, 5, UINT64_MAX) == 7);
	return 0;
}

START_TEST(a_notification_says_who_calls_what)
{
	struct stile_notification notification;
	struct target target;

	start_getppid_target(&target, call_with_arguments);
	notification = next_call(&target);
	ck_assert_int_eq(notification.thread, target.pid);
	ck_assert_int_eq(notification.data.nr, SYS_getppid);
	for (unsigned int i = 0; i < 5; i++)
		ck_assert_uint_eq(notification.data.args[i], i + 1);
	ck_assert_uint_eq(notification.data.args[5], UINT64_MAX);
	ck_assert_int_eq(stile_check_notification(target.listener, notification.id), 0);
	ck_assert_int_eq(stile_respond_value(target.listener, notification.id, 7), 0);
	end_target(&target);
}
END_TEST

static int take_answers(void)
{
	const pid_t parent = getppid(); /* answered by CONTINUE */

	target_expects(parent > 1);
	target_expects(call() == 0);
	target_expects(call() == INT64_MAX);
	target_expects(call() == INT64_MIN);
	target_expects(call() == -1 && errno == 1);
	target_expects(call() == -1 && errno == 4095);
	target_expects(call() == parent);
	return 0;
}

START_TEST(every_answer_is_what_the_call_returns)
{
	struct target target;

	start_getppid_target(&target, take_answers);
	ck_assert_int_eq(stile_respond_continue(target.listener, next_call(&target).id), 0);
	ck_assert_int_eq(stile_respond_value(target.listener, next_call(&target).id, 0), 0);
	ck_assert_int_eq(stile_respond_value(target.listener, next_call(&target).id, INT64_MAX), 0);
	ck_assert_int_eq(stile_respond_value(target.listener, next_call(&target).id, INT64_MIN), 0);
	ck_assert_int_eq(stile_respond_errno(target.listener, next_call(&target).id, 1), 0);
	ck_assert_int_eq(stile_respond_errno(target.listener, next_call(&target).id, 4095), 0);
	ck_assert_int_eq(stile_respond_continue(target.listener, next_call(&target).id), 0);
	end_target(&target);
}
END_TEST

static int fail_once(void)
{
	target_expects(call() == -1 && errno == EACCES);
	return 0;
}

START_TEST(an_errno_that_there_is_not_is_no_answer)
{
	static const int none[] = { 0, -1, 4096, INT32_MAX, INT32_MIN };
	struct target target;
	uint64_t id;

	start_getppid_target(&target, fail_once);
	id = next_call(&target).id;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_int_eq(stile_respond_errno(target.listener, id, none[i]), -EINVAL);
	ck_assert_int_eq(stile_check_notification(target.listener, id), 0);
	ck_assert_int_eq(stile_respond_errno(target.listener, id, EACCES), 0);
	end_target(&target);
}
END_TEST

/* ---- Ids */

#define MANY_CALLS 2000

static int call_often(void)
{
	for (int i = 0; i < MANY_CALLS; i++)
		target_expects(call() == i);
	return 0;
}

START_TEST(an_old_id_never_answers_a_later_call)
{
	uint64_t first = 0, last = 0;
	struct target target;

	start_getppid_target(&target, call_often);
	for (int i = 0; i < MANY_CALLS; i++) {
		const uint64_t id = next_call(&target).id;

		ck_assert_uint_ne(id, last);
		ck_assert_uint_ne(id, first);
		if (i == 0)
			first = id;
		else
			for (int k = 0; k < 2; k++) {
				const uint64_t old = k ? last : first;

				ck_assert_int_eq(stile_check_notification(target.listener, old),
						 -ENOENT);
				ck_assert_int_eq(stile_respond_value(target.listener, old, -1),
						 -ENOENT);
				ck_assert_int_eq(stile_respond_errno(target.listener, old, 1),
						 -ENOENT);
				ck_assert_int_eq(stile_respond_continue(target.listener, old),
						 -ENOENT);
			}
		ck_assert_int_eq(stile_check_notification(target.listener, id), 0);
		ck_assert_int_eq(stile_respond_value(target.listener, id, i), 0);
		/* whether the target has been woken or not */
		ck_assert_int_eq(stile_respond_value(target.listener, id, -1), -ENOENT);
		last = id;
	}
	end_target(&target);
}
END_TEST

static int call_once(void)
{
	(void)call();
	return 0;
}

START_TEST(nothing_answers_a_target_that_was_killed)
{
	struct stile_notification notification;
	struct sockaddr_storage address;
	struct target target;
	char buffer[8];

	start_getppid_target(&target, call_once);
	notification = next_call(&target);
	kill_target(&target);
	ck_assert_int_eq(stile_check_notification(target.listener, notification.id), -ENOENT);
	ck_assert_int_eq(stile_respond_value(target.listener, notification.id, 0), -ENOENT);
	ck_assert_int_eq(stile_respond_errno(target.listener, notification.id, 1), -ENOENT);
	ck_assert_int_eq(stile_respond_continue(target.listener, notification.id), -ENOENT);
	ck_assert_int_eq(stile_give_descriptor(target.listener, notification.id, 0, NULL), -ENOENT);
	ck_assert_int_eq(stile_take_target_descriptor(target.listener, &notification, 0), -ENOENT);
	ck_assert_int_eq(stile_read_target(target.listener, &notification, (uintptr_t)buffer,
					   buffer, sizeof(buffer)),
			 -ENOENT);
	ck_assert_int_eq(stile_write_target(target.listener, &notification, (uintptr_t)buffer,
					    buffer, sizeof(buffer)),
			 -ENOENT);
	ck_assert_int_eq(stile_read_target_string(target.listener, &notification, (uintptr_t)buffer,
						  buffer, sizeof(buffer)),
			 -ENOENT);
	ck_assert_int_eq(stile_read_target_address(target.listener, &notification,
						   (uintptr_t)buffer, sizeof(buffer), &address),
			 -ENOENT);
	(void)close(target.listener);
}
END_TEST

START_TEST(a_target_that_dies_before_it_is_read_is_no_call)
{
	struct stile_notification notification;
	struct pollfd poller = { .events = POLLIN };
	struct target target;

	start_getppid_target(&target, call_once);
	poller.fd = target.listener;
	ck_assert_int_eq(poll(&poller, 1, -1), 1);
	ck_assert_int_eq(poller.revents, POLLIN);
	kill_target(&target);
	ck_assert_int_eq(poll(&poller, 1, -1), 1);
	ck_assert(poller.revents & POLLHUP);
	memset(&notification, 1, sizeof(notification));
	ck_assert_int_eq(stile_receive_notification(target.listener, &notification), -ENOENT);
	ck_assert_uint_eq(notification.id, 0);
	(void)close(target.listener);
}
END_TEST

/* ---- Listeners */

START_TEST(what_is_no_listener_is_an_error)
{
	struct stile_notification notification = { .thread = getpid() };
	const struct stile_notification self = notification;
	int pipes[2];
	char byte;

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	for (int i = 0; i < 2; i++) {
		const int fd = i ? pipes[0] : -1;

		ck_assert_int_eq(stile_receive_notification(fd, &notification), -EBADF);
		ck_assert_int_eq(stile_check_notification(fd, 1), -EBADF);
		ck_assert_int_eq(stile_respond_value(fd, 1, 0), -EBADF);
		ck_assert_int_eq(stile_respond_errno(fd, 1, 1), -EBADF);
		ck_assert_int_eq(stile_respond_continue(fd, 1), -EBADF);
		ck_assert_int_eq(stile_set_sync_wake_up(fd), -EBADF);
		ck_assert_int_eq(stile_give_descriptor(fd, 1, 0, NULL), -EBADF);
		ck_assert_int_eq(stile_take_target_descriptor(fd, &self, 0), -EBADF);
		byte = 1;
		ck_assert_int_eq(stile_read_target(fd, &self, (uintptr_t) "x", &byte, 1), -EBADF);
		ck_assert_int_eq(byte, 0);
		ck_assert_int_eq(stile_write_target(fd, &self, (uintptr_t)&byte, "x", 1), -EBADF);
		ck_assert_int_eq(byte, 0);
	}
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}
END_TEST

static int call_without_supervisor(void)
{
	target_expects(call() == -1 && errno == ENOSYS);
	target_expects(call() == -1 && errno == ENOSYS);
	return 0;
}

START_TEST(without_a_supervisor_calls_fail)
{
	struct target target;

	start_getppid_target(&target, call_without_supervisor);
	(void)next_call(&target);
	(void)close(target.listener);
	target.listener = -1;
	end_target(&target);
}
END_TEST

static int call_sixteen_times(void)
{
	for (int i = 0; i < 16; i++)
		target_expects(call() == i);
	return 0;
}

START_TEST(waking_on_one_processor_changes_no_answer)
{
	struct target target;
	int error;

	start_getppid_target(&target, call_sixteen_times);
	error = stile_set_sync_wake_up(target.listener);
	if (error == -ENOSYS)
		(void)printf("skip: the kernel cannot wake target and supervisor together\n");
	else
		ck_assert_int_eq(error, 0);
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(stile_respond_value(target.listener, next_call(&target).id, i), 0);
	end_target(&target);
}
END_TEST

static volatile sig_atomic_t signals;

static void on_signal(int signal_number)
{
	(void)signal_number;
	signals++;
}

static pid_t supervisor;

static int send_signals(void)
{
	for (;;)
		target_expects(kill(supervisor, SIGUSR1) == 0);
	return 0;
}

START_TEST(a_signal_ends_the_wait_for_a_call)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct stile_notification notification;
	struct target target;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	supervisor = getpid();
	start_getppid_target(&target, send_signals);
	ck_assert_int_eq(stile_receive_notification(target.listener, &notification), -EINTR);
	ck_assert_int_gt(signals, 0);
	kill_target(&target);
	(void)close(target.listener);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("live_notify");
	TCase *tcase = tcase_create("notifications");

	tcase_add_test(tcase, a_notification_says_who_calls_what);
	tcase_add_test(tcase, every_answer_is_what_the_call_returns);
	tcase_add_test(tcase, an_errno_that_there_is_not_is_no_answer);
	tcase_add_test(tcase, an_old_id_never_answers_a_later_call);
	tcase_add_test(tcase, nothing_answers_a_target_that_was_killed);
	tcase_add_test(tcase, a_target_that_dies_before_it_is_read_is_no_call);
	tcase_add_test(tcase, what_is_no_listener_is_an_error);
	tcase_add_test(tcase, without_a_supervisor_calls_fail);
	tcase_add_test(tcase, waking_on_one_processor_changes_no_answer);
	tcase_add_test(tcase, a_signal_ends_the_wait_for_a_call);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
