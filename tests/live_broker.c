/* SPDX-License-Identifier: MIT */
/* Files that a broker opens, and files that it does not. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker_support.h"
#include "test_support.h"

/* ---- Reading ---- */

static void target_reads(void)
{
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
	expect(is_file(open("allowed/sub/deep", O_RDONLY), "allowed/sub/deep"));
	expect(is_file(open("allowed", O_RDONLY | O_DIRECTORY), "allowed"));
	expect(is_file(open("allowed/sub/..", O_RDONLY), "allowed"));
	expect(is_file(open("allowed/file", O_PATH), "allowed/file"));
	expect(is_file(open("allowed/in", O_RDONLY), "allowed/file"));
	expect(is_file(open("secret/../allowed//./sub/deep", O_RDONLY), "allowed/sub/deep"));
	expect(open_error("allowed/out", O_RDONLY) == EACCES);
	expect(open_error("allowed/outside/file", O_RDONLY) == EACCES);
	expect(open_error("allowed/../secret/file", O_RDONLY) == EACCES);
	expect(open_error("secret/file", O_RDONLY) == EACCES);
	expect(open_error("secret/file", O_PATH) == EACCES);
	expect(open_error("secret", O_RDONLY) == EACCES);
	expect(open_error("secret/none", O_RDONLY) == EACCES);
	expect(open_error("/", O_RDONLY) == EACCES);
	expect(open_error(".", O_RDONLY) == EACCES);
	expect(open_error("..", O_RDONLY) == EACCES);
	expect(open_error("allowed/none", O_RDONLY) == ENOENT);
	expect(open_error("allowed/file", O_WRONLY) == EACCES);
	expect(open_error("allowed/file", O_RDWR) == EACCES);
	expect(open_error("allowed/file", O_RDONLY | O_TRUNC) == EACCES);
	expect(open_error("allowed/file", O_ACCMODE) == EACCES);
	expect(open_error("allowed/new", O_WRONLY | O_CREAT) == EACCES);
	expect(open_error("allowed/sub", O_RDWR | O_TMPFILE) == EACCES);
	expect(access("allowed/new", F_OK) < 0);
}

START_TEST(reading_is_permitted_beneath_a_folder)
{
	check_under_broker(may_read, target_reads);
}
END_TEST

static void may_read_all(struct stile_broker *broker)
{
	allow(broker, "/", STILE_BROKER_READ);
}

/* The errors are the kernel's: each of these was compared with a call without a broker. */
static void target_errs(void)
{
	expect(open_error("", O_RDONLY) == ENOENT);
	expect(open_error("none/file", O_RDONLY) == ENOENT);
	expect(open_error("allowed/file/x", O_RDONLY) == ENOTDIR);
	expect(open_error("allowed/file/", O_RDONLY) == ENOTDIR);
	expect(open_error("allowed/file", O_RDONLY | O_DIRECTORY) == ENOTDIR);
	expect(open_error("allowed/in", O_RDONLY | O_NOFOLLOW) == ELOOP);
	expect(open_error("allowed/in/", O_RDONLY | O_NOFOLLOW) == ENOTDIR);
	expect(open_error("allowed/outside/", O_RDONLY | O_NOFOLLOW) == 0);
	expect(open_error("allowed/loop", O_RDONLY) == ELOOP);
	expect(open_error("allowed/loop/x", O_RDONLY) == ELOOP);
	expect(open_error("allowed/file", O_RDONLY | O_CREAT | O_EXCL) == EEXIST);
	expect(open_error("allowed/in", O_RDONLY | O_CREAT | O_EXCL) == EEXIST);
	expect(open_error("allowed/sub", O_RDONLY | O_CREAT) == EISDIR);
	expect(open_error("allowed/new/", O_RDONLY | O_CREAT) == EISDIR);
	expect(open_error("allowed", O_RDONLY | O_TMPFILE) == EINVAL);
	expect(open_error(NULL, O_RDONLY) == EFAULT);
	expect(open_error((const char *)1, O_RDONLY) == EFAULT);
	expect(openat(1000, "file", O_RDONLY) < 0 && errno == EBADF);
	expect(openat(-1, "file", O_RDONLY) < 0 && errno == EBADF);
	expect(is_file(openat(1000, "/dev/null", O_RDONLY), "/dev/null"));
}

START_TEST(errors_are_those_of_the_kernel)
{
	ck_assert_int_eq(symlink("loop", "allowed/loop"), 0);
	check_child(target_errs);
	check_under_broker(may_read_all, target_errs);
}
END_TEST

/* Links that lead through 40 others are followed, through 41 they are not. */
static void target_follows_chain(void)
{
	expect(is_file(open("allowed/chain39", O_RDONLY), "allowed/file"));
	expect(open_error("allowed/chain40", O_RDONLY) == ELOOP);
}

START_TEST(links_are_followed_forty_times)
{
	char name[32], text[32] = "file";

	for (int i = 0; i <= 40; i++) {
		(void)snprintf(name, sizeof(name), "allowed/chain%d", i);
		ck_assert_int_eq(symlink(text, name), 0);
		(void)snprintf(text, sizeof(text), "chain%d", i);
	}
	check_child(target_follows_chain);
	check_under_broker(may_read, target_follows_chain);
}
END_TEST

static void make_long_path(char *path, size_t length)
{
	/* "allowed/////...///file" */
	memset(path, '/', length);
	memcpy(path, "allowed", 7);
	memcpy(path + length - 4, "file", 5);
}

static void target_has_long_paths(void)
{
	char path[5001];

	make_long_path(path, 4095);
	expect(is_file(open(path, O_RDONLY), "allowed/file"));
	make_long_path(path, 4096);
	expect(open_error(path, O_RDONLY) == ENAMETOOLONG);
	make_long_path(path, 5000);
	expect(open_error(path, O_RDONLY) == ENAMETOOLONG);
	memset(path, 'x', 300);
	memcpy(path, "allowed/", 8);
	path[300] = '\0';
	expect(open_error(path, O_RDONLY) == ENAMETOOLONG);
	path[8 + 255] = '\0';
	expect(open_error(path, O_RDONLY) == ENOENT);
}

START_TEST(paths_have_the_length_of_the_kernel)
{
	check_child(target_has_long_paths);
	check_under_broker(may_read, target_has_long_paths);
}
END_TEST

static void target_starts_elsewhere(void)
{
	int sub = open("allowed/sub", O_PATH), file = open("allowed/file", O_RDONLY);

	expect(is_file(openat(sub, "deep", O_RDONLY), "allowed/sub/deep"));
	expect(is_file(openat(sub, "../file", O_RDONLY), "allowed/file"));
	expect(openat(sub, "../../secret/file", O_RDONLY) < 0 && errno == EACCES);
	expect(openat(file, "x", O_RDONLY) < 0 && errno == ENOTDIR);
	expect(chdir("secret") == 0);
	expect(is_file(open("../allowed/file", O_RDONLY), "../allowed/file"));
	expect(open_error("file", O_RDONLY) == EACCES);
	expect(chdir("../allowed") == 0);
	expect(is_file(open("file", O_RDONLY), "file"));
	expect(is_file(open(".", O_RDONLY), "."));
	expect(open_error("..", O_RDONLY) == EACCES);
}

START_TEST(paths_start_where_the_target_is)
{
	check_under_broker(may_read, target_starts_elsewhere);
}
END_TEST

/* ---- One file ---- */

static void may_read_files(struct stile_broker *broker)
{
	allow(broker, "allowed/file", STILE_BROKER_READ);
	allow(broker, "allowed/out", STILE_BROKER_READ); /* what it leads to */
}

/* It is the file in its folder: not another of its name, nor a link to it elsewhere. */
static void target_reads_files(void)
{
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
	expect(is_file(open("allowed/in", O_RDONLY), "allowed/file"));
	expect(is_file(open("secret/file", O_RDONLY), "secret/file"));
	expect(open_error("allowed/sub/deep", O_RDONLY) == EACCES);
	expect(open_error("allowed", O_RDONLY) == EACCES);
	expect(open_error("allowed/none", O_RDONLY) == EACCES);
	expect(link("allowed/file", "allowed/sub/link") == 0);
	expect(open_error("allowed/sub/link", O_RDONLY) == EACCES);
	expect(rename("allowed/file", "allowed/renamed") == 0);
	expect(is_file(open("allowed/renamed", O_RDONLY), "allowed/renamed"));
	expect(rename("allowed/sub/deep", "allowed/file") == 0);
	expect(open_error("allowed/file", O_RDONLY) == EACCES);
}

START_TEST(a_file_is_that_file_in_its_folder)
{
	check_under_broker(may_read_files, target_reads_files);
}
END_TEST

/* A name in a folder is in that folder, also if it is a link to a file that is elsewhere, too. */
static void target_reads_hard_link(void)
{
	expect(is_file(open("allowed/hard", O_RDONLY), "secret/file"));
	expect(open_error("secret/file", O_RDONLY) == EACCES);
}

START_TEST(hard_links_are_where_their_names_are)
{
	ck_assert_int_eq(link("secret/file", "allowed/hard"), 0);
	check_under_broker(may_read, target_reads_hard_link);
}
END_TEST

static void target_meets_new_folders(void)
{
	expect(rename("allowed", "moved") == 0);
	expect(rename("secret", "allowed") == 0);
	expect(open_error("allowed/file", O_RDONLY) == EACCES);
	expect(is_file(open("moved/file", O_RDONLY), "moved/file"));
}

START_TEST(a_rule_is_for_the_folder_not_for_its_name)
{
	check_under_broker(may_read, target_meets_new_folders);
}
END_TEST

/* ---- Magic links, and the supervisor ---- */

static void target_looks_at_processes(void)
{
	char path[64];

	expect(is_file(open("/etc/passwd", O_RDONLY), "/etc/passwd"));
	expect(is_file(open("/proc/version", O_RDONLY), "/proc/version"));
	expect(is_file(open("/proc/sys/kernel/ostype", O_RDONLY), "/proc/sys/kernel/ostype"));
	expect(is_file(open("/proc", O_RDONLY), "/proc"));
	expect(open_error("/proc/self/status", O_RDONLY) == ELOOP);
	expect(open_error("/proc/thread-self/status", O_RDONLY) == ELOOP);
	expect(open_error("/proc/self", O_RDONLY) == ELOOP);
	expect(open_error("/proc/mounts", O_RDONLY) == ELOOP);
	expect(open_error("/dev/fd/0", O_RDONLY) == ELOOP);
	expect(open_error("/dev/stdin", O_RDONLY) == ELOOP);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/0", getpid());
	expect(open_error(path, O_RDONLY) == ELOOP);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
	expect(open_error(path, O_RDONLY) == EACCES);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/mem", getppid(), getppid());
	expect(open_error(path, O_RDONLY) == EACCES);
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", getppid());
	expect(open_error(path, O_RDONLY) == EACCES);
	(void)snprintf(path, sizeof(path), "/proc/%d", getppid());
	expect(open_error(path, O_RDONLY) == EACCES);
	(void)snprintf(path, sizeof(path), "/proc/%d/root/etc/passwd", getppid());
	expect(open_error(path, O_RDONLY) == ELOOP);
}

START_TEST(nothing_of_processes_is_opened)
{
	check_under_broker(may_read_all, target_looks_at_processes);
}
END_TEST

/* ---- openat2 ---- */

static int how_error(const char *path, const struct open_how *how, size_t size)
{
	long fd = syscall(SYS_openat2, AT_FDCWD, path, how, size);

	if (fd < 0)
		return errno;
	(void)close((int)fd);
	return 0;
}

static int how_resolves(const char *path, uint64_t resolve)
{
	const struct open_how how = { .flags = O_RDONLY, .resolve = resolve };

	return how_error(path, &how, sizeof(how));
}

static void target_has_open_how(void)
{
	struct {
		struct open_how how;
		char more[4096];
	} large = { .how.flags = O_RDONLY };
	struct open_how how = { .flags = O_RDONLY };

	expect(how_error("allowed/file", &how, sizeof(how)) == 0);
	expect(how_error("allowed/file", &how, sizeof(how) - 1) == EINVAL);
	expect(how_error("allowed/file", &how, 0) == EINVAL);
	expect(how_error("allowed/file", &large.how, 4096) == 0);
	expect(how_error("allowed/file", &large.how, 4097) == E2BIG);
	large.more[7] = 1;
	expect(how_error("allowed/file", &large.how, sizeof(how) + 7) == 0);
	expect(how_error("allowed/file", &large.how, sizeof(how) + 8) == E2BIG);
	expect(how_error("allowed/file", NULL, sizeof(how)) == EFAULT);
	how.flags = 1ull << 40;
	expect(how_error("allowed/file", &how, sizeof(how)) == EINVAL);
	how.flags = O_RDONLY;
	how.mode = 0644;
	expect(how_error("allowed/file", &how, sizeof(how)) == EINVAL);
	how.mode = 0;
	how.flags = O_PATH | O_WRONLY;
	expect(how_error("allowed/file", &how, sizeof(how)) == EINVAL);
	expect(how_resolves("allowed/file", 1ull << 40) == EINVAL);
	expect(how_resolves("allowed/file", RESOLVE_BENEATH | RESOLVE_IN_ROOT) == EINVAL);
}

static void target_resolves(void)
{
	expect(how_resolves("allowed/sub/../in", RESOLVE_BENEATH) == 0);
	expect(how_resolves("allowed/../..", RESOLVE_BENEATH) == EXDEV);
	expect(how_resolves("/etc/passwd", RESOLVE_BENEATH) == EXDEV);
	expect(how_resolves("allowed/absolute", RESOLVE_BENEATH) == EXDEV);
	expect(how_resolves("allowed/absolute", 0) == 0);
	expect(how_resolves("/allowed/file", RESOLVE_IN_ROOT) == 0);
	expect(how_resolves("/../../allowed/file", RESOLVE_IN_ROOT) == 0);
	expect(how_resolves("allowed/absolute", RESOLVE_IN_ROOT) == ENOENT);
	expect(how_resolves("allowed/in", RESOLVE_NO_SYMLINKS) == ELOOP);
	expect(how_resolves("allowed/outside/file", RESOLVE_NO_SYMLINKS) == ELOOP);
	expect(how_resolves("allowed/sub/deep", RESOLVE_NO_SYMLINKS) == 0);
	expect(how_resolves("/proc/version", RESOLVE_NO_XDEV) == EXDEV);
	expect(how_resolves("/etc/passwd", RESOLVE_NO_XDEV) == 0);
}

START_TEST(openat2_is_as_the_kernels)
{
	ck_assert_int_eq(symlink("/etc/passwd", "allowed/absolute"), 0);
	check_child(target_has_open_how);
	check_under_broker(may_read, target_has_open_how);
	check_child(target_resolves);
	check_under_broker(may_read_all, target_resolves);
}
END_TEST

/* ---- The older calls ---- */

static void target_uses_older_calls(void)
{
#ifdef SYS_open
	expect(is_file((int)syscall(SYS_open, "allowed/file", O_RDONLY), "allowed/file"));
	expect(syscall(SYS_open, "secret/file", O_RDONLY) < 0 && errno == EACCES);
	expect(syscall(SYS_creat, "secret/new", 0600) < 0 && errno == EACCES);
	expect(is_file((int)syscall(SYS_creat, "allowed/new", 0600), "allowed/new"));
	expect(syscall(SYS_open, "allowed/newer", O_WRONLY | O_CREAT | O_EXCL, 0640) >= 0);
#endif
}

START_TEST(older_calls_are_brokered_too)
{
	check_under_broker(may_all, target_uses_older_calls);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker");
	TCase *tcase = tcase_create("files");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, reading_is_permitted_beneath_a_folder);
	tcase_add_test(tcase, errors_are_those_of_the_kernel);
	tcase_add_test(tcase, links_are_followed_forty_times);
	tcase_add_test(tcase, paths_have_the_length_of_the_kernel);
	tcase_add_test(tcase, paths_start_where_the_target_is);
	tcase_add_test(tcase, a_file_is_that_file_in_its_folder);
	tcase_add_test(tcase, hard_links_are_where_their_names_are);
	tcase_add_test(tcase, a_rule_is_for_the_folder_not_for_its_name);
	tcase_add_test(tcase, nothing_of_processes_is_opened);
	tcase_add_test(tcase, openat2_is_as_the_kernels);
	tcase_add_test(tcase, older_calls_are_brokered_too);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
