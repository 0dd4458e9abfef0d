/* SPDX-License-Identifier: MIT */
/* Included files: which are read, and what is said of those that are not. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include_file.h"
#include "test_support.h"

static struct diagnostics said;
static struct source main_file = { "some/main.policy", "", 0, -1 };
static struct includes includes;
static char folder[] = "/tmp/stile-include-XXXXXX";

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = openat(main_file.folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
}

static void set_length(const char *name, off_t length)
{
	int fd = openat(main_file.folder, name, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, length), 0);
	ck_assert_int_eq(close(fd), 0);
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	main_file.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(main_file.folder, 0);
	includes = (struct includes){ &main_file, &said, 3, 0, 0 };
	ck_assert_int_eq(mkdirat(main_file.folder, "sub", 0700), 0);
	write_file("a", "first", 0600);
	write_file("sub/b", "second", 0600);
	write_file("sub/c", "third", 0600);
}

static void tear_down(void)
{
	static const char *const names[] = { "a", "sub/b", "sub/c", "pipe", "link", "open", "big" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlinkat(main_file.folder, names[i], 0);
	ck_assert_int_eq(unlinkat(main_file.folder, "sub", AT_REMOVEDIR), 0);
	ck_assert_int_eq(close(main_file.folder), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	diagnostics_free(&said);
}

static void ck_refused(const struct included_file *by, const char *path, const char *sentence)
{
	struct included_file file;

	diagnostics_free(&said);
	ck_assert(!include_file_read(&includes, by, path, false, 4, 7, &file));
	ck_assert_uint_eq(said.error_count, 1);
	ck_assert_uint_eq(said.items[0].line, 4);
	ck_assert_uint_eq(said.items[0].column, 7);
	ck_assert_str_eq(said.items[0].file, by ? by->source.name : main_file.name);
	ck_assert_str_eq(said.items[0].text, sentence);
}

START_TEST(reads_files_in_the_folder_and_below)
{
	struct included_file a, b, c, from_main;

	ck_assert(include_file_read(&includes, NULL, "a", false, 1, 1, &a));
	ck_assert_str_eq(a.source.name, "some/a");
	ck_assert_str_eq(a.source.bytes, "first");
	ck_assert_uint_eq(a.source.length, 5);
	ck_assert(include_file_read(&includes, &a, "sub/b", false, 1, 1, &b));
	ck_assert_str_eq(b.source.name, "some/sub/b");
	ck_assert(include_file_read(&includes, &b, "./c", false, 1, 1, &c));
	ck_assert_str_eq(c.source.bytes, "third");
	ck_assert_uint_eq(c.depth, 3);
	include_file_free(&c);
	ck_assert(include_file_read(&includes, &b, "../sub/c", false, 1, 1, &c));
	include_file_free(&c);
	ck_refused(&b, "a", "cannot open \"a\": No such file or directory");
	ck_assert(include_file_read(&includes, &b, "sub/c", true, 1, 1, &from_main));
	ck_assert_str_eq(from_main.source.bytes, "third");
	include_file_free(&from_main);
	include_file_free(&b);
	include_file_free(&a);
}
END_TEST

#define LEAVES                                                                                  \
	" leaves the folder of the policy: include files that are in it or below it, by paths " \
	"that start there"
#define IS_LINK " is or passes through a symbolic link: include the file that it points to"

START_TEST(refuses_what_is_elsewhere)
{
	ck_assert_int_eq(symlinkat("a", main_file.folder, "link"), 0);
	ck_refused(NULL, "../a", "\"../a\"" LEAVES);
	ck_refused(NULL, "sub/../../a", "\"sub/../../a\"" LEAVES);
	ck_refused(NULL, "/etc/passwd", "\"/etc/passwd\"" LEAVES);
	ck_refused(NULL, "link", "\"link\"" IS_LINK);
	ck_refused(NULL, "none", "cannot open \"none\": No such file or directory");
	ck_refused(NULL, "", "expected the name of a file to include, found \"\"");
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	struct included_file file;

	ck_assert_int_eq(mkfifoat(main_file.folder, "pipe", 0600), 0);
	ck_refused(NULL, "pipe", "\"pipe\" is a FIFO: include an ordinary file");
	ck_refused(NULL, "sub", "\"sub\" is a folder: include an ordinary file");
	write_file("big", "", 0600);
	set_length("big", SOURCE_BYTES_MAX);
	ck_assert(include_file_read(&includes, NULL, "big", false, 1, 1, &file));
	include_file_free(&file);
	set_length("big", SOURCE_BYTES_MAX + 1);
	ck_refused(NULL, "big",
		   "\"big\" has more than 1048576 bytes, which is too much for a policy");
	includes.bytes = INCLUDED_BYTES_MAX - 4;
	ck_refused(NULL, "a", "with \"a\" more than 8388608 bytes are included, which is too much");
	includes.count = INCLUDED_FILES_MAX;
	ck_refused(NULL, "a",
		   "found file number 257 that is included, expected at most 256: include each "
		   "file once");
}
END_TEST

START_TEST(refuses_a_source_without_folder)
{
	struct source nowhere = { "standard input", "", 0, -1 };
	struct included_file file;

	includes.main = &nowhere;
	ck_assert(!include_file_read(&includes, NULL, "a", false, 1, 1, &file));
	ck_assert_str_eq(said.items[0].text,
			 "\"a\" cannot be included: the policy is in no folder");
}
END_TEST

START_TEST(names_the_chain_of_a_loop)
{
	struct included_file a, b, c;

	ck_assert(include_file_read(&includes, NULL, "a", false, 1, 1, &a));
	ck_assert(include_file_read(&includes, &a, "sub/b", false, 1, 1, &b));
	ck_refused(&b, "../a",
		   "\"../a\" would include itself without end: \"a\" includes \"sub/b\" includes "
		   "\"a\"");
	ck_assert(include_file_read(&includes, &b, "c", false, 1, 1, &c));
	ck_refused(&c, "c", "\"c\" would include itself without end: \"sub/c\" includes \"sub/c\"");
	write_file("open", "", 0600);
	ck_refused(&c, "../open",
		   "\"../open\" would be file number 4 of a chain in which each includes the "
		   "next; 3 are the most");
	include_file_free(&c);
	include_file_free(&b);
	include_file_free(&a);
}
END_TEST

START_TEST(warns_of_what_others_can_write)
{
	struct included_file file;

	write_file("open", "", 0602);
	ck_assert(include_file_read(&includes, NULL, "open", false, 1, 1, &file));
	ck_assert_uint_eq(said.count, 1);
	ck_assert_uint_eq(said.error_count, 0);
	ck_assert_str_eq(said.items[0].file, "some/open");
	ck_assert_str_eq(said.items[0].text,
			 "others than its owner can write this file, and so decide what is "
			 "refused: take that from them (chmod go-w)");
	include_file_free(&file);
}
END_TEST

START_TEST(warns_once_of_a_folder_that_others_can_write)
{
	struct included_file b, c;

	ck_assert_int_eq(fchmodat(main_file.folder, "sub", 01777, 0), 0);
	ck_assert(include_file_read(&includes, NULL, "sub/b", false, 1, 1, &b));
	ck_assert_uint_eq(said.count, 0);
	include_file_free(&b);
	ck_assert_int_eq(fchmodat(main_file.folder, "sub", 0770, 0), 0);
	ck_assert(include_file_read(&includes, NULL, "sub/b", false, 1, 1, &b));
	ck_assert(include_file_read(&includes, &b, "c", false, 1, 1, &c));
	ck_assert_uint_eq(said.count, 1);
	ck_assert_str_eq(said.items[0].file, "some/sub/b");
	ck_assert_str_eq(said.items[0].text,
			 "others than their owner can write folders on the way to this file, and "
			 "so can put another in its place: take that from them (chmod go-w "
			 "some/sub)");
	include_file_free(&c);
	include_file_free(&b);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("include_file");
	TCase *tcase = tcase_create("include_file");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, reads_files_in_the_folder_and_below);
	tcase_add_test(tcase, refuses_what_is_elsewhere);
	tcase_add_test(tcase, refuses_what_is_no_file);
	tcase_add_test(tcase, refuses_a_source_without_folder);
	tcase_add_test(tcase, names_the_chain_of_a_loop);
	tcase_add_test(tcase, warns_of_what_others_can_write);
	tcase_add_test(tcase, warns_once_of_a_folder_that_others_can_write);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
