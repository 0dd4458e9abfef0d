/* SPDX-License-Identifier: MIT */
/* Files that minijail's policies include: found in their folder, and nothing outside of it. */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "minijail_support.h"

#define X STILE_ABI_X86_64

static char folder[] = "/tmp/stile-minijail-XXXXXX";
static int descriptor = -1;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(descriptor, 0);
}

static void tear_down(void)
{
	(void)close(descriptor);
	ck_assert_int_eq(nftw(folder, remove_one, 10, FTW_DEPTH | FTW_PHYS), 0);
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
}

static void put(const char *name, const char *text)
{
	const int file = openat(descriptor, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(file), 0);
}

static void ck_refused(const char *text, const char *sentence)
{
	ck_assert_ptr_null(read_minijail(X, text, descriptor));
	ck_said(0, sentence);
}

static void ck_allows(const char *text, const char *call)
{
	const uint64_t none[6] = { 0 };
	struct stile_policy *policy = read_minijail(X, text, descriptor);
	const uint32_t number = (uint32_t)stile_syscall_number(X, call);

	ck_assert_msg(policy != NULL, "%s", said.count ? said.items[0].text : "?");
	ck_assert_str_eq(answer_of(policy, X, number, none), "allow");
	stile_policy_free(policy);
}

START_TEST(beside)
{
	struct stile_policy *policy;
	struct stile_policy_call call;
	unsigned int line;

	put("common.policy", "# x\nread: arg0 == 0\n");
	ck_allows("@include ./common.policy\nwrite: 1", "read");
	ck_allows("@include ./common.policy\nwrite: 1", "write");
	ck_assert_uint_eq(said.count, 0);
	/* What both say of a call is alternatives. */
	ck_allows("@include ./common.policy\nread: arg1 == 0", "read");
	policy = read_minijail(X, "@include ./common.policy", descriptor);
	ck_assert(stile_policy_find_call(policy, X, 0, &call));
	ck_assert_str_eq(stile_policy_origin(policy, call.rest_origin, &line), "dir/common.policy");
	ck_assert_uint_eq(line, 2);
	stile_policy_free(policy);
	put("common.policy", "raed: 1");
	ck_refused("@include ./common.policy",
		   "error dir/common.policy:1:1: no system call is called 'raed'; did you mean "
		   "'read'?");
}
END_TEST

START_TEST(installed)
{
	put("common.policy", "read: 1");
	ck_allows("@include /usr/share/policy/common.policy", "read");
	ck_said(0, "warning 1:10: 'common.policy', from beside this file, is read in place of "
		   "'/usr/share/policy/common.policy'");
	ck_refused("@include /usr/share/policy/other.policy",
		   "warning 1:10: 'other.policy', from beside this file, is read in place of "
		   "'/usr/share/policy/other.policy'");
	ck_said(1, "error 1:10: there is no 'other.policy' in the policy's folder");
	ck_refused("@include /usr/share/",
		   "error 1:10: found '/usr/share/', expected the path of a file");
}
END_TEST

START_TEST(nested)
{
	char name[20], text[100];

	ck_assert_int_eq(mkdirat(descriptor, "sub", 0700), 0);
	put("sub/a.policy", "@include ./b.policy");
	put("sub/b.policy", "@include ./../c.policy");
	put("c.policy", "read: 1");
	ck_allows("@include ./sub/a.policy", "read");
	for (int i = 1; i <= 9; i++) {
		(void)snprintf(name, sizeof(name), "%d.policy", i);
		(void)snprintf(text, sizeof(text), "@include ./%d.policy", i + 1);
		put(name, i == 9 ? "read: 1" : text);
	}
	ck_allows("@include ./2.policy", "read");
	ck_refused("@include ./1.policy", "error dir/8.policy:1:10: more than 9 files in one "
					  "another, which minijail refuses");
}
END_TEST

START_TEST(loops)
{
	put("a.policy", "@include ./b.policy");
	put("b.policy", "@include ./a.policy");
	ck_refused("@include ./a.policy", "error dir/b.policy:1:10: these files include one "
					  "another: a.policy -> b.policy -> a.policy");
	ck_refused("@include ./test.policy",
		   "error 1:10: there is no 'test.policy' in the policy's folder");
	put("test.policy", "read: 1");
	ck_refused("@include ./test.policy",
		   "error 1:10: these files include one another: test.policy -> test.policy");
	/* Another name of the same file */
	ck_assert_int_eq(symlinkat("a.policy", descriptor, "c.policy"), 0);
	put("b.policy", "@include ./c.policy");
	ck_refused("@include ./a.policy", "error dir/b.policy:1:10: these files include one "
					  "another: a.policy -> b.policy -> c.policy");
}
END_TEST

START_TEST(outside)
{
	ck_assert_int_eq(mkdirat(descriptor, "in", 0700), 0);
	put("secret", "read: 1");
	ck_assert_int_eq(symlinkat("../secret", descriptor, "in/link"), 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", descriptor, "in/absolute"), 0);
	ck_assert_int_eq(symlinkat("/proc/self/exe", descriptor, "in/magic"), 0);
	ck_assert_int_eq(close(descriptor), 0);
	descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(descriptor, 0);
	ck_allows("@include ./in/link", "read"); /* still within */
	ck_assert_int_eq(dup3(openat(descriptor, "in", O_PATH | O_CLOEXEC), descriptor, O_CLOEXEC),
			 descriptor);
	ck_refused("@include ./link", "error 1:10: 'link' leads out of the policy's folder");
	ck_refused("@include ./../secret",
		   "error 1:10: '../secret' leads out of the policy's folder");
	ck_refused("@include ./absolute",
		   "error 1:10: 'absolute' leads out of the policy's folder");
	ck_refused("@include ./magic", "error 1:10: 'magic' leads out of the policy's folder");
}
END_TEST

START_TEST(no_files)
{
	int file;

	ck_assert_int_eq(mkfifoat(descriptor, "fifo", 0600), 0);
	ck_assert_int_eq(mkdirat(descriptor, "sub", 0700), 0);
	ck_refused("@include ./fifo", "error 1:10: 'fifo' is no regular file");
	ck_refused("@include ./sub", "error 1:10: 'sub' is no regular file");
	file = openat(descriptor, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(file, SOURCE_BYTES_MAX + 1), 0);
	ck_assert_int_eq(close(file), 0);
	ck_refused("@include ./large", "error 1:10: 'large' is larger than 1048576 bytes");
	if (geteuid() != 0) {
		put("closed", "read: 1");
		ck_assert_int_eq(fchmodat(descriptor, "closed", 0, 0), 0);
		ck_refused("@include ./closed",
			   "error 1:10: cannot read 'closed': Permission denied");
	}
}
END_TEST

START_TEST(many)
{
	char text[300 * 20] = "";
	size_t used = 0;

	put("empty", "");
	for (int i = 0; i < 256; i++)
		used += (size_t)sprintf(text + used, "@include ./empty\n");
	ck_assert_ptr_null(read_minijail(X, text, descriptor));
	ck_said(0, "error 0:0: more than 256 files are included");
}
END_TEST

START_TEST(denylist)
{
	put("a.policy", "read: return 1");
	ck_refused("@denylist\n@include ./a.policy",
		   "error dir/a.policy:0:0: in a denylist every file must say @denylist");
	put("a.policy", "@denylist\nread: return 1");
	ck_allows("@denylist\n@include ./a.policy", "write");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("minijail's includes");
	TCase *tests = tcase_create("including");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, beside);
	tcase_add_test(tests, installed);
	tcase_add_test(tests, nested);
	tcase_add_test(tests, loops);
	tcase_add_test(tests, outside);
	tcase_add_test(tests, no_files);
	tcase_add_test(tests, many);
	tcase_add_test(tests, denylist);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
