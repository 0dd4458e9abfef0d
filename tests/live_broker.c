/* SPDX-License-Identifier: MIT */
/* Files that a broker opens, and files that it does not. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker_support.h"
#include "test_support.h"

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
	expect(open_error("allowed/none", O_RDONLY) == ENOENT);
	expect(open_error("allowed/file", O_WRONLY) == EACCES);
	expect(open_error("allowed/file", O_RDWR) == EACCES);
	expect(open_error("allowed/file", O_RDONLY | O_TRUNC) == EACCES);
	expect(open_error("allowed/new", O_WRONLY | O_CREAT) == EACCES);
	expect(open_error("allowed/sub", O_RDWR | O_TMPFILE) == EACCES);
	expect(access("allowed/new", F_OK) < 0);
}

START_TEST(reading_is_permitted_beneath_a_folder)
{
	check_under_broker(may_read, target_reads);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker");
	TCase *tcase = tcase_create("files");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, reading_is_permitted_beneath_a_folder);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
