/* SPDX-License-Identifier: MIT */
/* One descriptor over a socket, and whatever else a hostile sender sends. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notify_support.h"
#include "test_support.h"

#define MANY 253 /* the kernel's SCM_MAX_FD */

static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
#define TYPES (sizeof(types) / sizeof(types[0]))

static int ours, theirs;

static void make_sockets(int type)
{
	int sockets[2];

	ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sockets), 0);
	ours = sockets[0];
	theirs = sockets[1];
}

/* size bytes with count descriptors, all of them standard output. */
static void send_other(size_t size, unsigned int count)
{
	static char bytes[64];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(MANY * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count) {
		struct cmsghdr *header;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		for (unsigned int i = 0; i < count; i++)
			memcpy(CMSG_DATA(header) + i * sizeof(int), &(const int){ 1 }, sizeof(int));
	}
	ck_assert_int_eq(sendmsg(theirs, &message, 0), (int)size);
}

START_TEST(one_descriptor_comes_through)
{
	struct stat sent, received;
	int pipes[2], fd;

	make_sockets(types[_i]);
	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	ck_assert_int_eq(stile_send_descriptor(theirs, pipes[0]), 0);
	ck_assert_int_eq(stile_send_descriptor(theirs, pipes[1]), 0);
	for (unsigned int i = 0; i < 2; i++) {
		fd = stile_receive_descriptor(ours);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, i ? O_WRONLY : O_RDONLY);
		ck_assert_int_eq(fstat(pipes[i], &sent), 0);
		ck_assert_int_eq(fstat(fd, &received), 0);
		ck_assert_uint_eq(sent.st_ino, received.st_ino);
		(void)close(fd);
	}
}
END_TEST

START_TEST(credentials_beside_it_do_no_harm)
{
	unsigned int before;
	int fd;

	make_sockets(types[_i]);
	ck_assert_int_eq(setsockopt(ours, SOL_SOCKET, SO_PASSCRED, &(const int){ 1 }, sizeof(int)),
			 0);
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
	/* each message brings a pidfd, too (Linux 6.5) */
	(void)setsockopt(ours, SOL_SOCKET, SO_PASSPIDFD, &(const int){ 1 }, sizeof(int));
	before = count_descriptors();
	ck_assert_int_eq(stile_send_descriptor(theirs, 1), 0);
	fd = stile_receive_descriptor(ours);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(count_descriptors(), before + 1);
	(void)close(fd);
	send_other(1, 0);
	ck_assert_int_eq(stile_receive_descriptor(ours), -EPROTO);
	ck_assert_uint_eq(count_descriptors(), before);
}
END_TEST

START_TEST(nothing_else_is_accepted_or_stays_open)
{
	static const unsigned int counts[] = { 0, 2, 3, 64, 249, MANY };
	unsigned int before;

	make_sockets(types[_i]);
	before = count_descriptors();
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		send_other(1, counts[i]);
		ck_assert_int_eq(stile_receive_descriptor(ours), -EPROTO);
		ck_assert_uint_eq(count_descriptors(), before);
	}
	/* the right descriptor still comes after all that */
	ck_assert_int_eq(stile_send_descriptor(theirs, 1), 0);
	ck_assert_int_ge(stile_receive_descriptor(ours), 0);
}
END_TEST

START_TEST(longer_messages_are_not_accepted)
{
	unsigned int before;

	make_sockets(types[_i]);
	before = count_descriptors();
	send_other(2, 1);
	if (types[_i] == SOCK_STREAM) { /* the second byte is the next message */
		int fd = stile_receive_descriptor(ours);

		ck_assert_int_ge(fd, 0);
		(void)close(fd);
	}
	ck_assert_int_eq(stile_receive_descriptor(ours), -EPROTO);
	ck_assert_uint_eq(count_descriptors(), before);
}
END_TEST

/* A message of no bytes looks like the end, but for the descriptor. */
START_TEST(a_descriptor_without_a_byte_does_not_stay_open)
{
	unsigned int before;

	make_sockets(SOCK_SEQPACKET);
	before = count_descriptors();
	send_other(0, 1);
	ck_assert_int_eq(stile_receive_descriptor(ours), -EPROTO);
	ck_assert_uint_eq(count_descriptors(), before);
}
END_TEST

START_TEST(the_end_and_errors_are_told)
{
	int pipes[2];

	make_sockets(SOCK_STREAM);
	ck_assert_int_eq(stile_send_descriptor(theirs, -1), -EBADF);
	ck_assert_int_eq(stile_send_descriptor(-1, 1), -EBADF);
	ck_assert_int_eq(stile_receive_descriptor(-1), -EBADF);
	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	ck_assert_int_eq(stile_send_descriptor(pipes[1], 1), -ENOTSOCK);
	ck_assert_int_eq(stile_receive_descriptor(pipes[0]), -ENOTSOCK);
	(void)close(theirs);
	ck_assert_int_eq(stile_receive_descriptor(ours), -ENODATA);
	/* without a SIGPIPE */
	ck_assert_int_eq(stile_send_descriptor(ours, 1), -EPIPE);
	make_sockets(SOCK_STREAM | SOCK_NONBLOCK);
	ck_assert_int_eq(stile_receive_descriptor(ours), -EAGAIN);
}
END_TEST

START_TEST(a_receiver_without_room_says_so)
{
	struct rlimit limit;
	int fd, last = -1;

	make_sockets(SOCK_STREAM);
	ck_assert_int_eq(stile_send_descriptor(theirs, 1), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fd = dup(1)) >= 0)
		last = fd;
	ck_assert_int_eq(stile_receive_descriptor(ours), -EMFILE);
	ck_assert_int_eq(close(last), 0);
	ck_assert_int_eq(stile_send_descriptor(theirs, 1), 0);
	ck_assert_int_eq(stile_receive_descriptor(ours), last);
	/* room for some of them */
	ck_assert_int_eq(close(last), 0);
	send_other(1, 3);
	ck_assert_int_eq(stile_receive_descriptor(ours), -EPROTO);
	ck_assert_int_eq(dup(1), last);
	ck_assert_int_eq(close(last), 0); /* what runs at the end of the test needs one */
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("live_descriptor_passing");
	TCase *tcase = tcase_create("passing");

	tcase_add_loop_test(tcase, one_descriptor_comes_through, 0, TYPES);
	tcase_add_loop_test(tcase, credentials_beside_it_do_no_harm, 0, TYPES);
	tcase_add_loop_test(tcase, nothing_else_is_accepted_or_stays_open, 0, TYPES);
	tcase_add_loop_test(tcase, longer_messages_are_not_accepted, 0, TYPES);
	tcase_add_test(tcase, a_descriptor_without_a_byte_does_not_stay_open);
	tcase_add_test(tcase, the_end_and_errors_are_told);
	tcase_add_test(tcase, a_receiver_without_room_says_so);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
