/* SPDX-License-Identifier: MIT */
/* Files that a broker makes or changes, and FIFOs. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_support.h"
#include "test_support.h"

/* ---- Writing and making ---- */

static mode_t mode_of(const char *path)
{
	struct stat status;

	expect(stat(path, &status) == 0);
	return status.st_mode & 07777;
}

static bool makes(const char *path, mode_t mode)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, mode);

	return is_file(fd, path);
}

static void target_makes(void)
{
	char text[8];
	int fd = open("allowed/new", O_RDWR | O_CREAT, 0640);

	expect(fd >= 0 && write(fd, "text", 4) == 4 && pread(fd, text, 4, 0) == 4);
	expect(is_file(fd, "allowed/new"));
	expect(mode_of("allowed/new") == (0640 & ~umask(027)));
	expect(makes("allowed/masked", 0777) && mode_of("allowed/masked") == 0750);
	(void)umask(0);
	expect(makes("allowed/open", 04777) && mode_of("allowed/open") == 04777);
	expect(is_file(open("allowed/file", O_WRONLY | O_TRUNC), "allowed/file"));
	expect(is_file(creat("allowed/made", 0600), "allowed/made"));
	expect(is_file(open("allowed/dangling", O_CREAT | O_WRONLY, 0600), "allowed/sub/made"));
	fd = open("allowed/sub", O_TMPFILE | O_RDWR, 0606);
	expect(fd >= 0 && write(fd, "text", 4) == 4 && close(fd) == 0);
	expect(open_error("secret/new", O_WRONLY | O_CREAT) == EACCES);
	expect(open_error("allowed/outside/new", O_WRONLY | O_CREAT) == EACCES);
	expect(open_error("allowed/dangling-out", O_WRONLY | O_CREAT) == EACCES);
	expect(open_error("secret", O_RDWR | O_TMPFILE) == EACCES);
	expect(open_error("secret/file", O_WRONLY | O_TRUNC) == EACCES);
	expect(access("secret/new", F_OK) < 0);
}

START_TEST(files_are_made_where_that_is_permitted)
{
	ck_assert_int_eq(symlink("sub/made", "allowed/dangling"), 0);
	ck_assert_int_eq(symlink("../secret/new", "allowed/dangling-out"), 0);
	check_under_broker(may_all, target_makes);
}
END_TEST

static void may_create(struct stile_broker *broker)
{
	allow(broker, "allowed", STILE_BROKER_CREATE);
}

static void may_write(struct stile_broker *broker)
{
	allow(broker, "allowed", STILE_BROKER_WRITE);
}

static void target_creates_only(void)
{
	expect(is_file(open("allowed/new", O_WRONLY | O_CREAT, 0600), "allowed/new"));
	expect(open_error("allowed/new", O_WRONLY | O_CREAT) == EACCES);
	expect(open_error("allowed/file", O_WRONLY | O_CREAT | O_TRUNC) == EACCES);
	expect(open_error("allowed/file", O_RDONLY) == EACCES);
}

static void target_writes_only(void)
{
	expect(is_file(open("allowed/file", O_WRONLY | O_CREAT, 0600), "allowed/file"));
	expect(open_error("allowed/other", O_WRONLY | O_CREAT) == EACCES);
	expect(open_error("allowed/file", O_RDWR) == EACCES);
}

START_TEST(each_access_is_by_itself)
{
	check_under_broker(may_create, target_creates_only);
	check_under_broker(may_write, target_writes_only);
}
END_TEST

/* As the kernel has it in /tmp: others' files are not for those who would make them. */
static void target_is_in_sticky_folder(void)
{
	expect(open_error("allowed/sub/deep", O_RDWR | O_CREAT) == EACCES);
	expect(open_error("allowed/sub/deep", O_RDWR) == 0);
	expect(open_error("allowed/sub/link", O_RDWR) == EACCES);
}

START_TEST(sticky_folders_are_kept)
{
	if (getuid() != 0) {
		(void)puts("skip: only root can give files away");
		return;
	}
	ck_assert_int_eq(symlink("deep", "allowed/sub/link"), 0);
	ck_assert_int_eq(chown("allowed/sub", 3, 3), 0);
	ck_assert_int_eq(chmod("allowed/sub", 01777), 0);
	ck_assert_int_eq(chown("allowed/sub/deep", 4, 4), 0);
	ck_assert_int_eq(lchown("allowed/sub/link", 4, 4), 0);
	check_under_broker(may_all, target_is_in_sticky_folder);
}
END_TEST

static void flag_of(const char *path, int flags, int wanted)
{
	int fd = open(path, flags, 0600);

	expect(fd >= 0 && fcntl(fd, F_GETFD) == wanted && close(fd) == 0);
}

static void target_has_flags(void)
{
	int fd;

	flag_of("allowed/file", O_RDONLY, 0);
	flag_of("allowed/file", O_RDONLY | O_CLOEXEC, FD_CLOEXEC);
	flag_of("allowed/a", O_WRONLY | O_CREAT, 0);
	flag_of("allowed/b", O_WRONLY | O_CREAT | O_CLOEXEC, FD_CLOEXEC);
	fd = open("allowed/file", O_WRONLY | O_APPEND | O_NONBLOCK);
	expect((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK)) ==
	       (O_WRONLY | O_APPEND | O_NONBLOCK));
}

START_TEST(flags_are_those_that_were_asked_for)
{
	check_under_broker(may_all, target_has_flags);
}
END_TEST

/* ---- Signals ---- */

#define EXCLUSIVE_FILES 1000

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

/* A timer interrupts as often as it can; what fails with EEXIST was made twice. */
static void target_is_stormed(void)
{
	const struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	const struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	char path[64];

	(void)umask(077);
	expect(sigaction(SIGALRM, &action, NULL) == 0);
	expect(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; i < EXCLUSIVE_FILES; i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "allowed/exclusive-%d", i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		expect(fd >= 0 && close(fd) == 0);
	}
	expect(setitimer(ITIMER_REAL, &never, NULL) == 0);
	expect(signals > 0);
}

START_TEST(signals_make_nothing_twice)
{
	check_under_broker(may_all, target_is_stormed);
}
END_TEST

/* ---- FIFOs ---- */

/* The supervisor closes its copy of a descriptor a moment after the target has it. */
static void wait_until_no_reader(void)
{
	int error;

	do {
		error = open_error("allowed/fifo", O_WRONLY | O_NONBLOCK);
		expect(error == 0 || error == ENXIO);
	} while (error != ENXIO);
}

static void *open_writer(void *data)
{
	int fd = open("allowed/fifo", O_WRONLY);

	(void)data;
	expect(fd >= 0 && write(fd, "text", 4) == 4 && close(fd) == 0);
	return NULL;
}

static int silent_pipe[2];

/* Writes nothing until the reader has it open. */
static void *open_silent_writer(void *data)
{
	int fd = open("allowed/fifo", O_WRONLY);
	char byte;

	(void)data;
	expect(fd >= 0 && read(silent_pipe[0], &byte, 1) == 1 && close(fd) == 0);
	return NULL;
}

static void target_has_silent_writer(void)
{
	pthread_t thread;
	char byte;
	int fd;

	expect(pipe(silent_pipe) == 0);
	expect(pthread_create(&thread, NULL, open_silent_writer, NULL) == 0);
	fd = open("allowed/fifo", O_RDONLY);
	expect(fd >= 0 && write(silent_pipe[1], "x", 1) == 1);
	expect(read(fd, &byte, 1) == 0);
	expect(pthread_join(thread, NULL) == 0);
}

START_TEST(a_writer_need_not_write)
{
	ck_assert_int_eq(mkfifo("allowed/fifo", 0600), 0);
	check_under_broker(may_all, target_has_silent_writer);
}
END_TEST

/* Each end waits for the other, and other files are opened meanwhile. */
static void target_has_fifo(void)
{
	pthread_t thread;
	char text[8];
	int fd;

	expect(pthread_create(&thread, NULL, open_writer, NULL) == 0);
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
	fd = open("allowed/fifo", O_RDONLY);
	expect(fd >= 0 && read(fd, text, sizeof(text)) == 4 && read(fd, text, sizeof(text)) == 0);
	expect((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
	expect(pthread_join(thread, NULL) == 0 && close(fd) == 0);
	wait_until_no_reader();
	expect(open_error("allowed/fifo", O_RDONLY | O_NONBLOCK) == 0);
	expect(open_error("allowed/fifo", O_RDWR) == 0);
}

START_TEST(fifos_wait_for_their_other_end)
{
	ck_assert_int_eq(mkfifo("allowed/fifo", 0600), 0);
	check_under_broker(may_all, target_has_fifo);
}
END_TEST

/* Fewer than half the threads of a supervisor: more would hold up the program that they are of. */
#define WAITING 16

/* Others are answered while some wait, and whoever is killed while it waits is gone. */
static void target_is_killed_at_fifo(void)
{
	/* Who does not go takes threads from those that come later. */
	static const int flags[] = { O_RDONLY, O_WRONLY, O_WRONLY, O_WRONLY, O_RDONLY, O_RDONLY };
	pid_t children[6 * WAITING];

	for (int i = 0; i < 6 * WAITING; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			(void)open("allowed/fifo", flags[i / WAITING]);
			_exit(0);
		}
		expect(children[i] > 0);
		/* No end may meet another: the first half has died before the second comes. */
		if (i % WAITING < WAITING - 1)
			continue;
		for (int j = 0; j < 100; j++)
			expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
		for (int j = i + 1 - WAITING; j <= i; j++) {
			int status;

			expect(kill(children[j], SIGKILL) == 0);
			expect(waitpid(children[j], &status, 0) == children[j]);
			expect(WIFSIGNALED(status));
		}
		wait_until_no_reader();
	}
}

START_TEST(who_waits_for_a_fifo_can_be_killed)
{
	ck_assert_int_eq(mkfifo("allowed/fifo", 0600), 0);
	check_under_broker(may_all, target_is_killed_at_fifo);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker, create");
	TCase *tcase = tcase_create("files");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, files_are_made_where_that_is_permitted);
	tcase_add_test(tcase, each_access_is_by_itself);
	tcase_add_test(tcase, sticky_folders_are_kept);
	tcase_add_test(tcase, flags_are_those_that_were_asked_for);
	tcase_add_test(tcase, signals_make_nothing_twice);
	tcase_add_test(tcase, fifos_wait_for_their_other_end);
	tcase_add_test(tcase, a_writer_need_not_write);
	tcase_add_test(tcase, who_waits_for_a_fifo_can_be_killed);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
