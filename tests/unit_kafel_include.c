/* SPDX-License-Identifier: MIT */
/* Kafel's policies in several files. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "test_support.h"

static struct diagnostics said;
static char folder_path[] = "/tmp/stile-kafel-XXXXXX";
static int folder;
static char first[700];

static void write_file(const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder_path));
	folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(folder, 0);
}

static void tear_down(void)
{
	(void)unlinkat(folder, "a", 0);
	(void)unlinkat(folder, "b", 0);
	ck_assert_int_eq(close(folder), 0);
	ck_assert_int_eq(rmdir(folder_path), 0);
	diagnostics_free(&said);
}

/* What read(2) from descriptor 0 gets in words; or the first that was said. */
static const char *read_main(const char *text)
{
	const struct source source = { "main", text, strlen(text), folder };
	const struct read_options options = { .abi = STILE_ABI_X86_64 };
	const struct seccomp_data data = { .arch = stile_audit_arch(STILE_ABI_X86_64) };
	struct stile_decision decision;
	struct stile_policy *policy;

	diagnostics_free(&said);
	policy = format_kafel.read(&source, &options, &said);
	if (said.count) {
		(void)snprintf(first, sizeof(first), "%s:%u:%u: %s", said.items[0].file,
			       said.items[0].line, said.items[0].column, said.items[0].text);
	} else {
		ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
		stile_format_action(decision.action, first, sizeof(first));
	}
	stile_policy_free(policy);
	return first;
}

#define ck_main(text, wanted) ck_assert_str_eq(read_main(text), (wanted))

START_TEST(files_are_read_in_place)
{
	write_file("a", "#define STDIN 0\nPOLICY in { ALLOW { read { fd == STDIN } } }\n");
	write_file("b", "#include \"a\"\nUSE in");
	ck_main("#include \"a\"\nUSE in", "allow");
	ck_main("#include \"a\"; USE in", "allow");
	ck_main("#include \"b\"\n", "allow");
	ck_main("#include\t\"a\" // x\nUSE in",
		"main:1:14: expected a file's name in double quotes, a newline or ';' behind "
		"#include, found '/'");
	ck_main("#include \"b\"\nALLOW { read { fd == STDIN } } DEFAULT LOG", "allow");
	write_file("b", "DEFAULT LOG");
	ck_main("#include \"a\" \"b\"\nUSE in", "allow");
	ck_main("ALLOW { read {\n#include \"c\"\n} }",
		"main:2:10: cannot open \"c\": No such file or "
		"directory");
	/* a name is looked for where the main file is; what is in a file may begin in another */
	write_file("a", "ALLOW {");
	ck_main("#include \"a\"\nread }", "allow");
}
END_TEST

START_TEST(mistakes)
{
	write_file("a", "ALLOW { raed }");
	ck_main("#include \"a\"\n",
		"a:1:9: found 'raed', expected a system call that Kafel knows, or a constant: "
		"did you mean 'read'?");
	ck_main("#include\"a\"\n", "main:1:9: expected a blank before a file's name, found '\"'");
	ck_main("#include \"a\"\"b\"\n",
		"main:1:13: expected a blank before a file's name, found '\"'");
	ck_main("#include \"a", "main:1:10: found no end of this file's name, expected '\"'");
	ck_main("#include \"a\"", "main:1:13: expected a newline or ';' behind #include, found the "
				  "end of the file");
	ck_main("#include a\n",
		"main:1:10: expected a file's name in double quotes, a newline or ';' behind "
		"#include, found 'a'");
	ck_main("#include \"../main\"\n",
		"main:1:10: \"../main\" leaves the folder of the policy: include files that are in "
		"it or below it, by paths that start there");
}
END_TEST

START_TEST(loops)
{
	write_file("a", "#include \"a\"\n");
	ck_main("#include \"a\"\nDEFAULT KILL",
		"a:1:10: \"a\" would include itself without end: \"a\" includes \"a\"");
	write_file("a", "#include \"b\"\n");
	write_file("b", "#include \"a\"\n");
	ck_main("#include \"a\"\nDEFAULT KILL",
		"b:1:10: \"a\" would include itself without end: \"a\" includes \"b\" includes "
		"\"a\"");
}
END_TEST

START_TEST(comment_without_end)
{
	write_file("a", "ALLOW { read } /* no end");
	ck_main("#include \"a\"\n", "a:1:16: this comment has no end, and so goes to the end of "
				    "the included file");
	ck_assert_uint_eq(said.error_count, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kafel_include");
	TCase *tcase = tcase_create("kafel_include");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, files_are_read_in_place);
	tcase_add_test(tcase, mistakes);
	tcase_add_test(tcase, loops);
	tcase_add_test(tcase, comment_without_end);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
