/* SPDX-License-Identifier: MIT */
/* Descriptors that come with messages: as many as are permitted, or none stays open. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "open_descriptors.h"
#include "test_support.h"

#define MOST STILE_MESSAGE_DESCRIPTORS_MAX

static struct stile_channel ends[2];
static int pipes[2];

static void set_up(void)
{
	ck_assert_int_eq(stile_channel_pair(ends), 0);
	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
}

static void tear_down(void)
{
	stile_channel_close(&ends[0]);
	stile_channel_close(&ends[1]);
	ck_assert_int_eq(close(pipes[0]) | close(pipes[1]), 0);
}

/* Sends this many copies of the pipe's writing end, as somebody might who has not our limits. */
static void send_raw(size_t count, size_t length)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(4 * MOST * sizeof(int))];
	} control = { .bytes = { 0 } };
	static char bytes[64];
	struct iovec part = { bytes, length + 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	int fds[4 * MOST];

	ck_assert_uint_le(count, 4 * MOST);
	for (size_t i = 0; i < count; i++)
		fds[i] = pipes[1];
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	ck_assert_int_eq(sendmsg(ends[0].fd, &message, MSG_NOSIGNAL), length + 1);
}

static ssize_t receive(int *fds, size_t *count)
{
	char bytes[8];

	return stile_channel_receive(&ends[1], bytes, sizeof(bytes), fds, count);
}

static const size_t counts[] = { 1, 2, 3, MOST };

START_TEST(as_many_as_are_permitted)
{
	const size_t sent = counts[_i];
	size_t count = _i % 2 ? MOST : sent;
	int fds[MOST], came[MOST];
	char byte = 0;

	for (size_t i = 0; i < sent; i++)
		fds[i] = pipes[i % 2];
	ck_assert_int_eq(stile_channel_send(&ends[0], "abc", 3, fds, sent), 0);
	ck_assert_int_eq(receive(came, &count), 3);
	ck_assert_uint_eq(count, sent);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(fcntl(came[i], F_GETFD), FD_CLOEXEC);
		ck_assert_int_eq(fcntl(came[i], F_GETFL) & O_ACCMODE, i % 2 ? O_WRONLY : O_RDONLY);
	}
	if (count > 1) {
		ck_assert_int_eq(write(came[1], "x", 1), 1);
		ck_assert_int_eq(read(came[0], &byte, 1), 1);
		ck_assert_int_eq(byte, 'x');
	}
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(close(came[i]), 0);
}
END_TEST

START_TEST(a_message_without_descriptors)
{
	int fds[MOST];
	size_t count = MOST;

	ck_assert_int_eq(stile_channel_send(&ends[0], "abc", 3, NULL, 0), 0);
	ck_assert_int_eq(receive(fds, &count), 3);
	ck_assert_uint_eq(count, 0);
	/* and descriptors without a message */
	ck_assert_int_eq(stile_channel_send(&ends[0], NULL, 0, pipes, 2), 0);
	count = 1000; /* no more than MOST are taken */
	ck_assert_int_eq(receive(fds, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(close(fds[0]) | close(fds[1]), 0);
}
END_TEST

START_TEST(more_cannot_be_sent)
{
	int fds[MOST + 1];
	const int none[] = { 250 };

	for (size_t i = 0; i <= MOST; i++)
		fds[i] = pipes[0];
	ck_assert_int_eq(stile_channel_send(&ends[0], "abc", 3, fds, MOST + 1), -EMSGSIZE);
	ck_assert_int_eq(stile_channel_send(&ends[0], "abc", 3, none, 1), -EBADF);
}
END_TEST

static const struct {
	size_t sent, permitted;
} excesses[] = { { 1, 0 }, { 2, 0 }, { 2, 1 }, { 3, 1 }, { 4, 3 }, { 17, 16 }, { 64, 16 } };

START_TEST(more_than_permitted)
{
	const unsigned int before = open_descriptors();
	size_t count = excesses[_i].permitted;
	int fds[MOST] = { -7 };

	send_raw(excesses[_i].sent, 3);
	ck_assert_int_eq(stile_channel_send(&ends[0], "next", 4, NULL, 0), 0);
	ck_assert_int_eq(receive(fds, &count), -EPERM);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(fds[0], -7);
	ck_assert_uint_eq(open_descriptors(), before);
	count = 0;
	ck_assert_int_eq(receive(NULL, &count), 4);
}
END_TEST

START_TEST(unseen_ones_are_dropped)
{
	const unsigned int before = open_descriptors();
	char byte;

	send_raw(16, 3);
	ck_assert_int_eq(receive(NULL, NULL), 3);
	ck_assert_uint_eq(open_descriptors(), before);
	/* nobody holds a copy any more: the pipe ends when its own end is closed */
	ck_assert_int_eq(close(pipes[1]), 0);
	ck_assert_int_eq(read(pipes[0], &byte, 1), 0);
	pipes[1] = dup(pipes[0]);
}
END_TEST

START_TEST(with_a_message_that_is_too_long)
{
	const unsigned int before = open_descriptors();
	size_t count = MOST;
	int fds[MOST];

	send_raw(5, 9);
	ck_assert_int_eq(receive(fds, &count), -EMSGSIZE);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

START_TEST(no_room_in_the_process)
{
	const unsigned int before = open_descriptors();
	struct rlimit limit, low;
	size_t count = MOST;
	int fds[MOST], highest = pipes[1];

	send_raw(5, 3);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)highest + 3; /* room for two */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	ck_assert_int_eq(receive(fds, &count), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("channel_descriptors");
	TCase *cases = tcase_create("channel_descriptors");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, as_many_as_are_permitted, 0, 4);
	tcase_add_test(cases, a_message_without_descriptors);
	tcase_add_test(cases, more_cannot_be_sent);
	tcase_add_loop_test(cases, more_than_permitted, 0, 7);
	tcase_add_test(cases, unseen_ones_are_dropped);
	tcase_add_test(cases, with_a_message_that_is_too_long);
	tcase_add_test(cases, no_room_in_the_process);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
