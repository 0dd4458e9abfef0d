/* SPDX-License-Identifier: MIT */
/* What readers and writers say is kept, errors before warnings, and counted. */
#include <check.h>
#include <string.h>

#include "diagnostics.h"
#include "test_support.h"

static struct diagnostics said;

static const struct diagnostic *last(void)
{
	return &said.items[said.count - 1];
}

START_TEST(in_order)
{
	diagnose_warning(&said, "a", 1, 2, "first %d", 1);
	ck_assert(!has_errors(&said));
	ck_assert_int_eq(diagnose_error(&said, "b", 3, 4, "second\n"), -1);
	ck_assert(has_errors(&said));
	ck_assert_uint_eq(said.count, 2);
	ck_assert_str_eq(said.items[0].text, "first 1");
	ck_assert_str_eq(said.items[1].text, "second\\x0a");
	ck_assert_int_eq(said.items[1].severity, SEVERITY_ERROR);
	ck_assert_uint_eq(said.items[1].line, 3);
	diagnostics_free(&said);
	ck_assert_uint_eq(said.count, 0);
}
END_TEST

START_TEST(full_of_warnings)
{
	for (unsigned int i = 0; i < DIAGNOSTICS_MAX; i++)
		diagnose_warning(&said, "file", i + 1, 1, "warning");
	ck_assert_uint_eq(said.count, DIAGNOSTICS_MAX);
	diagnose_warning(&said, "file", 101, 1, "warning");
	ck_assert_uint_eq(said.count, DIAGNOSTICS_MAX + 1);
	ck_assert_str_eq(last()->text,
			 "there is more to say, in 0 errors and 1 warnings: mend these first");
	ck_assert_int_eq(last()->severity, SEVERITY_WARNING);
	ck_assert(!has_errors(&said));
	diagnose_error(&said, "file", 102, 1, "error");
	diagnose_warning(&said, "file", 103, 1, "warning");
	ck_assert_uint_eq(said.count, DIAGNOSTICS_MAX + 2);
	ck_assert_str_eq(said.items[DIAGNOSTICS_MAX].text, "error");
	ck_assert_uint_eq(said.items[DIAGNOSTICS_MAX].line, 102);
	ck_assert_str_eq(last()->text,
			 "there is more to say, in 0 errors and 2 warnings: mend these first");
	diagnostics_free(&said);
}
END_TEST

START_TEST(full_of_errors)
{
	for (unsigned int i = 0; i < DIAGNOSTICS_MAX + 7; i++)
		diagnose_error(&said, "file", i + 1, 1, "error");
	diagnose_warning(&said, "file", 200, 1, "warning");
	ck_assert_uint_eq(said.error_count, DIAGNOSTICS_MAX + 7);
	ck_assert_uint_eq(said.count, DIAGNOSTICS_MAX + 2);
	ck_assert_str_eq(said.items[DIAGNOSTICS_MAX].text, "warning");
	ck_assert_str_eq(last()->text,
			 "there is more to say, in 7 errors and 0 warnings: mend these first");
	ck_assert_int_eq(last()->severity, SEVERITY_ERROR);
	diagnostics_free(&said);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("diagnostics");
	TCase *tests = tcase_create("diagnostics");

	tcase_add_test(tests, in_order);
	tcase_add_test(tests, full_of_warnings);
	tcase_add_test(tests, full_of_errors);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
