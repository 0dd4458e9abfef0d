/* SPDX-License-Identifier: MIT */
/*
 * Paths that change while they are judged. Each race is tried a number of times; that it can be won
 * at all is shown with a handler that looks at a path and then lets the call go on.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "broker_support.h"
#include "test_support.h"

#define TRIES 20000
#define TRIES_OF_HANDLER 1000000

#define ALLOWED "allowed/file"
#define SECRET "secret//file" /* as long */

static atomic_bool is_over;
static volatile char path[PATH_MAX] = ALLOWED;
static ino_t secret;

/* From here on the path is one or the other, or some of both. */
static void *rewrite(void *data)
{
	static const char both[2][sizeof(ALLOWED)] = { ALLOWED, SECRET };

	(void)data;
	for (unsigned int i = 0; !is_over; i++)
		for (size_t j = 0; j < sizeof(ALLOWED); j++)
			path[j] = both[i % 2][j];
	return NULL;
}

static pthread_t begin(void *(*change)(void *data), void *data)
{
	pthread_t thread;

	secret = inode_of("secret/file");
	expect(pthread_create(&thread, NULL, change, data) == 0);
	return thread;
}

static void end(pthread_t thread)
{
	is_over = true;
	expect(pthread_join(thread, NULL) == 0);
}

/* Whether a descriptor, which is closed, is of the secret file. */
static bool is_secret(int fd)
{
	struct stat status;

	if (fd < 0)
		return false;
	expect(fstat(fd, &status) == 0 && close(fd) == 0);
	return status.st_ino == secret;
}

/* ---- The path ---- */

static void target_rewrites_path(void)
{
	unsigned int opened = 0, refused = 0;
	pthread_t thread = begin(rewrite, NULL);

	for (int i = 0; i < TRIES; i++) {
		int fd = open((const char *)path, O_RDONLY);

		opened += fd >= 0;
		refused += fd < 0 && errno == EACCES;
		expect(!is_secret(fd));
	}
	end(thread);
	expect(opened > 0 && refused > 0);
}

START_TEST(a_path_is_judged_and_opened_as_one)
{
	check_under_broker(may_read, target_rewrites_path);
}
END_TEST

/* What must not be done: it looks, and lets the kernel look again. */
static struct stile_answer look_and_allow(struct stile_call *call, void *data)
{
	char copy[PATH_MAX] = "";
	const struct iovec local = { .iov_base = copy, .iov_len = sizeof(ALLOWED) };
	const struct iovec remote = { .iov_base = (void *)(uintptr_t)stile_call_argument(call, 1),
				      .iov_len = sizeof(ALLOWED) };

	(void)data;
	if (process_vm_readv(stile_call_thread(call), &local, 1, &remote, 1, 0) < 0)
		return stile_answer_fail(EFAULT);
	return strncmp(copy, "allowed/", 8) == 0 ? stile_answer_allow() : stile_answer_fail(EACCES);
}

static void target_wins(void)
{
	pthread_t thread = begin(rewrite, NULL);
	bool has_won = false;

	for (int i = 0; !has_won && i < TRIES_OF_HANDLER; i++)
		has_won = is_secret(open((const char *)path, O_RDONLY));
	end(thread);
	expect(has_won);
}

START_TEST(a_handler_that_lets_go_on_loses)
{
	check_under_handler(look_and_allow, target_wins);
}
END_TEST

/* ---- Files ---- */

/* A process without a broker: what it does is not to be foreseen. */
static void swap_links(void)
{
	for (;;) {
		(void)!symlink("../allowed/file", "allowed/link");
		(void)unlink("allowed/link");
		(void)!symlink("../secret/file", "allowed/link");
		(void)unlink("allowed/link");
		(void)!link("allowed/file", "allowed/link");
		(void)unlink("allowed/link");
		(void)!symlink("../secret", "allowed/folder");
		(void)unlink("allowed/folder");
		(void)mkdir("allowed/folder", 0755);
		(void)!link("allowed/file", "allowed/folder/file");
		(void)unlink("allowed/folder/file");
		(void)rmdir("allowed/folder");
	}
}

static void exchange_folders(void)
{
	for (;;)
		(void)renameat2(AT_FDCWD, "allowed", AT_FDCWD, "secret", RENAME_EXCHANGE);
}

/* It lives as long as the supervisor. */
static void start_helper(void (*act)(void))
{
	const pid_t parent = getpid(), helper = fork();

	expect(helper >= 0);
	if (helper == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			act();
		_exit(0);
	}
}

static void read_while_links_change(struct stile_broker *broker)
{
	may_all(broker);
	start_helper(swap_links);
}

/* The secret file is neither opened nor emptied, and nothing is made beside it. */
static void target_meets_links(void)
{
	static const char *const paths[] = { "allowed/link", "allowed/folder/file",
					     "allowed/folder/new" };
	unsigned int opened = 0, refused = 0;

	secret = inode_of("secret/file");
	for (int i = 0; i < TRIES; i++) {
		int fd = open(paths[i % 3], O_RDONLY);

		opened += fd >= 0;
		refused += fd < 0 && errno == EACCES;
		expect(!is_secret(fd));
		expect(!is_secret(open(paths[i % 3], O_RDWR | O_TRUNC | O_CREAT, 0600)));
	}
	expect(opened > 0 && refused > 0);
}

START_TEST(links_and_folders_change_under_way)
{
	struct stat status;

	check_under_broker(read_while_links_change, target_meets_links);
	ck_assert_int_eq(access("secret/new", F_OK), -1);
	ck_assert_int_eq(stat("secret/file", &status), 0);
	ck_assert_int_eq(status.st_size, 7);
}
END_TEST

static void read_while_folders_change(struct stile_broker *broker)
{
	may_read(broker);
	secret = inode_of("secret/file");
	start_helper(exchange_folders);
}

static void target_meets_exchanged_folders(void)
{
	static const char *const paths[] = { "allowed/file", "secret/file",
					     "allowed/sub/../../secret/file" };
	unsigned int opened = 0, refused = 0;

	for (int i = 0; i < TRIES; i++) {
		int fd = open(paths[i % 3], O_RDONLY);

		opened += fd >= 0;
		refused += fd < 0 && errno == EACCES;
		expect(!is_secret(fd));
	}
	expect(opened > 0 && refused > 0);
}

START_TEST(folders_are_exchanged_under_way)
{
	check_under_broker(read_while_folders_change, target_meets_exchanged_folders);
}
END_TEST

/* ---- Flags in memory ---- */

static void *rewrite_how(void *data)
{
	volatile struct open_how *how = data;

	while (!is_over) {
		how->flags = O_WRONLY | O_TRUNC;
		how->flags = O_RDONLY;
	}
	return NULL;
}

static void target_rewrites_how(void)
{
	struct open_how how = { .flags = O_RDONLY };
	unsigned int opened = 0, refused = 0;
	pthread_t thread = begin(rewrite_how, &how);

	for (int i = 0; i < TRIES; i++) {
		int fd = (int)syscall(SYS_openat2, AT_FDCWD, "allowed/file", &how, sizeof(how));

		opened += fd >= 0;
		refused += fd < 0 && errno == EACCES;
		if (fd >= 0)
			expect((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY && close(fd) == 0);
	}
	end(thread);
	expect(opened > 0 && refused > 0);
}

START_TEST(flags_are_judged_and_used_as_one)
{
	struct stat status;

	check_under_broker(may_read, target_rewrites_how);
	ck_assert_int_eq(stat("allowed/file", &status), 0);
	ck_assert_int_eq(status.st_size, 8);
}
END_TEST

/* ---- Memory that comes and goes ---- */

static void *remap(void *data)
{
	char *page = data;

	while (!is_over) {
		expect(munmap(page + 4096, 4096) == 0);
		expect(mmap(page + 4096, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page + 4096);
	}
	return NULL;
}

/* A path that goes over the border of two pages, of which one is not always there. */
static void target_remaps(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *name = page + 4096 - 8; /* "allowed/" and then an empty page: the folder */
	unsigned int opened = 0, failed = 0;
	pthread_t thread;

	expect(page != MAP_FAILED);
	memcpy(name, "allowed/", 8);
	thread = begin(remap, page);
	for (int i = 0; i < TRIES; i++) {
		int fd = open(name, O_RDONLY);

		opened += fd >= 0;
		failed += fd < 0 && errno == EFAULT;
		expect(fd < 0 || close(fd) == 0);
	}
	end(thread);
	expect(opened > 0 && failed > 0 && opened + failed == TRIES);
}

START_TEST(memory_is_unmapped_under_way)
{
	check_under_broker(may_read, target_remaps);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker, races");
	TCase *tcase = tcase_create("races");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, a_path_is_judged_and_opened_as_one);
	tcase_add_test(tcase, a_handler_that_lets_go_on_loses);
	tcase_add_test(tcase, links_and_folders_change_under_way);
	tcase_add_test(tcase, folders_are_exchanged_under_way);
	tcase_add_test(tcase, flags_are_judged_and_used_as_one);
	tcase_add_test(tcase, memory_is_unmapped_under_way);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
