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
		   "error dir/common.policy:1:1: found 'raed', expected a system call: none is "
		   "called so; did you mean "
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
	ck_said(1, "error 1:10: cannot open \"other.policy\": No such file or directory");
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
	ck_refused("@include ./1.policy",
		   "error dir/8.policy:1:10: \"9.policy\" would be file number 9 of "
		   "a chain in which each includes the next; 8 are the most");
}
END_TEST

/* What is refused of files is in the test of include_file. */
START_TEST(refused)
{
	ck_assert_int_eq(mkfifoat(descriptor, "fifo", 0600), 0);
	ck_refused("@include ./fifo", "error 1:10: \"fifo\" is a FIFO: include an ordinary file");
	ck_refused("@include ./../x",
		   "error 1:10: \"../x\" leaves the folder of the policy: include files that are "
		   "in it or below it, by paths that start there");
	put("a.policy", "@include ./b.policy");
	put("b.policy", "@include ./a.policy");
	ck_refused("@include ./a.policy",
		   "error dir/b.policy:1:10: \"a.policy\" would include itself without end: "
		   "\"a.policy\" includes \"b.policy\" includes \"a.policy\"");
}
END_TEST

/* The parser in C takes no include in an included file: the errno is not for the rest. */
START_TEST(for_python)
{
	const uint64_t one[6] = { 1 };
	struct stile_policy *policy;

	put("a.policy", "@include ./b.policy\n");
	put("b.policy", "write: 1");
	policy = read_minijail(X, "@include ./a.policy\nread: arg0 == 1; return 5", descriptor);
	ck_assert_str_eq(answer_of(policy, X, 0, one), "fail with EIO");
	stile_policy_free(policy);
	policy = read_minijail(X, "@include ./b.policy\nread: arg0 == 1; return 5", descriptor);
	ck_assert_str_eq(answer_of(policy, X, 0, one), "allow");
	stile_policy_free(policy);
}
END_TEST

START_TEST(denylist)
{
	put("a.policy", "read: return 1");
	ck_refused("@denylist\n@include ./a.policy",
		   "error dir/a.policy:1:1: found no @denylist in this file, expected one, as "
		   "another file of the policy has it: add the line '@denylist'");
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
	tcase_add_test(tests, refused);
	tcase_add_test(tests, for_python);
	tcase_add_test(tests, denylist);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
