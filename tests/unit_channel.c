/* SPDX-License-Identifier: MIT */
/*
 * Messages between workers: of every length, with descriptors, to and from those who end. malloc
 * and its like are replaced (-Wl,--wrap): a channel never asks for memory.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "open_descriptors.h"
#include "test_support.h"

static atomic_ulong allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	allocations++;
	return __real_realloc(memory, size);
}

static struct stile_channel ends[2];
static char sent[STILE_MESSAGE_MAX + 2], received[STILE_MESSAGE_MAX + 2];

static void set_up(void)
{
	ck_assert_int_eq(stile_channel_pair(ends), 0);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 31 + 7);
	memset(received, 0, sizeof(received));
}

static void tear_down(void)
{
	stile_channel_close(&ends[0]);
	stile_channel_close(&ends[1]);
	ck_assert_int_eq(ends[0].fd, -1);
	stile_channel_close(&ends[0]); /* twice does no harm */
}

static ssize_t receive(size_t size)
{
	return stile_channel_receive(&ends[1], received, size, NULL, NULL);
}

/* ---- Lengths */

static const size_t lengths[] = { 0, 1, 2, 4096, STILE_MESSAGE_MAX - 1, STILE_MESSAGE_MAX };

START_TEST(every_length_arrives)
{
	const size_t length = lengths[_i];
	size_t none = 0;

	for (unsigned int i = 0; i < 3; i++) {
		/* room to spare, just enough, and by recvmsg() */
		ck_assert_int_eq(stile_channel_send(&ends[0], sent, length, NULL, 0), 0);
		if (i < 2)
			ck_assert_int_eq(receive(i ? length : sizeof(received)), length);
		else
			ck_assert_int_eq(stile_channel_receive(&ends[1], received, length, NULL,
							       &none),
					 length);
		ck_assert_int_eq(memcmp(sent, received, length), 0);
		memset(received, 0, sizeof(received));
	}
}
END_TEST

START_TEST(too_long_messages)
{
	size_t count = 1;
	int fd = -1;

	ck_assert_int_eq(stile_channel_send(&ends[0], sent, STILE_MESSAGE_MAX + 1, NULL, 0),
			 -EMSGSIZE);
	/* longer than there is room; the next one is not harmed */
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 11, NULL, 0), 0);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 12, NULL, 0), 0);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 1, NULL, 0), 0);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 10, NULL, 0), 0);
	ck_assert_int_eq(receive(10), -EMSGSIZE);
	ck_assert_int_eq(stile_channel_receive(&ends[1], received, 10, &fd, &count), -EMSGSIZE);
	ck_assert_int_eq(receive(0), -EMSGSIZE);
	ck_assert_int_eq(receive(10), 10);
	/* longer than anybody may send who uses the library */
	ck_assert_int_eq(send(ends[0].fd, sent, STILE_MESSAGE_MAX + 2, 0), STILE_MESSAGE_MAX + 2);
	ck_assert_int_eq(receive(sizeof(received)), -EMSGSIZE);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 10, NULL, 0), 0);
	ck_assert_int_eq(receive(10), 10);
}
END_TEST

START_TEST(arguments_that_cannot_be_meant)
{
	struct stile_channel closed = { -1 };
	size_t one = 1;

	ck_assert_int_eq(stile_channel_pair(NULL), -EINVAL);
	ck_assert_int_eq(stile_channel_send(NULL, sent, 1, NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_channel_send(&ends[0], NULL, 1, NULL, 0), -EINVAL);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 1, NULL, 1), -EINVAL);
	ck_assert_int_eq(stile_channel_send(&closed, sent, 1, NULL, 0), -EBADF);
	ck_assert_int_eq(stile_channel_receive(NULL, received, 1, NULL, NULL), -EINVAL);
	ck_assert_int_eq(stile_channel_receive(&ends[1], NULL, 1, NULL, NULL), -EINVAL);
	ck_assert_int_eq(stile_channel_receive(&ends[1], received, 1, NULL, &one), -EINVAL);
	ck_assert_int_eq(stile_channel_receive(&closed, received, 1, NULL, NULL), -EBADF);
	stile_channel_close(NULL);
}
END_TEST

/* ---- Ends */

START_TEST(the_end_is_no_empty_message)
{
	ck_assert_int_eq(stile_channel_send(&ends[0], NULL, 0, NULL, 0), 0);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 3, NULL, 0), 0);
	stile_channel_close(&ends[0]);
	ck_assert_int_eq(receive(10), 0);
	ck_assert_int_eq(receive(10), 3);
	ck_assert_int_eq(receive(10), -ENODATA);
	ck_assert_int_eq(receive(10), -ENODATA);
	ck_assert_int_eq(stile_channel_send(&ends[1], sent, 1, NULL, 0), -EPIPE); /* no SIGPIPE */
}
END_TEST

/* The kernel says ECONNRESET once then, before what waits. */
START_TEST(an_end_with_messages_that_nobody_read)
{
	size_t none = 0;

	ck_assert_int_eq(stile_channel_send(&ends[1], sent, 1, NULL, 0), 0);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 3, NULL, 0), 0);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 4, NULL, 0), 0);
	stile_channel_close(&ends[0]);
	if (_i == 2)
		ck_assert_int_eq(stile_channel_send(&ends[1], sent, 1, NULL, 0), -EPIPE);
	ck_assert_int_eq(stile_channel_receive(&ends[1], received, 9, NULL, _i == 1 ? &none : NULL),
			 3);
	ck_assert_int_eq(stile_channel_send(&ends[1], sent, 1, NULL, 0), -EPIPE);
	ck_assert_int_eq(receive(9), 4);
	ck_assert_int_eq(receive(9), -ENODATA);
}
END_TEST

START_TEST(channels_that_do_not_block)
{
	unsigned int count = 0;
	int error;

	for (unsigned int i = 0; i < 2; i++)
		ck_assert_int_eq(fcntl(ends[i].fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(receive(10), -EAGAIN);
	while ((error = stile_channel_send(&ends[0], sent, STILE_MESSAGE_MAX, NULL, 0)) == 0)
		count++;
	ck_assert_int_eq(error, -EAGAIN);
	for (; count > 0; count--)
		ck_assert_int_eq(receive(sizeof(received)), STILE_MESSAGE_MAX);
	ck_assert_int_eq(receive(10), -EAGAIN);
}
END_TEST

/* A worker that is killed while it sends leaves no half of a message: many tries. */
_Noreturn static void send_until_killed(void)
{
	for (uint32_t i = 0;; i++) {
		memset(sent, (int)(i & 0xff), sizeof(sent));
		if (stile_channel_send(&ends[0], sent, 1 + i * 7919 % STILE_MESSAGE_MAX, NULL, 0))
			_exit(1);
	}
}

static void check_whole(uint32_t i, ssize_t length)
{
	ck_assert_int_eq(length, 1 + i * 7919 % STILE_MESSAGE_MAX);
	for (ssize_t at = 0; at < length; at++)
		if ((unsigned char)received[at] != (i & 0xff))
			ck_abort_msg("message %u is not whole", i);
}

START_TEST(killed_while_sending)
{
	for (unsigned int try = 0; try < 200; try++) {
		uint32_t count = 0;
		ssize_t length;
		pid_t pid;

		ck_assert_int_eq(stile_channel_pair(ends), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			send_until_killed();
		stile_channel_close(&ends[0]);
		for (; count < try % 20; count++)
			check_whole(count, receive(sizeof(received)));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		while ((length = receive(sizeof(received))) > 0)
			check_whole(count++, length);
		ck_assert_int_eq(length, -ENODATA);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		stile_channel_close(&ends[1]);
	}
}
END_TEST

static atomic_uint handled;

static void handle(int number)
{
	(void)number;
	handled++;
}

static void *receive_one(void *data)
{
	*(ssize_t *)data = receive(sizeof(received));
	return NULL;
}

START_TEST(signals_do_not_end_a_call)
{
	const struct sigaction action = { .sa_handler = handle }; /* no SA_RESTART */
	pthread_t thread;
	ssize_t length = -1;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, receive_one, &length), 0);
	while (handled < 1000)
		ck_assert_int_eq(pthread_kill(thread, SIGUSR1), 0);
	ck_assert_int_eq(stile_channel_send(&ends[0], sent, 5, NULL, 0), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(length, 5);
}
END_TEST

/* ---- Memory */

START_TEST(nothing_is_allocated)
{
	struct stile_channel pair[2] = { { -1 }, { -1 } };
	size_t count = 2;
	int fds[2] = { 0, 1 }, came[2] = { -1, -1 };
	unsigned long before = allocations;
	ssize_t length;
	int error;

	error = stile_channel_pair(pair);
	error |= stile_channel_send(&pair[0], sent, STILE_MESSAGE_MAX, fds, 2);
	length = stile_channel_receive(&pair[1], received, sizeof(received), came, &count);
	stile_channel_close(&pair[0]);
	stile_channel_close(&pair[1]);
	ck_assert_uint_eq(allocations, before);
	ck_assert_int_eq(error, 0);
	ck_assert_int_eq(length, STILE_MESSAGE_MAX);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(close(came[0]) | close(came[1]), 0);
	free(malloc(1)); /* or nothing would be counted */
	ck_assert_uint_gt(allocations, before);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("channel");
	TCase *cases = tcase_create("channel");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, every_length_arrives, 0, 6);
	tcase_add_test(cases, too_long_messages);
	tcase_add_test(cases, arguments_that_cannot_be_meant);
	tcase_add_test(cases, the_end_is_no_empty_message);
	tcase_add_loop_test(cases, an_end_with_messages_that_nobody_read, 0, 3);
	tcase_add_test(cases, channels_that_do_not_block);
	tcase_add_test(cases, signals_do_not_end_a_call);
	tcase_add_test(cases, nothing_is_allocated);
	suite_add_tcase(all, cases);
	cases = tcase_create("killed");
	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, killed_while_sending);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
